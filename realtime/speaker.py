"""The loudspeaker: PyAudio's callback copies from a small ring that a feeder thread keeps filled.

Samples at the bundle's rate leave the playout buffer, pass a streaming resampler (soxr) and wait in
the ring at the device's rate. The callback only copies; what is missing becomes silence, counted.
"""

import threading
import time
from dataclasses import dataclass

import numpy as np
import soxr

from configs.errors import DeviceError
from configs.schema import Sound
from realtime.device_clock import DeviceClock
from realtime.playout import Playout
from realtime.quiet import quiet_stderr
from realtime.types import Samples

FEED_SAMPLES = 256  # taken from the playout buffer at a time: 11.6 ms
CHANNELS = 2


@dataclass(frozen=True)
class OutputDevice:
    """A sound card as PortAudio lists it."""

    index: int
    name: str
    rate: int
    is_default: bool


class Ring:
    """Single producer, single consumer, float32 frames ``[N, 2]``; neither ever waits."""

    def __init__(self, frames: int) -> None:
        self._buffer = np.zeros((frames, CHANNELS), np.float32)
        self._written = 0
        self._read = 0

    @property
    def fill(self) -> int:
        """Frames that can be read."""
        return self._written - self._read

    @property
    def room(self) -> int:
        """Frames that can be written."""
        return len(self._buffer) - self.fill

    def write(self, mono: Samples) -> None:
        """Append samples to both channels; the caller has looked at ``room``."""
        size = len(self._buffer)
        start = self._written % size
        first = min(len(mono), size - start)
        self._buffer[start : start + first] = mono[:first, None]
        self._buffer[: len(mono) - first] = mono[first:, None]
        self._written += len(mono)

    def read_into(self, out: Samples) -> int:
        """Fill ``out`` ``[N, 2]`` as far as there is sound; returns the frames copied."""
        count = min(len(out), self.fill)
        size = len(self._buffer)
        start = self._read % size
        first = min(count, size - start)
        out[:first] = self._buffer[start : start + first]
        out[first:count] = self._buffer[: count - first]
        self._read += count
        return count


