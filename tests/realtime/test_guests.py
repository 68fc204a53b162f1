"""Two who dance: one engine call, two followers, two streams, and neither knows of the other."""

import numpy as np
import pytest

from configs.schema import ShowConfig
from dancer import DancerConfig, VirtualDancer
from realtime.controls import Controls, Tap, turn
from realtime.guests import Guest, Guests
from realtime.pipeline import Hop, Pipeline
from realtime.types import Beat, Block, TimedEvent
from realtime.vision import Observation
from tests.fakes import FakeBackend, manifest
from tests.realtime.test_pipeline import HOP_S, LEAD_S, SETTLE_S, observations

BPM, GUEST_BPM = 112.0, 90.0


class ScriptedEyes:
    """Sees what it was given, once its time has come."""

    def __init__(self, seen: list[Observation]) -> None:
        self.name, self.health = "script", None
        self.seen = list(seen)

    def start(self, origin_s: float) -> None:
        pass

    def observe(self, until_s: float) -> list[Observation]:
        ready = [one for one in self.seen if one.time_s <= until_s + 1e-9]
        self.seen = self.seen[len(ready) :]
        return ready

    def close(self) -> None:
        pass


class Ears:
    """A place that keeps what it is given."""

    def __init__(self) -> None:
        self.blocks: list[tuple[Block, float]] = []
        self.told: list[TimedEvent] = []

    def play(self, block: Block, heard_at_s: float) -> None:
        self.blocks.append((block, heard_at_s))

    def events(self, events: list[TimedEvent]) -> None:
        self.told.extend(events)


def dance(bpm: float, seed: int, seconds: float = 20.0) -> list[Observation]:
    config = DancerConfig(bpm=bpm, style="house", seed=seed, seconds=seconds)
    return observations(VirtualDancer(config), seconds=seconds)


class Stage:
    """The show's loop, as far as guests are concerned."""

    def __init__(self, seen: list[Observation], guest_seen: list[Observation] | None) -> None:
        described = manifest()
        self.backend = FakeBackend(described.layout)
        self.pipeline = Pipeline(described, self.backend, ShowConfig())
        self.guests, self.ears, self.there = Guests(self.pipeline), Ears(), True
        if guest_seen is not None:
            self.guests.add(Guest(ScriptedEyes(guest_seen), self.ears, lambda: self.there))
        self.eyes = ScriptedEyes(seen)
        self.controls, self.index = Controls(), 0
        self.state = self.pipeline.start(self.controls)
        self.rendered: list = []

    def hops(self, count: int) -> None:
        for _ in range(count):
            now_s = self.index * HOP_S
            seen = tuple(self.eyes.observe(now_s - SETTLE_S))
            self.guests.look(now_s - SETTLE_S)
            hop = Hop(self.index, now_s, now_s + LEAD_S, seen, self.controls)
            turns = [(self.state, hop), *self.guests.turns(hop)]
            (one, self.state), *others = self.pipeline.step_together(turns)
            self.guests.take(others)
            self.guests.play(1000.0)
            self.rendered.append(one)
            self.index += 1


@pytest.fixture(scope="module")
def both() -> Stage:
    stage = Stage(dance(BPM, 1), dance(GUEST_BPM, 2))
    stage.hops(76)
    return stage


def test_the_engine_is_called_once_a_hop_with_a_row_each(both: Stage) -> None:
    assert both.backend.calls == 76
    assert {len(inputs["phase"]) for inputs in both.backend.seen} == {2}
    assert {len(inputs["motion"]) for inputs in both.backend.seen} == {2}


def test_each_follows_the_own_dancer(both: Stage) -> None:
    own, guest = both.rendered[-1].grid, both.guests.report()[0]
    assert own.bpm == pytest.approx(BPM, rel=0.02) and own.confidence > 0.5
    assert guest["bpm"] == pytest.approx(GUEST_BPM, rel=0.02) and guest["confidence"] > 0.5


def test_each_hears_the_own_music_in_time(both: Stage) -> None:
    late = [timed for timed in both.ears.told if isinstance(timed.event, Beat) and timed.heard_at_s > 1012.0]
    beats_s = np.array([timed.heard_at_s for timed in late])
    assert np.diff(beats_s) == pytest.approx(60 / GUEST_BPM, rel=0.06)
    blocks = [block for block, _ in both.ears.blocks]
    assert [block.start_sample for block in blocks] == [5504 * index for index in range(76)]
    assert [heard for _, heard in both.ears.blocks][5] == pytest.approx(1000.0 + 5 * HOP_S + LEAD_S)
    assert np.abs(blocks[-1].samples - both.rendered[-1].block.samples).max() > 0.05


def test_a_guest_changes_nothing_for_the_first_dancer(both: Stage) -> None:
    alone = Stage(dance(BPM, 1), None)
    alone.hops(76)
    for one, other in zip(alone.rendered, both.rendered, strict=True):
        np.testing.assert_array_equal(one.block.samples, other.block.samples)


def test_guests_come_and_go() -> None:
    stage = Stage(dance(BPM, 1, 8.0), dance(GUEST_BPM, 2, 8.0))
    stage.there = False
    stage.hops(4)
    assert stage.guests.report() == [{}] and not stage.ears.blocks
    stage.there = True
    stage.hops(6)
    assert stage.guests.dancing == 1 and len(stage.ears.blocks) == 6
    stage.there = False
    stage.hops(2)
    ending = stage.ears.blocks[-1][0]
    assert len(stage.ears.blocks) == 7 and ending.start_sample == 10 * 5504
    assert np.abs(ending.samples[-20:]).max() < 0.02 < np.abs(ending.samples).max()
    assert stage.guests.report() == [{}] and len(stage.backend.seen[-1]["phase"]) == 1


def test_taps_are_the_first_dancers() -> None:
    stage = Stage(dance(BPM, 1, 3.0), dance(GUEST_BPM, 2, 3.0))
    for time_s in (0.2, 0.7, 1.2):
        stage.controls = turn(stage.controls, Tap(time_s))
    hop = Hop(0, 1.3, 1.5, (), stage.controls)
    assert stage.guests.turns(hop)[0][1].controls.taps_s == ()
    assert stage.guests.turns(hop)[0][1].controls.style == stage.controls.style
