"""Real processes, really killed and stopped; every wait ends as soon as what it waits for is there."""

import itertools
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from configs.schema import ShowConfig, load_config
from realtime.vision_process import ProcessVision

pytestmark = pytest.mark.realtime  # what is silent for a second "hangs": nothing may run beside these

PATIENCE_S = 40.0
"""A machine under load starts a process slowly; what is waited for usually takes a second."""


def looking(config: ShowConfig, said: list[str]) -> ProcessVision:
    vision = ProcessVision(config, time.perf_counter(), say=said.append)
    vision.start(time.perf_counter())
    return vision


@pytest.fixture(scope="module")
def scene() -> Iterator[tuple[ProcessVision, list[str]]]:
    said: list[str] = []
    vision = looking(load_config(None, {"source": "demo:bpm=112,seed=1,seconds=600"}), said)
    yield vision, said
    vision.close()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain"
        time.sleep(0.05)


def sees_again(vision: ProcessVision) -> Callable[[], bool]:
    before = vision.health.frames
    return lambda: vision.health.frames > before + 10


@pytest.mark.pose
@pytest.mark.parametrize("which", ["capture", "pose"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_lost_process_is_started_again(
    scene: tuple[ProcessVision, list[str]], which: str, how: signal.Signals
) -> None:
    vision, said = scene
    wait_for(sees_again(vision))
    child, restarts = getattr(vision, which), vision.health.restarts
    old = child.process.pid
    said.clear()
    os.kill(old, how)
    wait_for(lambda: vision.health.restarts > restarts)
    wait_for(sees_again(vision))
    assert child.process.pid != old and vision.health.restarts == restarts + 1
    word = "died" if how == signal.SIGKILL else "hangs"
    assert any(word in text and "is started again" in text for text in said), said
    assert not Path(f"/proc/{old}/exe").exists() or "Z" in Path(f"/proc/{old}/stat").read_text().split()[2]


@pytest.mark.pose
def test_time_and_order_go_on_through_a_restart(scene: tuple[ProcessVision, list[str]]) -> None:
    vision, _ = scene
    wait_for(sees_again(vision))
    vision.observe(1e9)
    restarts = vision.health.restarts
    os.kill(vision.capture.process.pid, signal.SIGKILL)
    wait_for(lambda: vision.health.restarts > restarts)
    wait_for(sees_again(vision))
    seen = vision.observe(1e9)
    assert all(a.index < b.index and a.time_s < b.time_s for a, b in itertools.pairwise(seen))
    assert abs(seen[-1].time_s - (time.perf_counter() - vision._origin_s)) < 1.0  # the dance is where time is


@pytest.mark.pose
def test_closing_takes_less_than_a_second_and_leaves_nothing_behind() -> None:
    vision = looking(load_config(None, {"source": "demo:seconds=60"}), [])
    pids = [child.process.pid for child in (vision.capture, vision.pose)]
    name = vision.frames.name
    began = time.perf_counter()
    vision.close()
    assert time.perf_counter() - began < 1.0
    assert not any(Path(f"/proc/{pid}/exe").exists() for pid in pids)
    assert not Path(f"/dev/shm/{name}").exists()
