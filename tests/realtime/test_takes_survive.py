"""Traces and WAV files after a full disk or a kill: what is there is whole and can be used."""

import json
import os
import resource
import signal
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from configs.errors import SourceError
from realtime.guarded_sink import GuardedSink
from realtime.sinks import QuietSink, WavSink
from realtime.trace import TraceWriter, read_trace
from realtime.types import Block
from realtime.wav_file import WavFile

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def small_disk():
    """A disk on which no file grows beyond the given size; as the real one, it may write a part."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_wav_is_whole_after_every_block(tmp_path: Path) -> None:
    file = WavFile(tmp_path / "a.wav", 22050)
    for count in range(1, 4):
        file.append(np.linspace(-1.5, 1.5, 1000).astype(np.float32))
        samples, rate = soundfile.read(tmp_path / "a.wav", dtype="int16")
        assert (len(samples), rate) == (1000 * count, 22050)
    assert samples.min() == -32767 and samples.max() == 32767


def test_a_full_disk_leaves_a_wav_of_whole_blocks(tmp_path: Path, small_disk) -> None:
    sink = WavSink(tmp_path / "a.wav", 22050)
    said: list[str] = []
    guarded = GuardedSink(sink, said.append)
    small_disk(25_000)
    for index in range(10):
        guarded.play(Block(index * 5000, np.zeros(5000, np.float32)), 0.0)
    guarded.close()
    small_disk(resource.RLIM_INFINITY)
    with wave.open(str(tmp_path / "a.wav")) as read:
        assert read.getnframes() == 10_000
    assert len(said) == 1 and "the show goes on" in said[0] and guarded.failures == 1


def test_a_full_disk_ends_a_trace_at_the_last_whole_hop(tmp_path: Path, small_disk) -> None:
    said: list[str] = []
    trace = TraceWriter(tmp_path / "t.jsonl", said.append)
    small_disk(10_000)
    for index in range(100):
        trace.write("frame", index=index, text="x" * 100)
        trace.write("hop", index=index, text="y" * 300)
        trace.flush()
    trace.close()
    small_disk(resource.RLIM_INFINITY)
    records = list(read_trace(tmp_path / "t.jsonl"))
    assert len(records) > 30 and records[-1]["kind"] == "hop"
    assert said == [trace.failed] and "the show goes on" in said[0]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="LOUD: no /dev/full here")
def test_a_disk_that_takes_nothing_at_all() -> None:
    said: list[str] = []
    trace = TraceWriter(Path("/dev/full"), said.append)
    trace.write("hop")
    trace.flush()
    trace.close()
    assert len(said) == 1


def test_a_line_cut_by_a_kill_is_left_out_and_a_broken_one_is_named(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"kind":"show"}\n{"kind":"hop"}\n{"kind":"ho')
    assert [record["kind"] for record in read_trace(path)] == ["show", "hop"]
    path.write_text('{"kind":"show"}\n{"kind":"ho\n{"kind":"hop"}\n')
    with pytest.raises(SourceError, match="line 2"):
        list(read_trace(path))


WRITES = """
import sys
from pathlib import Path
from realtime.trace import TraceWriter
trace = TraceWriter(Path(sys.argv[1]))
for index in range(10**9):
    trace.write("hop", index=index)
    trace.flush()
    print(index, flush=True)
"""


def test_killed_it_loses_at_most_the_hop_being_written(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for _ in range(50):
        last = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert sum(1 for _ in read_trace(path)) > last
    assert json.loads(path.read_bytes().splitlines()[0])["index"] == 0


def test_an_exception_in_a_sink_is_counted_said_once_and_stays_there() -> None:
    class Broken(QuietSink):
        name = "broken"

        def play(self, block: Block, heard_at_s: float) -> None:
            raise ZeroDivisionError("as planned")

        def close(self) -> None:
            raise OSError("even now")

    said: list[str] = []
    sink = GuardedSink(Broken(), said.append)
    for _ in range(5):
        sink.play(Block(0, np.zeros(1, np.float32)), 0.0)
    sink.close()
    assert sink.failures == 6 and len(said) == 2 and "broken failed (ZeroDivisionError" in said[0]
