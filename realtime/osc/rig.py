"""The demo rig: four RGB fixtures that breathe with the dancer, as one DMX universe. Pure.

Knows nothing of OSC; docs/lighting.md has the patch. Each fixture takes four channels: dimmer, red, green,
blue; fixture 1 starts at channel 1, fixture 2 at 5, 3 at 9, 4 at 13.
"""

import colorsys
import math

from configs.genres import GENRES
from realtime.osc.cues import Glow

FIXTURES = 4
CHANNELS = 512
FRAME_S = 1 / 40
"""DMX refreshes about 44 times a second; we send 40."""

FADE_S = 0.25
"""A fixture falls to 1/e of its flash in this time."""

BASE_LEVEL = 0.08
"""What glows when nobody moves."""


def dmx_frame(glow: Glow | None, energy: float, style: str) -> bytes:
    """512 DMX values: the beat's fixture flashes and fades, downbeats light all four.

    Args:
        glow: the last beat and how long ago it was, None before the first.
        energy: 0..1, the level from which flashes rise and their strength.
        style: its place among the ten genres chooses the hue.
    """
    frame = bytearray(CHANNELS)
    red, green, blue = (round(255 * part) for part in _colour(style))
    for fixture in range(FIXTURES):
        level = _level(fixture, glow, energy)
        frame[4 * fixture : 4 * fixture + 4] = (round(255 * level), red, green, blue)
    return bytes(frame)


def _level(fixture: int, glow: Glow | None, energy: float) -> float:
    base = BASE_LEVEL + 0.3 * energy
    if glow is None:
        return base
    mine = (glow.beat.beat_in_bar - 1) % FIXTURES == fixture
    if not mine and glow.beat.beat_in_bar != 1:
        return base
    strength = (0.7 + 0.3 * energy) * (1.0 if mine else 0.6)
    return base + (1 - base) * strength * math.exp(-glow.age_s / FADE_S)


def _colour(style: str) -> tuple[float, float, float]:
    if style not in GENRES:
        return (1.0, 0.85, 0.7)  # a blend or a name of another bundle: warm white
    return colorsys.hsv_to_rgb(GENRES.index(style) / len(GENRES), 0.8, 1.0)
