"""A sound card that is kept: fed while it is there, looked for when it is lost.

What all cards of a show have in common. Which sample a card plays next, and when that is heard, is the
business of the two kinds: the speaker, whose card is the show's clock, and the side speaker, which follows.
"""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable

from configs.errors import DeviceError
from configs.schema import Sound
from realtime.card import Card
from realtime.peak import Peak
from realtime.playout import Playout
from realtime.priority import prefer_audio
from realtime.steered_resampler import SteeredResampler
from realtime.types import Block, Samples
from realtime.watchdog import Backoff

FEED_SAMPLES = 128  # taken from the playout buffer at a time: 5.8 ms
FEED_S = 0.004
REOPEN_S = 1.5
"""The longest wait between two attempts to open a lost card."""

LEAD_S = 5.0
"""How early samples are taken at the earliest is remembered for this long, and once more."""

Say = Callable[[str], None]


class KeptCard(ABC):
    """A playout buffer and the card that plays it.

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
        self.playout, self._device, self._sound, self._sample_rate = playout, device, sound, sample_rate
        self._say, self._open_card, self._now_s = say, open_card, now_s or time.perf_counter
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._playing = False
        self._past_underruns = 0
        self.lost = 0
        """How often the card was lost."""
        self._backoff = Backoff(first_s=0.1, most_s=REOPEN_S)
        self._again_s = 0.0
        self._latency_s = 0.1
        self._lead = Peak(LEAD_S)
        self._card: Card | None = open_card(device, sound)
        self._fit(self._card)
        if now_s is None:
            self._feeder = threading.Thread(target=self._feed, name="speaker feed", daemon=True)
            self._feeder.start()

    @abstractmethod
    def heard_s(self, sample: int) -> float | None:
        """``time.perf_counter`` at which a show sample is to be heard; None while nobody knows."""

    @abstractmethod
    def _next(self, card: Card) -> Samples:
        """What the card plays next, at its own rate."""

    @abstractmethod
    def _pass_by(self, now_s: float) -> None:
        """There is no card, and nobody listens: let go by what is past."""

    def _fit(self, card: Card) -> None:
        """Be ready for a card just opened."""
        self.rate, self.name = card.rate, card.name
        self._queue_frames = round(self._sound.queue_ms / 1000 * card.rate)
        self._resampler = SteeredResampler(self._sample_rate, card.rate)

    def _join(self, card: Card) -> None:
        """Go on with a card that was opened again."""
        self._card = card

    def put(self, block: Block, bar_samples: int = 0) -> None:
        """Take the next block; see ``Playout.put``."""
        self.playout.put(block, bar_samples)

    def start(self) -> None:
        """The first block is there."""
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
            if self._playing:
                self._pass_by(now_s)
            if now_s >= self._again_s:
                self._reopen()
        elif trouble := card.trouble(now_s):
            self._lose(trouble)
        elif self._playing:
            self._fill(card)

    def _fill(self, card: Card) -> None:
        while card.ring.fill < self._queue_frames and not self._closing.is_set():
            card.ring.write(self._next(card))

    def _take(self) -> Samples:
        """The next samples of the show; how early they are taken is remembered."""
        heard_s, now_s = self.heard_s(self.playout.position), self._now_s()
        samples = self.playout.take(FEED_SAMPLES)
        if heard_s is not None:
            self._lead.update(now_s, heard_s - now_s)
        return samples

    def _lose(self, why: str) -> None:
        """Let the card go, wait before the first attempt."""
        card = self._card
        if card is None:
            return
        with self._lock:
            self._past_underruns += card.short
            self._card = None
        self.lost += 1
        self._again_s = self._now_s() + self._backoff.next_s()
        self._say(f"The sound card {card.name!r} {why}; the show goes on while it is opened again")
        card.close()

    def _reopen(self) -> None:
        try:
            card = self._open_card(self._device, self._sound)
        except (DeviceError, OSError):
            self._again_s = self._now_s() + self._backoff.next_s()
            return
        self._fit(card)
        self._join(card)
        self._backoff.reset()
        self._say(f"The sound card {card.name!r} plays again")

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
        card = self._card
        return card is None or card.ready

    @property
    def drift_ppm(self) -> float:
        """How far the card's crystal is off its label."""
        card = self._card
        return card.drift_ppm if card is not None else 0.0

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
