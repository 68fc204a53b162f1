"""The loudspeaker: keeps a sound card fed, and the show's time going when the card is lost.

Samples at the bundle's rate leave the playout buffer, pass a streaming resampler (soxr) and wait in the
card's ring. Show samples lie on a line of heard times. While there is no card the samples go on along
that line, unheard; a card that comes back begins where the line has got to, so no beat jumps.
"""

import threading
import time
from collections.abc import Callable

import numpy as np
import soxr

from configs.errors import DeviceError
from configs.schema import Sound
from realtime.card import Card
from realtime.peak import Peak
from realtime.playout import Playout
from realtime.priority import prefer_audio
from realtime.ring import Ring
from realtime.sound_cards import OutputDevice, find_device, list_devices
from realtime.watchdog import Backoff

FEED_SAMPLES = 128  # taken from the playout buffer at a time: 5.8 ms
FEED_S = 0.004
REOPEN_S = 1.5
"""The longest wait between two attempts to open a lost card."""

SETTLE_S = 1.0
"""A reopened card that has not said by then when it is heard is used all the same."""

LEAD_S = 5.0
"""How early samples are taken at the earliest is remembered for this long, and once more."""

Say = Callable[[str], None]

__all__ = ["OutputDevice", "Ring", "Speaker", "find_device", "list_devices"]


