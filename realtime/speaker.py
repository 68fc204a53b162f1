"""The loudspeaker: its card is the show's clock, and the show's time goes on when the card is lost.

Samples at the bundle's rate leave the playout buffer, pass a streaming resampler (soxr) and wait in the
card's ring. Show samples lie on a line of heard times. While there is no card the samples go on along
that line, unheard; a card that comes back begins where the line has got to, so no beat jumps.
"""

import numpy as np

from realtime.card import Card
from realtime.kept_card import FEED_SAMPLES, KeptCard
from realtime.ring import Ring
from realtime.sound_cards import OutputDevice, find_device, list_devices
from realtime.types import Samples

SETTLE_S = 1.0
"""A reopened card that has not said by then when it is heard is used all the same."""

__all__ = ["OutputDevice", "Ring", "Speaker", "find_device", "list_devices"]


class Speaker(KeptCard):
    """A playout buffer, heard: the show's own card. Arguments and errors are those of every ``KeptCard``."""

    _line: tuple[float, float] | None = None
    """While there is no card: a sample, and when it would have been heard."""
    _anchor = (0, 0.0)
    """The ring's frame at which a sample lies, and that sample."""

    def start(self) -> None:
        """The first block is there: from now on silence counts as an underrun."""
        card = self._card
        if card is not None:
            self._fill(card)
            card.count_short(True)
        else:
            self._line = (0.0, self._now_s() + self._latency_s)
        super().start()

    def _next(self, card: Card) -> Samples:
        return self._resampler.resample(self._take())

    def _pass_by(self, now_s: float) -> None:
        """Samples go by when they would have been taken."""
        if self._line is None:
            return
        sample, heard_s = self._line
        ahead_s = self._latency_s + self._sound.queue_ms / 1000
        due = sample + (now_s + ahead_s - heard_s) * self._sample_rate
        while self.playout.position + FEED_SAMPLES <= due:
            self.playout.pass_by(FEED_SAMPLES)

    def _lose(self, why: str) -> None:
        """Remember the line of heard times, and let the card go."""
        if self._card is not None and self._playing:
            position = self.playout.position
            heard_s = self.heard_s(position)
            fallback_s = self._now_s() + self._latency_s + self._sound.queue_ms / 1000
            with self._lock:
                self._line = (float(position), heard_s if heard_s is not None else fallback_s)
        super()._lose(why)

    def _join(self, card: Card) -> None:
        if self._playing:
            self._join_the_line(card)
        with self._lock:
            self._card, self._line = card, None

    def _join_the_line(self, card: Card) -> None:
        """Let silence run through the card until it tells the time; begin with the sample due by then."""
        deadline_s = self._now_s() + SETTLE_S
        silence = np.zeros(FEED_SAMPLES, np.float32)
        while not (card.ready and card.reads) and self._now_s() < deadline_s:
            if card.ring.fill < self._queue_frames:
                card.ring.write(silence)
            self._pass_by(self._now_s())
            self._closing.wait(0.001)
        while card.ring.fill < self._queue_frames:
            card.ring.write(silence)
        assert self._line is not None
        sample, line_s = self._line
        frame = card.ring.written
        heard_s = card.heard_s(frame)
        if heard_s is None:
            heard_s = self._now_s() + self._latency_s + self._sound.queue_ms / 1000
        wanted = round(sample + (heard_s - line_s) * self._sample_rate)
        self.playout.pass_by(max(0, wanted - self.playout.position))
        with self._lock:
            self._anchor = (frame, float(self.playout.position))
        card.count_short(True)
        self._fill(card)

    def heard_s(self, sample: int) -> float | None:
        """``time.perf_counter`` at which a show sample is heard, None before the first was played."""
        with self._lock:
            card, line, (frame, first) = self._card, self._line, self._anchor
        if line is not None:
            return line[1] + (sample - line[0]) / self._sample_rate
        if card is None:
            return None
        return card.heard_s(frame + (sample - first) * card.rate / self._sample_rate)
