"""Notes in tune, begun where the show's own time has their wave: so that a network can know their phase.

A recorded note is a few cents off and begins anywhere in its wave; heard once it makes no difference. But
where the phase of a tone is a matter of chance, the best guess of it is no tone at all.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from configs.tuning import pitch_hz

Samples = NDArray[np.float32]

SAMPLE_RATE = 22_050
REACH_S = 0.003
"""A note may begin so much earlier or later, or half a wave where that is more: 12 ms for the lowest E."""
NEARER = 0.02
"""How many waves of phase a move by the whole reach is worth."""
HEARD_S = (0.05, 0.35)
"""Where in a note its phase is read: after the attack."""
FURTHEST_CENTS = 45.0
FOURIER = 1 << 17


def cents_off(samples: Samples, key: int) -> float:
    """How far a note lies above its key, cents, by its first or second partial; 0 where neither is found."""
    first = int(0.06 * SAMPLE_RATE)
    held = samples[first : first + SAMPLE_RATE].astype(np.float64)
    if len(held) < SAMPLE_RATE // 8:
        return 0.0
    spectrum = np.abs(np.fft.rfft(held * np.hanning(len(held)), FOURIER))
    reach = 2 ** (FURTHEST_CENTS / 1200)
    best, found = 0.0, 0.0
    for partial in (1, 2):
        wanted = partial * pitch_hz(key) * FOURIER / SAMPLE_RATE
        low, high = int(wanted / reach), int(wanted * reach) + 2
        top = low + int(spectrum[low:high].argmax())
        if low < top < high - 1 and spectrum[top] > max(best, 0.05 * spectrum.max()):
            best, found = float(spectrum[top]), 1200 * float(np.log2(top / wanted))
    return found


def wave_at_start(samples: Samples, key: int) -> float:
    """Where in its wave a note begins: the phase of its fundamental, carried back to sample 0, in turns."""
    first, last = (int(at * SAMPLE_RATE) for at in HEARD_S)
    heard = samples[first:last] if len(samples) > first + SAMPLE_RATE // 50 else samples
    times = np.arange(len(heard)) + (first if len(heard) < len(samples) else 0)
    turning = np.exp(-2j * np.pi * pitch_hz(key) / SAMPLE_RATE * times)
    level = np.sum(heard * np.hanning(len(heard)) * turning)
    return float((np.angle(level) / (2 * np.pi) + 0.25) % 1.0)


@lru_cache(maxsize=1 << 14)
def turns_a_sample(key: int) -> float:
    """Waves of a key in one sample."""
    return pitch_hz(key) / SAMPLE_RATE


def in_phase(start: int, key: int, at_start: float) -> int:
    """The sample next to `start` at which a note must begin for its wave to be that of the show's own time.

    Args:
        start: where it is written, samples from the show's beginning.
        key: MIDI key.
        at_start: where in its wave the note begins, turns.
    """
    each = turns_a_sample(key)
    reach = max(int(REACH_S * SAMPLE_RATE), int(0.5 / each) + 1)
    moves = np.arange(-reach, reach + 1)
    turns = (each * (start + moves) - at_start) % 1.0
    off = np.minimum(turns, 1.0 - turns)
    return start + int(moves[np.argmin(off + NEARER * np.abs(moves) / reach)])
