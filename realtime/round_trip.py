"""From loudspeaker to microphone: plays a chirp, finds it in what is heard, gives the delay. Asks first.

The delay holds for card, air (3 ms a metre) and microphone together, so it is an upper bound of what the
audience waits for; it is the figure to compare with what the card claims.
"""

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from configs.errors import DeviceError
from configs.schema import ShowConfig
from realtime.quiet import quiet_stderr
from realtime.sound_cards import portaudio
from realtime.types import Samples

if TYPE_CHECKING:
    from realtime.doctor import Finding

RATE = 48_000
CHIRP_S = 0.25
LISTEN_S = 2.0
CLEAR = 8.0
"""How many times the second-best place a chirp must stand out by to be believed."""


def chirp(rate: int = RATE) -> Samples:
    """A sweep from 500 Hz to 6 kHz with soft ends: easily found again in any room."""
    seconds = np.arange(round(CHIRP_S * rate)) / rate
    sweep = np.sin(2 * np.pi * (500 * seconds + (6000 - 500) / (2 * CHIRP_S) * seconds**2))
    return (0.5 * sweep * np.hanning(len(seconds))).astype(np.float32)


def delay_of(heard: Samples, played: Samples, rate: int = RATE) -> tuple[float, float]:
    """Where ``played`` begins in ``heard``, s, and how clearly (peak over the median of the rest)."""
    if len(heard) < len(played):
        return 0.0, 0.0
    size = len(heard) + len(played)
    spectrum = np.fft.rfft(heard, size) * np.conj(np.fft.rfft(played, size))
    scores: NDArray[np.float64] = np.abs(np.fft.irfft(spectrum, size)[: len(heard) - len(played) + 1])
    best = int(np.argmax(scores))
    return best / rate, float(scores[best] / (np.median(scores) + 1e-12))


def play_and_listen(config: ShowConfig) -> tuple[Samples, float]:
    """What the default microphone hears, and the second in it at which the chirp was handed to the card.

    Raises:
        DeviceError: no microphone, or no card.
    """
    pyaudio = portaudio()
    heard: list[Samples] = []
    started: list[float] = []
    rest = [np.concatenate([np.zeros(RATE // 2, np.float32), chirp()])]

    def listen(data: bytes, _frames: int, _times: object, _status: int) -> tuple[None, int]:
        started.append(time.perf_counter())
        heard.append(np.frombuffer(data, np.float32))
        return None, pyaudio.paContinue

    handed: list[float] = []

    def play(_data: object, frames: int, _times: object, _status: int) -> tuple[bytes, int]:
        if not handed:
            handed.append(time.perf_counter() + 0.5)
        part = np.zeros(frames, np.float32)
        part[: len(rest[0][:frames])] = rest[0][:frames]
        rest[0] = rest[0][frames:]
        return np.repeat(part[:, None], 2, 1).tobytes(), pyaudio.paContinue

    with quiet_stderr():
        pa = pyaudio.PyAudio()
    try:
        with quiet_stderr():
            size = config.sound.buffer_frames
            common = {"rate": RATE, "format": pyaudio.paFloat32, "frames_per_buffer": 256}
            source = pa.open(channels=1, input=True, stream_callback=listen, **common)
            time.sleep(0.3)
            common["frames_per_buffer"] = size
            sink = pa.open(channels=2, output=True, stream_callback=play, **common)
        time.sleep(LISTEN_S)
        sink.close()
        source.close()
    except OSError as error:
        raise DeviceError(f"no microphone opens ({error}): plug one in, allow it in the settings") from error
    finally:
        pa.terminate()
    if not heard or not handed:
        raise DeviceError("the microphone says nothing: allow it in the system's settings")
    return np.concatenate(heard), handed[0] - (started[0] - len(heard[0]) / RATE)


def check_round_trip(
    config: ShowConfig, play: Callable[[ShowConfig], tuple[Samples, float]] = play_and_listen
) -> Iterator["Finding"]:
    """The delay from handing samples to the card to hearing them."""
    from realtime.doctor import Finding

    try:
        heard, handed_s = play(config)
    except DeviceError as error:
        yield Finding("microphone", "care", str(error), "the rest needs none")
        return
    delay_s, clear = delay_of(heard, chirp())
    round_trip_ms = (delay_s - handed_s) * 1000
    if clear < CLEAR or not 0 <= round_trip_ms < 1500:
        yield Finding("microphone", "care", "the chirp is not heard",
                      "turn the loudspeaker up, bring the microphone near, run this again")  # fmt: skip
    else:
        yield Finding("microphone", "well", f"from card to microphone {round_trip_ms:.0f} ms")
