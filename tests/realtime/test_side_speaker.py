"""Further cards play what the first one plays, when it does. Fake cards with crystals, a fake clock."""

import numpy as np
import pytest

from configs.schema import Sound
from realtime.clock import RealClock
from realtime.kept_card import KeptCard
from realtime.playout import MOST_SAMPLES, Playout
from realtime.schedule import MOST_LEAD_S, DeviceSchedule
from realtime.side_speaker import SideSpeaker
from realtime.speaker import Speaker
from realtime.steered_resampler import MOST_BEND, SteeredResampler
from realtime.types import Block
from tests.realtime.fake_card import Room, Shop, Time

RATE, HOP = 22050, 5504
SAW, EDGE = 65_536, 8_000
"""Samples until the sawtooth begins again: values say which sample it is. Resamplers blur its edges."""


def saw(start: int, count: int) -> np.ndarray:
    """The sawtooth, never silent."""
    return (0.1 + 0.8 * (np.arange(start, start + count) % SAW) / SAW).astype(np.float32)


def place(value: float) -> float:
    """Which of the sawtooth's samples has this value."""
    return (value - 0.1) / 0.8 * SAW


class Spot:
    """Where a card stands: its shop, and the room in which it alone is heard."""

    def __init__(self, time: Time, latency_s: float = 0.05, **ware: float) -> None:
        self.room = Room(time)
        self.shop = Shop(self.room)
        self.shop.latency_s, self.shop.ware = latency_s, ware

    def sample(self, wall_s: float) -> float | None:
        """Which sample of the sawtooth is heard at a wall time."""
        value = self.room.heard(wall_s)
        return place(value) if value else None


class Stage:
    """A speaker and one side speaker, each in a room of its own, and an endless sawtooth."""

    def __init__(self, first: dict[str, float], second: dict[str, float], step_s: float = 0.008) -> None:
        self.time, self.step_s = Time(), step_s
        self.first, self.second = Spot(self.time, **first), Spot(self.time, **second)
        self.said: list[str] = []
        self.playout = Playout()
        self.speaker = Speaker(self.playout, "house", *self._kept(self.first))  # type: ignore[arg-type]
        self.side = SideSpeaker(self.speaker.heard_s, "wedge", *self._kept(self.second))  # type: ignore[arg-type]
        self.cards: tuple[KeptCard, ...] = (self.speaker, self.side)
        clock = RealClock()
        clock.origin_s, clock.now_s = 100.0, lambda: self.time.now_s - 100.0  # type: ignore[method-assign]
        self.schedule = DeviceSchedule(self.speaker, clock, 100.0, 0.075, (self.side,))
        self.blocks = 0
        self.hung = False
        self.apart_ms: list[float] = []
        self.fullest = 0
        self.first.room.meanwhile = self.feed_the_side  # it has a thread of its own
        self.run(0.3)
        self.put()
        for card in self.cards:
            card.start()

    def _kept(self, spot: Spot) -> tuple[object, ...]:
        return Sound(), RATE, self.said.append, spot.shop, self.time

    def put(self) -> None:
        """The next block."""
        start = self.blocks * HOP
        samples = saw(start, 2 * HOP)
        for card in self.cards:
            card.put(Block(start, samples[:HOP], samples[HOP:]))
        self.blocks += 1

    def run(self, seconds: float) -> None:
        """So long, every block made when it is due, both rooms listened to ten times a second."""
        until, listen_s = self.time.now_s + seconds, self.time.now_s
        while self.time.now_s < until:
            self.time.now_s += self.step_s
            for card in self.first.shop.cards[-1:]:
                card.run()
            if self.blocks and self.schedule.due_s(self.blocks * HOP) <= self.time.now_s - 100.0:
                self.put()
            self.speaker.attend()
            self.feed_the_side()
            if self.time.now_s >= listen_s:
                listen_s += 0.1
                self.listen(self.time.now_s)

    def feed_the_side(self) -> None:
        """A round of the further card's."""
        for card in self.second.shop.cards[-1:]:
            card.run()
        if not self.hung:
            self.side.attend()
            self.fullest = max(self.fullest, self.second.shop.cards[-1].ring.fill)

    def listen(self, wall_s: float) -> None:
        """How much later the side's card plays the same sample, if both play and are far from an edge."""
        one, other = self.first.sample(wall_s), self.second.sample(wall_s)
        if one and other and all(EDGE < sample < SAW - EDGE for sample in (one, other)):
            self.apart_ms.append((one - other) / RATE * 1000)


def test_the_resampler_knows_what_it_holds_however_it_is_bent() -> None:
    for out_rate in (24_000, 44_100, 48_000, 96_000):
        resampler = SteeredResampler(RATE, out_rate)
        fed, wrong = 0, list[float]()
        for index in range(3000):
            frames = resampler.resample(saw(fed, 128), 2 * MOST_BEND * np.sin(index / 200))
            fed += 128
            last = place(float(frames[-1])) if len(frames) else 0.0
            if EDGE < last < SAW - EDGE:
                wrong.append((fed - resampler.held) % SAW - last)
        assert np.ptp(wrong) < 3.0 and abs(np.mean(wrong)) < 4.0  # 0.2 ms
        assert 0 < resampler.held < 600


