"""A pinhole camera on a tripod, or in a hand: metres to pixels. Knows nothing of what it looks at."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SHAKE_HZ = (0.37, 0.83, 1.9)
"""Frequencies of a hand-held camera's sway; amplitudes fall with them."""


@dataclass(frozen=True)
class Viewpoint:
    """Where the camera stands: metres and degrees. ``shake`` 1 is a camera held in the hand.

    ``azimuth_deg`` walks around the dancer (positive: seen more from the dancer's left).
    """

    distance_m: float = 3.1
    height_m: float = 1.15
    azimuth_deg: float = 0.0
    roll_deg: float = 0.0
    fov_deg: float = 44.0
    aim_m: float = 1.0
    shake: float = 0.0

    def __post_init__(self) -> None:
        limits = {
            "distance_m": (1.2, 12), "height_m": (0.1, 4), "azimuth_deg": (-180, 180), "roll_deg": (-45, 45),
            "fov_deg": (15, 110), "aim_m": (-1, 3), "shake": (0, 5),
        }  # fmt: skip
        for name, (low, high) in limits.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(
                    f"camera {name} is {getattr(self, name)}: give a number from {low} to {high}."
                )


class Camera:
    """Projects points of the dancer's world into a picture of ``width`` x ``height`` pixels.

    ``fov_deg`` spans the picture's height, or its width where that is less.
    """

    def __init__(self, view: Viewpoint, width: int, height: int, seed: int = 0) -> None:
        self.view, self.width, self.height = view, width, height
        self.focal_px = 0.5 * min(width * 1.25, height) / np.tan(np.radians(view.fov_deg) / 2)
        angle = np.radians(view.azimuth_deg)
        self.eye = np.array([np.sin(angle) * view.distance_m, view.height_m, np.cos(angle) * view.distance_m])
        self._axes = _look_at(self.eye, np.array([0.0, view.aim_m, 0.0]), np.radians(view.roll_deg))
        self._phase = np.random.default_rng([seed, 0xCA]).uniform(0, 2 * np.pi, (3, len(SHAKE_HZ)))

    def shake_at(self, time_s: Floats) -> Floats:
        """Displacement of the picture at times ``[T]``: ``[T, 3]`` = x px, y px, roll rad."""
        time = np.atleast_1d(np.asarray(time_s, np.float64))
        weight = np.array([1.0, 0.5, 0.25]) * self.view.shake
        waves = np.sin(2 * np.pi * time[:, None, None] * np.array(SHAKE_HZ) + self._phase) @ weight
        return np.asarray(waves * np.array([0.012 * self.height, 0.009 * self.height, 0.006]))

    def project(self, points: Floats, shake: Floats | None = None) -> tuple[Floats, Floats]:
        """Pixels ``[..., 2]`` and depth in metres ``[...]`` of points ``[..., 3]``.

        ``shake`` is a row of ``shake_at`` that broadcasts against the points' leading axes.
        """
        seen = (points - self.eye) @ self._axes.T
        depth = np.maximum(seen[..., 2], 0.1)
        xy = self.focal_px * seen[..., :2] / depth[..., None]
        if shake is not None and self.view.shake:
            c, s = np.cos(shake[..., 2]), np.sin(shake[..., 2])
            x, y = xy[..., 0], xy[..., 1]
            xy = np.stack([c * x - s * y + shake[..., 0], s * x + c * y + shake[..., 1]], -1)
        return xy + np.array([self.width / 2, self.height / 2]), depth


def _look_at(eye: Floats, target: Floats, roll: float) -> Floats:
    """Rows: the picture's right, down and into-the-picture directions."""
    ahead = (target - eye) / np.linalg.norm(target - eye)
    right = np.cross(ahead, [0.0, 1.0, 0.0])
    right = right / np.linalg.norm(right)
    down = np.cross(ahead, right)
    c, s = np.cos(roll), np.sin(roll)
    return np.stack([c * right + s * down, c * down - s * right, ahead])
