"""From measured motion and picture to the mixing desk: feature columns to ``Controls``. Knows no stems.

The columns are what a camera sees; the desk wants what a dancer means. So energy is brought from the range
that dancing bodies reach to 0..1, and averaged long enough that one step is not a crescendo.
"""

import numpy as np
from numpy.typing import NDArray

from corpus.band.mix import Controls, smoothed
from features.motion import MOTION_FEATURES
from features.visual import VISUAL_FEATURES

Array = NDArray[np.float32]

FULL_ENERGY = 0.40
"""The energy column of all-out dancing. Measured on the virtual dancer, ten styles, 110 BPM: its energy
0.15, 0.3, 0.5, 0.7, 0.9 gives a median column of 0.09, 0.16, 0.23, 0.29, 0.33."""

ENERGY_BEND = 1.4
ENERGY_CODES = 70
"""0.4 s, on top of as much in the column itself: all-out dancing then swells and falls by 13 % of its level.
With 0.7 s it would be 11 %, and a change come 0.15 s later. Of a swell twice a second a fifth is heard."""

POSTURE_CODES = 43


def energy_column(effort: Array) -> Array:
    """The energy column that a camera sees of a dancer who gives ``effort``, 0..1; what the desk undoes."""
    return np.asarray(FULL_ENERGY * np.clip(effort, 0.0, 1.0) ** (1.0 / ENERGY_BEND), np.float32)


def controls_from_features(motion: Array, visual: Array) -> Controls:
    """What a moment's features ask of the band.

    For a target that answers only what is known, hold the *features* after now and pass those: the averages
    here and at the desk then settle on what was last seen, as they will on stage.

    Args:
        motion: ``[16, T]`` columns of ``features.motion`` at code rate.
        visual: ``[6, T]`` columns of ``features.visual`` at code rate.

    Raises:
        ValueError: wrong shapes.
    """
    expected = ((len(MOTION_FEATURES), motion.shape[-1]), (len(VISUAL_FEATURES), motion.shape[-1]))
    if (motion.shape, visual.shape) != expected:
        raise ValueError(
            f"Features should be {expected[0]} and {expected[1]}, not {motion.shape}, {visual.shape}."
        )
    moved = dict(zip(MOTION_FEATURES, motion, strict=True))
    seen = dict(zip(VISUAL_FEATURES, visual, strict=True))
    effort = np.clip(smoothed(moved["energy"], ENERGY_CODES) / FULL_ENERGY, 0.0, 1.0) ** ENERGY_BEND
    return Controls(
        energy=np.asarray(effort, np.float32),
        stillness=moved["stillness"],
        arm_openness=smoothed(moved["arm_openness"], POSTURE_CODES),
        arm_height=smoothed(moved["arm_height"], POSTURE_CODES),
        jump=moved["jump"],
        turn=moved["turn"],
        brightness=seen["brightness"],
        warmth=seen["warmth"],
    )
