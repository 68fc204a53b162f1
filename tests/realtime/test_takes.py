"""Takes are begun, ended, listed and deleted while a show runs; time is an argument."""

import time
from pathlib import Path

import numpy as np
import pytest

from realtime.takes import BusyTakeError, NoTakeError, Takes, length_s
from realtime.types import Block
from realtime.vision import Observation
from tests.realtime.takes import duration_s, picture, sound

RATE, HOP = 22_050, 5_504
HOP_S = HOP / RATE


def until(condition, patience_s: float = 10.0) -> None:
    deadline_s = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline_s, "it never came"
        time.sleep(0.01)


def feed(takes: Takes, hops: range) -> None:
    """Sound and twelve pictures a second."""
    for index in hops:
        for part in range(3):
            time_s = (index + part / 3) * HOP_S
            seen = Observation(3 * index + part, time_s, (), np.zeros(6, np.float32))
            takes.watch(seen, picture(3 * index + part))
        takes.play(Block(index * HOP, sound(index)), index * HOP_S)
        until(lambda: takes._recorder is None or takes._recorder._queue.qsize() < 8)


@pytest.fixture
def takes(tmp_path: Path):
    made = Takes(tmp_path / "shows", RATE, lambda: 0.0, lambda text: None)
    yield made
    made.close()


def test_two_takes_of_one_show_hold_what_was_played_meanwhile(takes: Takes) -> None:
    for begin, end in ((40, 52), (60, 84)):
        takes.record(True, begin * HOP_S)
        until(lambda: takes.recording)
        feed(takes, range(begin, end))
        newest = takes.report()[0]
        assert newest["state"] == "recording"
        assert newest["seconds"] == pytest.approx((end - begin) * HOP_S, abs=0.06)
        takes.record(False, end * HOP_S)
        until(lambda: not takes.recording)
        feed(takes, range(end, end + 4))
    until(lambda: all(take["state"] == "done" for take in takes.report()))
    newer, older = takes.report()
    assert (older["seconds"], newer["seconds"]) == (3.0, 6.0)
    for take in (older, newer):
        path = takes.path_of(take["name"])
        assert take["bytes"] == path.stat().st_size > 1000
        assert duration_s(path) == pytest.approx(take["seconds"], abs=0.15), "it begins at its own zero"
        assert length_s(path) == pytest.approx(take["seconds"], abs=0.15)


def test_takes_of_earlier_evenings_are_listed_with_their_length(takes: Takes) -> None:
    takes.record(True, 0.0)
    until(lambda: takes.recording)
    feed(takes, range(8))
    takes.close()
    (takes.folder / "take-broken.mp4").write_bytes(b"nothing")
    later = Takes(takes.folder, RATE, lambda: 0.0, lambda text: None)
    until(lambda: later.report())
    later.close()
    (old,) = later.report()
    assert old["seconds"] == pytest.approx(8 * HOP_S, abs=0.15) and old["state"] == "done"


def test_a_take_being_written_is_neither_given_out_nor_deleted(takes: Takes) -> None:
    takes.record(True, 0.0)
    until(lambda: takes.recording)
    feed(takes, range(4))
    name = takes.report()[0]["name"]
    with pytest.raises(BusyTakeError, match="stop it first"):
        takes.path_of(name)
    with pytest.raises(BusyTakeError):
        takes.delete(name)
    takes.record(False, 1.0)
    until(lambda: [take["state"] for take in takes.report()] == ["done"])
    path = takes.path_of(name)
    takes.delete(name)
    assert not path.exists() and takes.report() == []
    for nothing in (name, "../secret", "/etc/passwd", ""):
        with pytest.raises(NoTakeError):
            takes.path_of(nothing)


def test_where_nothing_can_be_written_it_is_said_and_the_show_goes_on(tmp_path: Path) -> None:
    said: list[str] = []
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    takes = Takes(blocked / "shows", RATE, lambda: 0.0, said.append)
    takes.record(True, 0.0)
    until(lambda: said)
    feed(takes, range(2))
    takes.close()
    assert "no take was begun" in said[0] and not takes.recording


def test_a_take_that_fails_ends_and_says_why(takes: Takes) -> None:
    takes.record(True, 0.0)
    until(lambda: takes.recording)
    feed(takes, range(4))
    takes._recorder.failed = "No space left on device"
    feed(takes, range(4, 6))
    until(lambda: [take["state"] for take in takes.report()] == ["failed"])
    assert takes.report()[0]["reason"] == "No space left on device"
