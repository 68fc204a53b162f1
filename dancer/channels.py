"""The numbers a choreography moves: one pose is a vector of named channels. Knows nothing of bones.

Lengths are metres unless said otherwise, angles radians, as they are at full amplitude. The dancer
faces the camera (+z), the dancer's left is +x, up is +y. "Out" is towards one's own side, so the same
number means the same gesture on either side, and a mirror image is an exchange of sides.
"""

import numpy as np
from numpy.typing import NDArray

Pose = NDArray[np.float64]

LEGS = (
    "side",  # pelvis, to the left
    "up",  # pelvis, above standing (a squat is negative)
    "front",  # pelvis, forward
    "spin",  # whole turns to the left
    "hip_roll",  # pelvis tips to the right
    "hip_pitch",
    "hip_yaw",
    *(f"{side}_foot_{axis}" for side in "lr" for axis in ("out", "up", "front", "toe", "heel")),
)
"""toe: turned out; heel: raised, both in radians."""
CORE = (
    "lean",  # chest pitched forward
    "twist",  # chest turned to the left of the pelvis
    "tilt",  # chest tipped to the right
    "pop_side",  # ribcage slid to the left
    "pop_front",
    "nod",
    "look",  # head turned to the left
    "cock",  # head tipped to the right
)
ARMS = tuple(f"{side}_hand_{axis}" for side in "lr" for axis in ("out", "up", "front", "elbow", "plant"))
"""Hand from its shoulder in arm lengths; elbow: -1 low .. 1 high; plant: 1 puts the hand on the floor."""

TRACKS: dict[str, tuple[str, ...]] = {"legs": LEGS, "core": CORE, "arms": ARMS}
CHANNELS: tuple[str, ...] = LEGS + CORE + ARMS
INDEX: dict[str, int] = {name: i for i, name in enumerate(CHANNELS)}

_SIGNED = ("side", "spin", "hip_roll", "hip_yaw", "twist", "tilt", "pop_side", "look", "cock")


def _other_side(name: str) -> str:
    swap = {"l_": "r_", "r_": "l_"}
    return swap[name[:2]] + name[2:] if name[:2] in swap else name


_MIRROR_INDEX = np.array([INDEX[_other_side(name)] for name in CHANNELS])
_MIRROR_SIGN = np.array([-1.0 if name in _SIGNED else 1.0 for name in CHANNELS])


def mirror(pose: Pose) -> Pose:
    """The mirror image of poses ``[..., C]``: left and right exchanged."""
    return np.asarray(pose[..., _MIRROR_INDEX] * _MIRROR_SIGN)
