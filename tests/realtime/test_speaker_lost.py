"""The sound card is lost and comes back: time goes on, beats stay in place. A fake card, a fake clock."""

import numpy as np
import pytest
import soxr

from configs.schema import Sound
from realtime.card import RateWatch
from realtime.clock import RealClock
from realtime.playout import Playout
from realtime.schedule import DeviceSchedule
from realtime.speaker import Speaker
from realtime.types import Block
from tests.realtime.fake_card import Room, Shop, Time

RATE, HOP = 22050, 5504


class Stage:
    """A speaker with an endless ramp in its playout: each sample's value says which sample it is."""

    def __init__(self) -> None:
        self.time = Time()
        self.room = Room(self.time)
        self.shop = Shop(self.room)
        self.said: list[str] = []
        self.playout = Playout()
        self.blocks = 0
        self.speaker = Speaker(
            self.playout, "auto", Sound(), RATE, self.said.append, self.shop, self.time  # type: ignore[arg-type]
        )  # fmt: skip
        resampler = soxr.ResampleStream(RATE, 48_000, 1, dtype="float32", vr=True)
        self.gain = float(resampler.resample_chunk(np.ones(RATE, np.float32))[-1])  # 0.0005 dB above 1
        self.run(0.2)
        self.feed()
        self.speaker.start()

    def feed(self) -> None:
        """Blocks up to a second ahead, as a show that is on time."""
        while self.blocks * HOP < self.playout.position + RATE:
            start = self.blocks * HOP
            ramp = (np.arange(start, start + 2 * HOP) / 1e7).astype(np.float32)
            self.playout.put(Block(start, ramp[:HOP], ramp[HOP:]))
            self.blocks += 1

    def run(self, seconds: float) -> None:
        until = self.time.now_s + seconds
        while self.time.now_s < until:
            self.time.now_s += 0.004
            for card in self.shop.cards[-1:]:
                card.run()
            if self.blocks:
                self.feed()
            self.speaker.attend()

    def schedule(self, allowance_s: float) -> tuple[DeviceSchedule, RealClock]:
        """By this stage's speaker, on a clock whose zero lies at 100 s."""
        clock = RealClock()
        clock.origin_s, clock.now_s = 100.0, lambda: self.time.now_s - 100.0  # type: ignore[method-assign]
        return DeviceSchedule(self.speaker, clock, 100.0, allowance_s), clock

    def heard_sample(self, wall_s: float) -> float | None:
        """Which sample is heard at a wall time."""
        value = self.room.heard(wall_s)
        return value / self.gain * 1e7 if value else None


@pytest.mark.parametrize("away_s", [0.0, 2.0, 30.0])
def test_the_line_of_heard_times_goes_on_through_a_loss(away_s: float) -> None:
    stage = Stage()
    stage.run(5.0)
    stage.shop.refusals = int(away_s / 1.5)
    stage.shop.latency_s = 0.13  # the new card is slower
    lost_s = stage.time.now_s
    before = stage.speaker.heard_s(1_000_000)
    stage.shop.cards[-1].complaint = "is gone"
    stage.run(away_s + 4.0)
    after = stage.speaker.heard_s(1_000_000)
    assert before is not None and after is not None
    assert abs(after - before) < 0.001  # no beat jumps
    assert stage.speaker.present and stage.speaker.lost == 1 and stage.shop.cards[0].closed
    assert len(stage.said) == 2 and "is gone" in stage.said[0] and "plays again" in stage.said[1]
    for wall_s in np.linspace(stage.time.now_s - 0.3, stage.time.now_s, 5):
        sample = stage.heard_sample(wall_s)
        claimed = stage.speaker.heard_s(round(sample)) if sample else None
        assert claimed is not None and abs(claimed - wall_s) < 0.002  # and what is claimed is what is heard
    gap = [s for s in np.arange(lost_s, stage.time.now_s, 0.01) if not stage.heard_sample(s)]
    assert len(gap) * 0.01 < away_s * 1.5 + 1.0
    assert stage.playout.health.starvations == 0 and stage.speaker.underruns == 0


def test_attempts_are_patient() -> None:
    stage = Stage()
    stage.run(1.0)
    stage.shop.refusals = 10**6
    stage.shop.cards[-1].complaint = "is gone"
    stage.run(60.0)
    assert 35 < len(stage.shop.attempts) < 60 and len(stage.said) == 1
    position = stage.playout.position
    stage.run(10.0)
    assert abs(stage.playout.position - position - 10 * RATE) < 1000  # the show plays on, unheard


def test_the_schedule_never_stalls_while_there_is_no_card() -> None:
    stage = Stage()
    schedule, _ = stage.schedule(allowance_s=0.09)
    stage.run(2.0)
    due = [schedule.due_s(index * HOP) for index in range(40)]
    stage.shop.refusals = 10
    stage.shop.cards[-1].complaint = "asks for no more sound"
    stage.run(0.5)
    np.testing.assert_allclose([schedule.due_s(index * HOP) for index in range(40)], due, atol=0.03)


def test_no_block_is_asked_for_before_it_is_due() -> None:
    """A card asks in bursts: what counts is its earliest wish, not the usual one."""
    stage = Stage()
    schedule, clock = stage.schedule(allowance_s=0.05)
    stage.run(2.0)
    for _ in range(40):
        start = (stage.playout.position // HOP + 2) * HOP
        due_s = schedule.due_s(start)
        stage.run(due_s + 0.045 - clock.now_s())
        assert stage.playout.position <= start
        stage.run(0.08)
        assert stage.playout.position > start  # nor is it much too early


def test_lost_before_the_first_block_it_still_begins() -> None:
    time = Time()
    shop = Shop(Room(time))
    playout = Playout()
    speaker = Speaker(playout, "auto", Sound(), RATE, lambda text: None, shop, time)  # type: ignore[arg-type]
    shop.cards[-1].complaint, shop.refusals = "is gone", 3
    speaker.attend()
    playout.put(Block(0, np.zeros(50 * HOP, np.float32)))
    speaker.start()
    assert speaker.heard_s(0) is not None
    for _ in range(2000):
        time.now_s += 0.004
        for card in shop.cards[-1:]:
            card.run()
        speaker.attend()
    assert speaker.present and playout.position > 5 * RATE


def test_a_changed_rate_is_noticed_and_a_stall_is_not() -> None:
    watch = RateWatch(48_000)
    assert not [r for t in np.arange(0, 30, 0.1) if (r := watch.update(round(t * 48_010), t))]
    watch = RateWatch(48_000)
    found = [(t, r) for t in np.arange(0, 30, 0.1) if (r := watch.update(round(t * 44_100), t))]
    assert found and found[0][0] < 2.5 and found[0][1] == 44_100
    watch = RateWatch(44_100)
    busy = np.cumsum(np.random.default_rng(0).uniform(3000, 4400, 600))  # never fed as fast as it should be
    assert not any(watch.update(round(at), index / 10) for index, at in enumerate(busy))
    watch = RateWatch(48_000)
    frames, complaints = 0.0, []
    for index in range(600):
        frames += 0.0 if 100 <= index < 108 else 4800.0  # the machine stands still for 0.8 s
        complaints.append(watch.update(round(frames), index / 10))
    assert not any(complaints)