@pytest.mark.parametrize(
    "first, second",
    [
        ({"drift": 0.0}, {"drift": 200.0}),
        ({"drift": 0.0, "rate": 44_100}, {"drift": -200.0, "rate": 48_000, "jitter_s": 0.003}),
        ({"drift": 200.0, "jitter_s": 0.003}, {"drift": -200.0, "rate": 44_100, "latency_s": 0.02}),
    ],
)
def test_crystals_apart_for_ten_minutes_play_together(
    first: dict[str, float], second: dict[str, float]
) -> None:
    stage = Stage(first, second)
    stage.run(5.0)
    stage.apart_ms.clear()
    stage.run(595.0)
    assert len(stage.apart_ms) > 4000
    assert np.max(np.abs(stage.apart_ms)) < 3.0 and np.abs(np.median(stage.apart_ms)) < 2.0
    assert stage.side.joins == 1  # steered, never leapt
    assert stage.fullest < 0.1 * 48_000 and stage.side.playout.reserve_samples < RATE
    assert stage.speaker.underruns == stage.side.report.underruns == 0 and not stage.said


@pytest.mark.parametrize("latency_s", [0.01, 0.12, 0.3])
def test_a_card_with_another_way_to_the_ear_is_heard_at_the_same_time(latency_s: float) -> None:
    stage = Stage({}, {"latency_s": latency_s})
    stage.run(2.0)
    stage.apart_ms.clear()
    stage.run(10.0)
    assert np.max(np.abs(stage.apart_ms)) < 2.0
    assert stage.side.report.underruns == stage.speaker.underruns == 0
    assert stage.playout.health.late_hops == 0


def test_a_card_too_slow_for_any_show_keeps_nobody_waiting() -> None:
    stage = Stage({}, {"latency_s": 1.5})
    stage.run(10.0)
    lead_s = stage.schedule.heard_s(HOP) - stage.schedule.due_s(HOP) - 0.075
    assert lead_s == pytest.approx(MOST_LEAD_S)
    assert len(stage.said) == 1 and "'fake' is too slow to play with the others" in stage.said[0]
    assert stage.playout.health.late_hops == stage.playout.health.starvations == stage.speaker.underruns == 0


def test_a_further_card_that_goes_and_comes_back_never_touches_the_first() -> None:
    stage = Stage({}, {"drift": 100.0})
    stage.run(5.0)
    stage.second.shop.refusals = 6
    stage.second.shop.latency_s = 0.1  # another socket
    stage.second.shop.cards[-1].complaint = "is gone"
    gone_s = stage.time.now_s
    stage.run(1.0)
    assert not stage.side.present and str(stage.side.report) == "fake: underruns 0, lost"
    stage.run(20.0)
    for wall_s in np.arange(gone_s, stage.time.now_s - 0.1, 0.05):
        assert stage.first.sample(wall_s) is not None
    assert stage.playout.health.starvations == stage.speaker.underruns == 0 and stage.speaker.lost == 0
    assert len(stage.said) == 2 and "is gone" in stage.said[0] and "plays again" in stage.said[1]
    assert stage.side.present and stage.side.lost == 1 and stage.side.joins == 2
    stage.apart_ms.clear()
    stage.run(5.0)
    assert len(stage.apart_ms) > 20 and np.max(np.abs(stage.apart_ms)) < 3.0
    assert stage.side.report.underruns == 0 and stage.side.playout.reserve_samples < RATE


def test_the_first_card_goes_and_the_further_one_plays_on() -> None:
    stage = Stage({}, {"drift": -100.0})
    stage.run(5.0)
    stage.first.shop.refusals = 6
    stage.first.shop.cards[-1].complaint = "is gone"
    gone_s = stage.time.now_s
    stage.run(20.0)
    for wall_s in np.arange(gone_s, stage.time.now_s - 0.1, 0.05):
        assert stage.second.sample(wall_s) is not None
    assert stage.speaker.present and stage.side.joins == 1
    stage.apart_ms.clear()
    stage.run(5.0)
    assert len(stage.apart_ms) > 20 and np.max(np.abs(stage.apart_ms)) < 3.0
    assert stage.side.report.underruns == 0


def test_what_a_further_card_missed_is_counted_under_its_name_and_left_out() -> None:
    stage = Stage({}, {})
    stage.run(5.0)
    stage.hung = True  # nobody feeds the wedges for a while
    stage.run(0.2)
    stage.hung = False
    stage.run(2.0)
    assert stage.side.report.underruns > 0 and stage.speaker.underruns == 0
    assert str(stage.side.report).startswith("fake: underruns ") and stage.side.joins == 2
    stage.apart_ms.clear()
    stage.run(5.0)
    assert np.max(np.abs(stage.apart_ms)) < 2.0


def test_wrong_reports_for_a_moment_are_not_followed() -> None:
    stage = Stage({}, {})
    stage.run(5.0)
    card = stage.second.shop.cards[-1]
    card.wrong_s = 0.08
    stage.run(0.25)
    card.wrong_s = 0.0
    stage.apart_ms.clear()
    stage.run(5.0)
    assert stage.side.joins == 1 and np.max(np.abs(stage.apart_ms)) < 3.0


def test_a_hung_driver_holds_back_only_so_much() -> None:
    stage = Stage({}, {})
    stage.run(1.0)
    stage.hung = True
    stage.run(60.0)
    health = stage.side.playout.health
    assert stage.side.playout.reserve_samples == MOST_SAMPLES and health.dropped_samples > 25 * RATE
    stage.hung = False
    stage.run(3.0)
    stage.apart_ms.clear()
    stage.run(3.0)
    assert np.max(np.abs(stage.apart_ms)) < 2.0 and stage.playout.health.dropped_samples == 0
