"""What the dancer looks like: skin, hair, clothes, by seed. Colours are BGR, 0..255."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Colour = tuple[float, float, float]

SKINS: tuple[Colour, ...] = (
    (175, 200, 236), (150, 182, 224), (122, 160, 208), (96, 132, 184), (72, 102, 152), (56, 78, 120),
)  # fmt: skip
HAIRS: tuple[Colour, ...] = (
    (28, 26, 30),
    (34, 44, 66),
    (44, 70, 112),
    (84, 140, 190),
    (60, 60, 150),
    (150, 120, 60),
)
TOPS: tuple[Colour, ...] = (
    (62, 60, 200), (178, 96, 44), (84, 150, 64), (52, 50, 56), (226, 228, 230), (54, 176, 232),
    (160, 80, 150),
    (170, 160, 60), (90, 120, 230),
)  # fmt: skip
BOTTOMS: tuple[Colour, ...] = (
    (112, 76, 48),
    (52, 46, 46),
    (128, 126, 124),
    (86, 112, 138),
    (60, 44, 40),
    (150, 160, 168),
)
SHOES: tuple[Colour, ...] = ((238, 238, 238), (50, 48, 48), (64, 60, 210), (190, 120, 50), (60, 180, 230))

HAIR_STYLES = ("short", "afro", "bun", "ponytail", "long", "cap", "beanie", "bob")
TOP_STYLES = ("tee", "hoodie", "tank", "long sleeves")
BOTTOM_STYLES = ("jeans", "baggy", "leggings", "shorts")


@dataclass(frozen=True)
class Look:
    """One outfit and head."""

    skin: Colour
    hair: Colour
    top: Colour
    trim: Colour
    bottom: Colour
    shoe: Colour
    hair_style: str
    top_style: str
    bottom_style: str
    print_on_chest: bool
    grain_seed: int


def dressed(seed: int) -> Look:
    """A look by seed. Top, trousers and shoes never share a colour, so that limbs stay readable."""
    rng = np.random.default_rng([seed, 0x100C])
    top, bottom, shoe = _pick(rng, TOPS), _pick(rng, BOTTOMS), _pick(rng, SHOES)
    skin = _pick(rng, SKINS)
    while _near(bottom, top) or _near(top, skin):
        top = _pick(rng, TOPS)
    while _near(shoe, bottom):
        shoe = _pick(rng, SHOES)
    trim = _pick(rng, tuple(c for c in TOPS if not _near(c, top)))
    return Look(
        skin, _pick(rng, HAIRS), top, trim, bottom, shoe,
        HAIR_STYLES[rng.integers(len(HAIR_STYLES))], TOP_STYLES[rng.integers(len(TOP_STYLES))],
        BOTTOM_STYLES[rng.integers(len(BOTTOM_STYLES))], bool(rng.random() < 0.6), seed,
    )  # fmt: skip


def _pick(rng: np.random.Generator, colours: tuple[Colour, ...]) -> Colour:
    return colours[rng.integers(len(colours))]


def _near(a: Colour, b: Colour) -> bool:
    return float(np.linalg.norm(np.subtract(a, b))) < 75
