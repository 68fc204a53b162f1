"""Onsets in what a sound input hears, in ``perf_counter`` seconds. For the monitor's sound check.

A sound card's samples arrive in pieces and late by its buffers. A piece cannot arrive before it was heard,
so the earliest arrivals, less the latency the driver reports, tell when sample 0 was.
"""

import queue
import time
from collections import deque
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

from configs.errors import DeviceError
from features import onsets
from features.mel import SAMPLE_RATE_HZ
from realtime.quiet import quiet_stderr

FRAMES = 256
PA_CONTINUE = 0

LEAST_SAMPLES = 33
"""1.5 ms: a level over less says nothing."""

QUIETEST = 1e-9
"""Energy that stands for silence, so that its logarithm is finite."""

REACH_SAMPLES = 330
"""15 ms, how far the picker may be off."""

RECENT_SAMPLES = SAMPLE_RATE_HZ // 2
ENVELOPE_PIECES = 2000
"""Arrivals that are compared, some ten seconds: long enough for a lucky one, short enough for drift."""


class SampleClock:
    """When a stream's samples were heard, from when its pieces arrived. Pure."""

    def __init__(self, rate_hz: float, latency_s: float = 0.0) -> None:
        self._rate_hz, self._latency_s = rate_hz, latency_s
        self._starts_s: deque[float] = deque(maxlen=ENVELOPE_PIECES)

    def arrived(self, end_sample: int, time_s: float) -> None:
        """All samples before ``end_sample`` have arrived by ``time_s``."""
        self._starts_s.append(time_s - end_sample / self._rate_hz)

    def time_s(self, sample: float) -> float:
        """When ``sample`` was heard."""
        return min(self._starts_s) - self._latency_s + sample / self._rate_hz


def attack(samples: NDArray[np.float32], near: int) -> int:
    """The sample at which the attack near an onset begins: finer than the picker's hop of 5.8 ms.

    Around the onset the sound is cut in two so that each part is most like noise of one level (the AIC picker
    of seismology, for a wave's first arrival: N. Maeda, Zisin 38, 1985): a drum that needs 6 ms, or a kick
    whose low tone needs 15 ms, to be loudest still begins where it begins.

    Args:
        samples: mono ``[N]`` at 22,050 Hz.
        near: the onset as the picker says it, an index into ``samples``.
    """
    first, last = max(near - REACH_SAMPLES, 0), min(near + REACH_SAMPLES, len(samples))
    if last - first <= 2 * LEAST_SAMPLES:
        return near
    energy = np.concatenate([[0.0], np.cumsum(samples[first:last].astype(float) ** 2)]) + QUIETEST
    count = last - first
    cut = np.arange(LEAST_SAMPLES, count - LEAST_SAMPLES)
    before = cut * np.log(energy[cut] / cut)
    after = (count - cut) * np.log((energy[count] - energy[cut] + QUIETEST) / (count - cut))
    return first + int(cut[np.argmin(before + after)])


class Ear:
    """An open sound input and the onsets in it.

    Args:
        device: part of an input device's name, or None for the default input.

    Raises:
        DeviceError: no such input, or it is busy.
    """

    def __init__(self, device: str | None = None) -> None:
        import pyaudio

        self._pieces: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
        with quiet_stderr():
            self._audio = pyaudio.PyAudio()
            index, rate = _find(self._audio, device)
            try:
                self._stream = self._audio.open(
                    rate=int(rate),
                    channels=1,
                    format=pyaudio.paFloat32,
                    input=True,
                    input_device_index=index,
                    frames_per_buffer=FRAMES,
                    stream_callback=self._take,
                )
            except OSError as error:
                raise DeviceError(
                    f"the sound input cannot be opened ({error}): try another --audio"
                ) from error
        self.latency_s = float(self._stream.get_input_latency())
        """What the driver says its buffers take; already taken off the onsets' times."""
        self._clock = SampleClock(rate, self.latency_s)
        self._resampler = soxr.ResampleStream(rate, SAMPLE_RATE_HZ, 1)
        self._state = onsets.start()
        self._samples = 0
        self._rate = rate
        self._recent = np.zeros(RECENT_SAMPLES, np.float32)

    def onsets(self) -> list[float]:
        """The onsets that have become certain since the last call, s."""
        found: list[float] = []
        while not self._pieces.empty():
            time_s, data = self._pieces.get()
            piece = np.frombuffer(data, np.float32)
            self._samples += len(piece)
            self._clock.arrived(self._samples, time_s)
            resampled = self._resampler.resample_chunk(piece)
            self._recent = np.concatenate([self._recent, resampled])[-RECENT_SAMPLES:]
            new, self._state = onsets.step(self._state, resampled)
            found += [self._time_s(onset.sample) for onset in new]
        return found

    def _time_s(self, onset_sample: int) -> float:
        first = self._state.end_sample - RECENT_SAMPLES
        sample = first + attack(self._recent, onset_sample - first)
        return self._clock.time_s(sample * self._rate / SAMPLE_RATE_HZ)

    def close(self) -> None:
        """Close the input."""
        self._stream.close()
        self._audio.terminate()

    def _take(self, data: bytes | None, _count: int, _times: Any, _status: int) -> tuple[None, int]:
        self._pieces.put((time.perf_counter(), data or b""))
        return None, PA_CONTINUE


def _find(audio: Any, device: str | None) -> tuple[int | None, float]:
    """(index, sample rate) of an input by part of its name."""
    inputs = [audio.get_device_info_by_index(index) for index in range(audio.get_device_count())]
    inputs = [info for info in inputs if info["maxInputChannels"] > 0]
    if device is None:
        try:
            return None, float(audio.get_default_input_device_info()["defaultSampleRate"])
        except OSError as error:
            raise DeviceError("this machine has no sound input: leave --audio out") from error
    for info in inputs:
        if device.lower() in str(info["name"]).lower():
            return int(info["index"]), float(info["defaultSampleRate"])
    names = ", ".join(str(info["name"]) for info in inputs) or "none"
    raise DeviceError(f"--audio {device!r}: no sound input is called so; there are: {names}")
