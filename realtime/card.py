"""One opened sound card: PortAudio's callback copies from a ring, notes the time and allocates nothing.

Knows nothing of shows, of samples' meaning, or of what to do when it is lost: that is the speaker's.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from configs.errors import DeviceError
from configs.schema import Sound
from realtime.played_frames import PlayedFrames
from realtime.priority import prefer_audio
from realtime.quiet import quiet_alsa, quiet_stderr
from realtime.ring import CHANNELS, Ring
from realtime.sound_cards import find_device, portaudio

QUIET_S = 0.7
"""A card that has asked for nothing for so long is lost."""

RATE_WINDOW_S, RATE_WINDOWS = 0.6, 3
RATES = (16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 88_200, 96_000, 176_400, 192_000)
NEAR = 0.02
"""In three windows so near another usual rate, a card has changed to it; usual rates are 8 % apart."""

ALONE_S = 1.0
_alone = threading.Lock()

UNDERFLOW = 4
"""PortAudio's flag for: the card ran dry before this call."""


@contextlib.contextmanager
def alone() -> Iterator[None]:
    """PortAudio opens and closes cards on one thread at a time; a driver that hangs is not waited for."""
    held = _alone.acquire(timeout=ALONE_S)
    try:
        yield
    finally:
        if held:
            _alone.release()


def first_in_line(open_stream: Callable[[], Any]) -> Any:
    """Open a stream on a thread with the sound's priority: those that its driver starts inherit it.

    PulseAudio's and PipeWire's clients carry the samples on a thread of their own, which nobody else would
    put before other programs.
    """
    with quiet_stderr(), ThreadPoolExecutor(1, "card opening", initializer=prefer_audio) as thread:
        return thread.submit(open_stream).result()


class RateWatch:
    """Notices a card that runs at another rate than it said; one that is fed too slowly is no such thing."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._began_s, self._began_frames = 0.0, -1
        self._found: deque[int] = deque(maxlen=RATE_WINDOWS)

    def update(self, frames: int, heard_s: float) -> int | None:
        """The real rate, once windows in a row agree that it is not the card's own.

        Args:
            frames: asked for so far.
            heard_s: when the next of them is heard: cards ask in bursts, but play evenly.
        """
        if self._began_frames < 0:
            self._began_s, self._began_frames = heard_s, frames
            return None
        if heard_s - self._began_s < RATE_WINDOW_S:
            return None
        rate = (frames - self._began_frames) / (heard_s - self._began_s)
        self._began_s, self._began_frames = heard_s, frames
        self._found.append(next((usual for usual in RATES if abs(rate / usual - 1.0) < NEAR), 0))
        found = set(self._found)
        if len(self._found) < RATE_WINDOWS or len(found) > 1:
            return None
        return None if found <= {0, self._rate} else self._found[-1]


class Card:
    """An open output stream.

    Args:
        device: ``auto``, an index, or a part of a name.
        sound: buffer, queue and rate.

    Raises:
        DeviceError: no such device, or it is busy.
    """

    def __init__(self, device: str, sound: Sound) -> None:
        with alone():
            self._open(device, sound)

    def _open(self, device: str, sound: Sound) -> None:
        pyaudio = portaudio()
        self._continue_flag = pyaudio.paContinue
        self._lock = threading.Lock()
        self._last_s = 0.0
        self._asked: tuple[int, float] | None = None
        """The frame that was asked for last, and when it is heard."""
        self._urgent = False
        quiet_alsa()
        with quiet_stderr():
            self._pa = pyaudio.PyAudio()
        try:
            chosen = find_device(device, self._pa)
            self.rate = sound.device_rate or (chosen.rate if chosen.rate in (44100, 48000) else 48000)
            self.name = chosen.name
            self._played = PlayedFrames(self.rate)
            self._rate_watch = RateWatch(self.rate)
            self.ring = Ring(round(sound.queue_ms / 1000 * self.rate) + self.rate // 4)
            self._out = np.zeros((sound.buffer_frames, CHANNELS), np.float32)
            self._opened_s = time.perf_counter()
            self._stream = first_in_line(
                lambda: self._pa.open(
                    rate=self.rate,
                    channels=CHANNELS,
                    format=pyaudio.paFloat32,
                    output=True,
                    output_device_index=chosen.index,
                    frames_per_buffer=sound.buffer_frames,
                    stream_callback=self._callback,
                )
            )
        except OSError as error:
            self._pa.terminate()
            raise DeviceError(
                f"--audio {device!r}: the sound card cannot be opened ({error}): "
                "close the program that uses it, or choose another from --list-devices"
            ) from error
        except DeviceError:
            self._pa.terminate()
            raise

    def _callback(
        self, _data: object, frames: int, time_info: dict[str, float], status: int
    ) -> tuple[object, int]:
        """On PortAudio's thread: copy, note the time, return the one buffer there is."""
        wall_s = time.perf_counter()
        if not self._urgent:
            self._urgent = True
            prefer_audio()
        if len(self._out) != frames:  # PortAudio keeps to what was asked for; should it not, once
            self._out = np.zeros((frames, CHANNELS), np.float32)
        copied = self.ring.read_into(self._out)
        if copied < frames:
            self._out[copied:] = 0.0
        latency_s = time_info["output_buffer_dac_time"] - time_info["current_time"]
        with self._lock:
            heard_s = wall_s + latency_s if 0.0 <= latency_s < 2.0 else None
            if heard_s is not None:
                self._asked = self._played.frames_out, heard_s
            self._played.note(frames, copied, heard_s, bool(status & UNDERFLOW))
            self._last_s = wall_s
        return self._out, self._continue_flag

    def count_short(self, counts: bool) -> None:
        """Whether silence is an underrun from now on."""
        self._played.counts_short = counts

    @property
    def short(self) -> int:
        """Times the card asked and there was too little."""
        return self._played.short

    @property
    def ready(self) -> bool:
        """Whether the card has said when its frames are heard."""
        return self._played.ready

    @property
    def reads(self) -> bool:
        """Whether it has taken the ring's first frame."""
        return self._played.first_frame is not None

    @property
    def drift_ppm(self) -> float:
        """How far the crystal is off its label."""
        return self._played.clock.drift_ppm

    def heard_s(self, ring_frame: float) -> float | None:
        """``time.perf_counter`` at which a frame of the ring is heard; None before the first was read."""
        with self._lock:
            return self._played.heard_s(ring_frame)

    @property
    def latency_s(self) -> float:
        """From a frame's leaving the ring to its being heard."""
        with self._lock:
            return max(0.0, self._played.clock.time_of(self._played.frames_out) - time.perf_counter())

    def trouble(self, now_s: float) -> str | None:
        """Why the card can no longer be used, if so."""
        last_s = max(self._last_s, self._opened_s)
        if not self._stream.is_active():
            return "is gone"
        if now_s - last_s > QUIET_S:
            return "asks for no more sound"
        if (
            self._last_s
            and (rate := self._rate_watch.update(self._played.frames_out, self._last_s)) is not None
        ):
            return f"runs at {rate} Hz instead of {self.rate}"
        return None

    def close(self) -> None:
        """Let the card go; a driver that hangs is left behind on a thread of its own."""
        thread = threading.Thread(target=self._close, name="card closing", daemon=True)
        thread.start()
        thread.join(timeout=0.7)

    def _close(self) -> None:
        with alone(), quiet_stderr():
            with contextlib.suppress(OSError):  # it is gone already
                self._stream.stop_stream()
                self._stream.close()
            self._pa.terminate()
