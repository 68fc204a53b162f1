"""A further card (monitor wedges, a broadcast desk) that plays what the show's own card plays, when it does.

It has its own copy of the blocks, its own queue and rate. Two crystals drift apart: what its next sample
would be heard too late or too early by is taken back by bending the resampler's ratio. Too far for that (at
the start, after a loss or an underrun), samples are left out or silence is put in, once, between two fades.
"""

from collections.abc import Callable

import numpy as np

from configs.schema import Sound
from realtime.card import Card
from realtime.kept_card import FEED_SAMPLES, KeptCard, Say
from realtime.playout import Playout
from realtime.status import CardReport
from realtime.types import Samples
from realtime.watchdog import Silence

PULL_S = 3.0
"""Time constant of the steering: crystals that differ by 200 ppm lie 0.6 ms apart."""

ASTRAY_S = 0.010
"""Further off than this, it is not a crystal."""

PATIENCE_S = 0.5
"""Astray for so long, it is not a driver's wrong report either."""

SLOW_S = 3.0
"""What a card wants has not been rendered for so long: it is too slow for this show."""

FADE_IN = np.linspace(0.0, 1.0, FEED_SAMPLES, dtype=np.float32)
FADE_OUT = FADE_IN[::-1]


class SideSpeaker(KeptCard):
    """A card that follows another. Arguments and errors are those of every ``KeptCard``, but for the first.

    Args:
        line: when a show sample is to be heard: ``heard_s`` of the speaker it follows.
    """

    def __init__(
        self,
        line: Callable[[int], float | None],
        device: str,
        sound: Sound,
        sample_rate: int,
        say: Say = print,
        open_card: Callable[[str, Sound], Card] = Card,
        now_s: Callable[[], float] | None = None,
    ) -> None:
        self._line = line
        self._sounding = self._complained = False
        self._near = Silence(0.0)
        """Of signs that the next sample lies near its time."""
        self.joins = 0
        """How often the music began: at the start, and after every leap."""
        super().__init__(Playout(), device, sound, sample_rate, say, open_card, now_s)

    def heard_s(self, sample: int) -> float | None:
        """``time.perf_counter`` at which a show sample is to be heard; None before the first was played."""
        return self._line(sample)

    def _fit(self, card: Card) -> None:
        super()._fit(card)
        self._sounding = self._complained = False

    def _pass_by(self, now_s: float) -> None:
        """What the others have heard by now is gone."""
        heard_s = self.heard_s(self.playout.position)
        if heard_s is not None:
            self._leave_out(round((now_s - heard_s) * self._sample_rate))

    def _next(self, card: Card) -> Samples:
        off_s = self._off_s(card)
        bend = off_s / PULL_S if self._sounding and off_s is not None else 0.0
        return self._resampler.resample(self._due(card, off_s), bend)

    def _off_s(self, card: Card) -> float | None:
        """How much too late the next sample would be heard; None while one of the cards does not say."""
        waiting = card.ring.written + self._resampler.held * card.rate / self._sample_rate
        heard_s, wanted_s = card.heard_s(waiting), self.heard_s(self.playout.position)
        return heard_s - wanted_s if card.ready and heard_s is not None and wanted_s is not None else None

    def _due(self, card: Card, off_s: float | None) -> Samples:
        """The next samples, or silence while it is not yet time for them."""
        now_s = self._now_s()
        if off_s is None or abs(off_s) < ASTRAY_S:
            self._near.sign(now_s)
        if self._sounding:
            self._sounding = self._near.lasts_s(now_s) < PATIENCE_S
            return self._take() if self._sounding else self._take() * FADE_OUT
        late = round(off_s * self._sample_rate) if off_s is not None else -FEED_SAMPLES
        self._leave_out(late)
        if late < 0:
            return np.zeros(min(FEED_SAMPLES, -late), np.float32)
        if self.playout.reserve_samples < FEED_SAMPLES:
            self._complain(now_s)
            return np.zeros(FEED_SAMPLES, np.float32)
        self._sounding = True
        self._near.sign(now_s)
        self.joins += 1
        card.count_short(True)
        return self._take() * FADE_IN

    def _complain(self, now_s: float) -> None:
        if not self._complained and self._near.lasts_s(now_s) > SLOW_S:
            self._complained = True
            late_ms = 1000 * self.latency_s
            self._say(f"The sound card {self.name!r} is too slow to play with the others: {late_ms:.0f} ms")

    def _leave_out(self, samples: int) -> None:
        """Nobody hears the next samples from here, as far as they are rendered."""
        self.playout.pass_by(min(max(0, samples), self.playout.reserve_samples))

    @property
    def report(self) -> CardReport:
        """How it fares."""
        return CardReport(
            self.name, self.present, self.underruns + self.playout.health.starvations, self.drift_ppm
        )