class Speaker:
    """An open output stream that plays a playout buffer.

    Raises:
        DeviceError: no such device, or it is busy.
    """

    def __init__(self, playout: Playout, device: str, sound: Sound, sample_rate: int) -> None:
        self._playout, self._sound, self._sample_rate = playout, sound, sample_rate
        self.underruns = 0
        self._playing = False
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._frames_out = 0
        self._first_frame: int | None = None
        self._open(device)

    def _open(self, device: str) -> None:
        pyaudio = _pyaudio()
        self._continue_flag = pyaudio.paContinue
        with quiet_stderr():
            self._pa = pyaudio.PyAudio()
        try:
            chosen = find_device(device, self._pa)
            self.rate = self._sound.device_rate or (chosen.rate if chosen.rate in (44100, 48000) else 48000)
            self.name = chosen.name
            self._clock = DeviceClock(self.rate)
            self._queue_frames = round(self._sound.queue_ms / 1000 * self.rate)
            self._ring = Ring(self._queue_frames + self.rate // 4)
            self._resampler = soxr.ResampleStream(self._sample_rate, self.rate, 1, dtype="float32")
            self._out = np.zeros((self._sound.buffer_frames, CHANNELS), np.float32)
            self._stream = self._pa.open(
                rate=self.rate,
                channels=CHANNELS,
                format=pyaudio.paFloat32,
                output=True,
                output_device_index=chosen.index,
                frames_per_buffer=self._sound.buffer_frames,
                stream_callback=self._callback,
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
        self._feeder = threading.Thread(target=self._feed, name="speaker feed", daemon=True)
        self._feeder.start()

    def _callback(
        self, _data: object, frames: int, time_info: dict[str, float], _status: int
    ) -> tuple[bytes, int]:
        """On PortAudio's thread: copy, note the time, return."""
        wall_s = time.perf_counter()
        out = self._out if len(self._out) == frames else np.zeros((frames, CHANNELS), np.float32)
        copied = self._ring.read_into(out)
        if copied < frames:
            out[copied:] = 0.0
            if self._playing:
                self.underruns += 1
        latency_s = time_info["output_buffer_dac_time"] - time_info["current_time"]
        with self._lock:
            if self._first_frame is None and copied:
                self._first_frame = self._frames_out
            elif self._first_frame is not None and copied < frames and self._playing:
                self._first_frame += frames - copied  # all that follows is heard that much later
            if self._frames_out and 0.0 <= latency_s < 2.0:
                self._clock = self._clock.update(self._frames_out, wall_s + latency_s)
            self._frames_out += frames
        return out.tobytes(), self._continue_flag

    def start(self) -> None:
        """The first block is there: from now on silence counts as an underrun."""
        self._fill()
        self._playing = True

    def _feed(self) -> None:
        while not self._closing.is_set():
            if self._playing:
                self._fill()
            self._closing.wait(0.004)

    def _fill(self) -> None:
        while self._ring.fill < self._queue_frames and not self._closing.is_set():
            self._ring.write(self._resampler.resample_chunk(self._playout.take(FEED_SAMPLES)))

    @property
    def latency_s(self) -> float:
        """From a sample's being taken to its being heard: queue, buffer and device."""
        with self._lock:
            ahead_s = self._clock.time_of(self._frames_out) - time.perf_counter()
        return max(0.0, ahead_s) + self._sound.queue_ms / 1000

    @property
    def ready(self) -> bool:
        """Whether the device has said when its frames are heard."""
        return self._clock.weight >= 5

    @property
    def drift_ppm(self) -> float:
        """How far the card's crystal is off its label."""
        return self._clock.drift_ppm

    def heard_s(self, sample: int) -> float | None:
        """``time.perf_counter`` at which a show sample is heard, None before the first was played."""
        with self._lock:
            if self._first_frame is None:
                return None
            return self._clock.time_of(self._first_frame + sample * self.rate / self._sample_rate)

    def close(self) -> None:
        """Play what is in the ring, then close the device."""
        self._closing.set()
        self._feeder.join(timeout=1.0)
        self._playing = False
        time.sleep(min(0.5, self._ring.fill / self.rate + self._sound.buffer_frames / self.rate))
        self._stream.stop_stream()
        self._stream.close()
        self._pa.terminate()


def _pyaudio():  # type: ignore[no-untyped-def]
    try:
        import pyaudio
    except ImportError as error:
        raise DeviceError("PyAudio is not installed: run make setup") from error
    return pyaudio


def list_devices() -> list[OutputDevice]:
    """The sound cards that can play, the default marked.

    Raises:
        DeviceError: PyAudio is missing.
    """
    with quiet_stderr():
        pa = _pyaudio().PyAudio()
    try:
        return _outputs(pa)
    finally:
        pa.terminate()


def _outputs(pa) -> list[OutputDevice]:  # type: ignore[no-untyped-def]
    try:
        default = pa.get_default_output_device_info()["index"]
    except OSError:
        default = -1
    infos = [pa.get_device_info_by_index(index) for index in range(pa.get_device_count())]
    return [
        OutputDevice(info["index"], info["name"], int(info["defaultSampleRate"]), info["index"] == default)
        for info in infos
        if info["maxOutputChannels"] >= CHANNELS
    ]


def find_device(name: str, pa) -> OutputDevice:  # type: ignore[no-untyped-def]
    """The output device that ``--audio`` means: ``auto``, an index, or a part of a name.

    Raises:
        DeviceError: none fits.
    """
    devices = _outputs(pa)
    if not devices:
        raise DeviceError(f"--audio {name!r}: no sound card here: give wav:PATH, or plug one in")
    if name == "auto":
        return next((device for device in devices if device.is_default), devices[0])
    if name.isdigit():
        fits = [device for device in devices if device.index == int(name)]
    else:
        fits = [device for device in devices if name.lower() in device.name.lower()]
    if not fits:
        known = ", ".join(f"{device.index} {device.name}" for device in devices)
        raise DeviceError(f"--audio {name!r}: no such sound card; there are: {known}")
    return fits[0]
