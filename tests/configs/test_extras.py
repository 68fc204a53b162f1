import sys

import pytest

from configs.extras import load
from evaluation.__main__ import main as evaluation
from export.__main__ import main as export
from training.__main__ import main as training


@pytest.fixture
def only_the_stage(monkeypatch: pytest.MonkeyPatch) -> None:
    """As after `make live` alone: no torch, no mir_eval, and nothing imported yet that needs them."""
    ours = ("evaluation", "training", "export", "models")
    for name in list(sys.modules):
        if name.split(".")[0] in ours and not name.endswith("__main__"):
            monkeypatch.delitem(sys.modules, name)
    for name in ("torch", "mir_eval"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.mark.usefixtures("only_the_stage")
@pytest.mark.parametrize(
    ("command", "arguments", "needs"),
    [
        (evaluation, ["mos", "ratings.csv"], "mir_eval"),
        (training, ["d2m"], "torch"),
        (export, ["official"], "torch"),
    ],
)
def test_a_command_that_lacks_a_package_says_what_installs_it(command, arguments, needs, capsys) -> None:
    assert command(arguments) == 2
    told = capsys.readouterr().err
    assert needs in told and "make setup-test" in told and len(told.splitlines()) == 1


def test_a_module_of_ours_that_is_missing_is_a_bug_not_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModuleNotFoundError):
        load("evaluation.no_such_module")
    for name in ("training.commands", "models.weights_file"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "models.weights_file", None)
    with pytest.raises(ModuleNotFoundError, match="weights_file"):
        load("training.commands")
