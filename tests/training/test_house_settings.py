"""Settings, stopping and the command line of the house trainings."""

import json
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from training.__main__ import main
from training.codec import CodecTraining
from training.house import HouseTraining
from training.house_data import HouseData
from training.progress import Progress
from training.settings import SettingsError, load_settings, plain
from training.sheet import read_scalars
from training.stopping import Stopping

CONFIGS = sorted(Path("configs/training").glob("house*.yaml"))


@dataclass(frozen=True)
class Inner:
    size: int = 3


@dataclass(frozen=True)
class Outer:
    inner: Inner = Inner()
    rate: float = 0.1
    steps: tuple[int, ...] = (1, 2)


def write(folder: Path, text: str) -> Path:
    path = folder / "settings.yaml"
    path.write_text(text)
    return path


def test_values_nest_and_convert(tmp_path: Path) -> None:
    settings = load_settings(Outer, write(tmp_path, "inner: {size: 5}\nrate: 1\nsteps: [4, 5]"))
    assert settings == Outer(Inner(5), 1.0, (4, 5))
    assert plain(settings) == {"inner": {"size": 5}, "rate": 1.0, "steps": [4, 5]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rat: 1", "unknown key 'rat'; known are inner, rate, steps"),
        ("inner: {sice: 1}", "unknown key 'sice'; known are size"),
        ("rate: fast", "expected float, found 'fast'"),
        ("inner: {size: 1.5}", "expected int, found 1.5"),
        ("steps: 3", "expected a list"),
        ("inner: 7", "expected keys and values"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        load_settings(Outer, write(tmp_path, text))


def test_a_missing_file_or_section_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no training configuration"):
        load_settings(Outer, tmp_path / "none.yaml")
    with pytest.raises(SettingsError, match="no section 'codec'; it has data"):
        load_settings(Outer, write(tmp_path, "data: {}"), "codec")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_shipped_configurations_are_read(path: Path) -> None:
    for kind, section in ((HouseData, "data"), (CodecTraining, "codec"), (HouseTraining, "house")):
        assert load_settings(kind, path, section)


def test_the_low_level_keeps_the_clock_of_the_high() -> None:
    low = load_settings(CodecTraining, Path("configs/training/codec-low.yaml"), "codec").model
    high = CodecTraining().model
    assert low.clock_codes * low.samples_per_code == high.clock_codes * high.samples_per_code
    assert low.frame_codes % 2 == 1


def test_there_are_configurations() -> None:
    assert {path.stem for path in CONFIGS} >= {"house", "house-gpu"}


def test_command_says_what_is_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["house", "--config", str(tmp_path / "none.yaml"), "--out", str(tmp_path)]) == 2
    assert "no training configuration" in capsys.readouterr().err
    config = write(tmp_path, "data: {corpus: nowhere}\ncodec: {}\nhouse: {}")
    assert main(["codec", "--config", str(config), "--out", str(tmp_path)]) == 2
    assert "python -m corpus build" in capsys.readouterr().err


def test_a_signal_is_a_wish_and_old_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Stopping(0.0) as stopping:
        assert not stopping.now()
        signal.raise_signal(signal.SIGTERM)
        assert stopping.now()
    assert signal.getsignal(signal.SIGTERM) is before


def test_progress_writes_means_and_reads_names_as_paths(tmp_path: Path) -> None:
    progress = Progress(tmp_path, steps=10, limit_s=0.0, every=2)
    progress.add(0, mel__l1=1.0)
    progress.add(1, mel__l1=3.0)
    line = json.loads((tmp_path / "scalars.jsonl").read_text())
    assert line["step"] == 2
    assert line["mel/l1"] == 2.0


def test_scalars_written_twice_count_once(tmp_path: Path) -> None:
    log = tmp_path / "scalars.jsonl"
    rows = [
        {"step": 50, "mel/l1": 0.5},
        {"step": 100, "mel/l1": 0.4},
        {"step": 50, "mel/l1": 0.45, "elapsed_s": 1},
    ]
    log.write_text("\n".join(json.dumps(row) for row in rows))
    assert read_scalars(log) == {"mel/l1": [(50, 0.45), (100, 0.4)]}
