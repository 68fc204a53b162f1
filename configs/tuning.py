"""The house band's tuning: equal temperament about A 440, rounded so that all pitches share one turn.

A note's waves can then be told from the number of a code: the band begins its notes where the show's own
time has that key's wave at its start (corpus/band/render.py), and the generator is given the same waves
(models/clock.py). Standard library only.
"""

from fractions import Fraction

CONCERT_A_HZ, CONCERT_A_KEY = 440.0, 69
CODE_RATE = Fraction(22_050, 128)
TURN_CODES = 4096
"""Codes after which every key's wave is where it was: 23.8 s. A power of two: exact in float32."""

LOWEST_KEY = 24
"""The twelve keys from here on are rounded, by a cent at most; every octave above is exactly twice."""


def turns(key: int) -> int:
    """Waves of a MIDI key in `TURN_CODES` codes.

    Raises:
        ValueError: a key below `LOWEST_KEY`.
    """
    if key < LOWEST_KEY:
        raise ValueError(f"the band's tuning begins at MIDI key {LOWEST_KEY}, not {key}")
    octave, within = divmod(key - LOWEST_KEY, 12)
    pitch_hz = CONCERT_A_HZ * 2 ** ((LOWEST_KEY + within - CONCERT_A_KEY) / 12)
    return round(pitch_hz / CODE_RATE * TURN_CODES) << octave


def pitch_hz(key: int) -> float:
    """Frequency of a MIDI key in this tuning."""
    return float(turns(key) * CODE_RATE / TURN_CODES)
