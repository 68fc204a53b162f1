"""Logs of trainings become a table of what fell, and a picture; damaged ones are named."""

import json

import pytest

from evaluation.__main__ import main
from evaluation.losses import falls, read_log


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_first_and_last_tenth() -> None:
    assert falls([(step, 100.0 - step) for step in range(100)]) == (95.5, 5.5)
    assert falls([(1, 3.0)]) == (3.0, 3.0)


def test_a_step_written_twice_counts_once(tmp_path) -> None:
    rows = [
        {"step": 10, "mel/l1": 2.0, "elapsed_s": 1},
        {"step": 20, "mel/l1": 9.0},
        {"step": 20, "mel/l1": 1.0},
    ]
    assert read_log(write(tmp_path / "a.jsonl", rows)) == {"mel/l1": [(10, 2.0), (20, 1.0)]}


def test_the_command_writes_all(tmp_path, capsys) -> None:
    logs = []
    for name, terms in (("one", ("mel/l1",)), ("two", ("mel/l1", "adv/generator"))):
        rows = [{"step": step, **{term: 10.0 / step for term in terms}} for step in range(1, 30)]
        logs += ["--log", f"{name}={write(tmp_path / f'{name}.jsonl', rows)}"]
    page, out = tmp_path / "page.md", tmp_path / "losses.json"
    assert main(["losses", *logs, "--json", str(out), "--page", str(page), "--plots", str(tmp_path)]) == 0
    told = json.loads(out.read_text())
    assert [row["term"] for row in told["terms"]] == ["one mel/l1", "two mel/l1", "two adv/generator"]
    assert all(row["last / first"] < 0.1 for row in told["terms"])
    assert "| two adv/generator | 29 |" in page.read_text()
    assert (tmp_path / "losses.png").stat().st_size > 3000


@pytest.mark.parametrize("text", ["no json\n", '{"mel/l1": 1}\n', '{"step": 1}\n'])
def test_other_files_are_refused(tmp_path, capsys, text) -> None:
    (tmp_path / "x.jsonl").write_text(text)
    assert main(["losses", "--log", f"x={tmp_path / 'x.jsonl'}"]) == 2
    assert "x.jsonl" in capsys.readouterr().err
