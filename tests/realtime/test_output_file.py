"""Files that a show writes: claimed at the start, replaced only when there is something to write."""

from pathlib import Path

import numpy as np
import pytest

from configs.errors import FileInUseError, SinkError
from realtime import output_file
from realtime.osc import OscLog
from realtime.output_file import OutputFile
from realtime.recorder import Recorder
from realtime.sinks import WavSink, free_wav
from realtime.trace import TraceWriter
from realtime.types import Block

OLD = b"an earlier evening"
OPENERS = {
    "wav": lambda path: WavSink(path, 22050),
    "trace": lambda path: TraceWriter(path),
    "recording": lambda path: Recorder(path, 22050, lambda: 0.0),
    "osc log": lambda path: OscLog(path),
}
"""Everything that writes a file."""


@pytest.fixture(params=OPENERS)
def opener(request: pytest.FixtureRequest):
    return OPENERS[request.param]


def test_what_was_there_stays_until_something_is_written(tmp_path: Path, opener) -> None:
    path = tmp_path / "file"
    path.write_bytes(OLD)
    opener(path).close()
    assert path.read_bytes() == OLD


def test_where_nothing_was_written_no_file_is_left(tmp_path: Path, opener) -> None:
    opener(tmp_path / "file").close()
    assert not list(tmp_path.iterdir())


def test_two_shows_never_write_one_file(tmp_path: Path, opener) -> None:
    first = opener(tmp_path / "file")
    (tmp_path / "link").symlink_to("file")
    for name in ("file", "link"):
        with pytest.raises(FileInUseError, match="another show: choose another path"):
            opener(tmp_path / name)
    first.close()
    opener(tmp_path / "file").close()


@pytest.mark.parametrize("name", ["/tmp", "/proc/none", "a\0b"])
def test_where_nothing_can_be_written_it_is_refused_in_a_sentence(opener, name: str) -> None:
    with pytest.raises(SinkError, match=r"cannot be written .*choose another path"):
        opener(Path(name))


def test_the_first_bytes_replace_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(OLD)
    file = OutputFile(path, "a file")
    file.append(b"new")
    assert path.read_bytes() == b"new" and file.size == 3
    file.close()
    goes_on = OutputFile(path, "a file", goes_on=True)
    goes_on.append(b", newer")
    goes_on.close()
    assert path.read_bytes() == b"new, newer"


def test_a_show_without_a_hop_leaves_the_trace_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(OLD)
    trace = TraceWriter(path)
    trace.write("show")
    trace.close()
    assert path.read_bytes() == OLD


def test_a_link_to_a_file_that_is_not_there_stays(tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to("file")
    OutputFile(link, "a file").close()
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


def test_where_there_are_no_locks_the_show_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = OutputFile(tmp_path / "file", "a file")
    monkeypatch.setattr(output_file, "fcntl", None)
    OutputFile(tmp_path / "file", "a file").close()
    first.close()


def test_a_device_may_have_many_writers() -> None:
    first, second = (OutputFile(Path("/dev/null"), "nothing") for _ in range(2))
    first.append(b"a")
    second.append(b"b")
    first.close()
    second.close()
    assert Path("/dev/null").exists()


def test_the_next_show_without_a_card_takes_the_next_name(tmp_path: Path) -> None:
    sinks = [free_wav(tmp_path / "show.wav", 22050) for _ in range(3)]
    assert [sink.path.name for sink in sinks] == ["show.wav", "show-2.wav", "show-3.wav"]
    for sink in sinks:
        sink.play(Block(0, np.zeros(10, np.float32)), 0.0)
        sink.close()
    again = free_wav(tmp_path / "show.wav", 22050)
    assert again.path.name == "show.wav"
    again.close()