class Speaker:
    """A playout buffer, heard.

    Args:
        playout: where samples come from.
        device: ``auto``, an index, or a part of a name.
        sound: buffer, queue and rate.
        sample_rate: of the samples, Hz.
        say: told when the card is lost and when it is back.
        open_card: opens the device; a seam for tests.
        now_s: ``time.perf_counter``; a seam for tests, which then call ``attend`` themselves.

    Raises:
        DeviceError: no such device, or it is busy.
    """

    def __init__(
        self,
        playout: Playout,
        device: str,
        sound: Sound,
        sample_rate: int,
        say: Say = print,
        open_card: Callable[[str, Sound], Card] = Card,
        now_s: Callable[[], float] | None = None,
    ) -> None:
        self._playout, self._device, self._sound, self._sample_rate = playout, device, sound, sample_rate
        self._say, self._open_card, self._now_s = say, open_card, now_s or time.perf_counter
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._playing = False
        self._past_underruns = 0
        self.lost = 0
        """How often the card was lost."""
        self._backoff = Backoff(first_s=0.1, most_s=REOPEN_S)
        self._again_s = 0.0
        self._line: tuple[float, float] | None = None
        """While there is no card: a sample, and when it would have been heard."""
        self._anchor = (0, 0.0)
        """The ring's frame at which a sample lies, and that sample."""
        self._latency_s = 0.1
        self._lead = Peak(LEAD_S)
        self._card: Card | None = open_card(device, sound)
        self._fit(self._card)
        if now_s is None:
            self._feeder = threading.Thread(target=self._feed, name="speaker feed", daemon=True)
            self._feeder.start()

    def _fit(self, card: Card) -> None:
        self.rate, self.name = card.rate, card.name
        self._queue_frames = round(self._sound.queue_ms / 1000 * card.rate)
        # Made for any rates, it hands out every sample 11 ms after it came; the other one, blocks of 37 ms.
        self._resampler = soxr.ResampleStream(self._sample_rate, card.rate, 1, dtype="float32", vr=True)

    def start(self) -> None:
        """The first block is there: from now on silence counts as an underrun."""
        if self._card is not None:
            self._fill(self._card)
            self._card.count_short(True)
        else:
            self._line = (0.0, self._now_s() + self._latency_s)
        self._playing = True

    def _feed(self) -> None:
        prefer_audio()
        while not self._closing.is_set():
            try:
                self.attend()
            except Exception as error:  # whatever it is, it is the card's: try another
                self._lose(f"failed ({type(error).__name__}: {error})")
            self._closing.wait(FEED_S)

    def attend(self) -> None:
        """One round: feed the card, or do without and look for one."""
        now_s = self._now_s()
        card = self._card
        if card is None:
            self._pass_by(now_s)
            if now_s >= self._again_s:
                self._reopen(now_s)
        elif trouble := card.trouble(now_s):
            self._lose(trouble)
        elif self._playing:
            self._fill(card)

    def _fill(self, card: Card) -> None:
        while card.ring.fill < self._queue_frames and not self._closing.is_set():
            heard_s, now_s = self.heard_s(self._playout.position), self._now_s()
            card.ring.write(self._resampler.resample_chunk(self._playout.take(FEED_SAMPLES)))
            if heard_s is not None:
                self._lead.update(now_s, heard_s - now_s)

    def _pass_by(self, now_s: float) -> None:
        """Nobody listens: samples go by when they would have been taken."""
        if self._line is None or not self._playing:
            return
        sample, heard_s = self._line
        ahead_s = self._latency_s + self._sound.queue_ms / 1000
        due = sample + (now_s + ahead_s - heard_s) * self._sample_rate
        while self._playout.position + FEED_SAMPLES <= due:
            self._playout.pass_by(FEED_SAMPLES)

    def _lose(self, why: str) -> None:
        """Remember the line of heard times, let the card go, wait before the first attempt."""
        card = self._card
        if card is None:
            return
        position = float(self._playout.position)
        heard_s = self.heard_s(int(position)) if self._playing else None
        with self._lock:
            if self._playing:
                fallback_s = self._now_s() + self._latency_s + self._sound.queue_ms / 1000
                self._line = (position, heard_s if heard_s is not None else fallback_s)
            self._past_underruns += card.short
            self._card = None
        self.lost += 1
        self._again_s = self._now_s() + self._backoff.next_s()
        self._say(f"The sound card {card.name!r} {why}; the show goes on while it is opened again")
        card.close()

    def _reopen(self, now_s: float) -> None:
        try:
            card = self._open_card(self._device, self._sound)
        except (DeviceError, OSError):
            self._again_s = self._now_s() + self._backoff.next_s()
            return
        if self._playing:
            self._join_the_line(card)
        with self._lock:
            self._card, self._line = card, None
        self._backoff.reset()
        self._say(f"The sound card {card.name!r} plays again")

    def _join_the_line(self, card: Card) -> None:
        """Let silence run through the card until it tells the time; begin with the sample due by then."""
        self._fit(card)
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
        self._playout.pass_by(max(0, wanted - self._playout.position))
        with self._lock:
            self._anchor = (frame, float(self._playout.position))
        card.count_short(True)
        self._fill(card)

    @property
    def underruns(self) -> int:
        """Times the card asked and there was too little."""
        card = self._card
        return self._past_underruns + (card.short if card is not None else 0)

    @property
    def present(self) -> bool:
        """Whether there is a card at the moment."""
        return self._card is not None

    @property
    def latency_s(self) -> float:
        """From a sample's being taken to its being heard: queue, buffer and device."""
        card = self._card
        if card is not None:
            self._latency_s = card.latency_s
        return self._latency_s + self._sound.queue_ms / 1000

    @property
    def lead_s(self) -> float:
        """How long before it is heard a sample is taken, at the most: cards ask in bursts."""
        return self._lead.value if self._lead.value is not None else self.latency_s

    @property
    def ready(self) -> bool:
        """Whether the device has said when its frames are heard."""
        return self._card is None or self._card.ready

    @property
    def drift_ppm(self) -> float:
        """How far the card's crystal is off its label."""
        return self._card.drift_ppm if self._card is not None else 0.0

    def heard_s(self, sample: int) -> float | None:
        """``time.perf_counter`` at which a show sample is heard, None before the first was played."""
        with self._lock:
            card, line, (frame, first) = self._card, self._line, self._anchor
        if line is not None:
            return line[1] + (sample - line[0]) / self._sample_rate
        if card is None:
            return None
        return card.heard_s(frame + (sample - first) * card.rate / self._sample_rate)

    def close(self) -> None:
        """Play what is in the ring, then close the device."""
        self._closing.set()
        if hasattr(self, "_feeder"):
            self._feeder.join(timeout=1.0)
        self._playing = False
        card = self._card
        if card is not None:
            card.count_short(False)
            time.sleep(min(0.3, (card.ring.fill + self._sound.buffer_frames) / self.rate))
            card.close()
