"""One picture: room, shadow, dancer, film grain, shaking hand. Knows nothing of choreography."""

import cv2
import numpy as np
from numpy.typing import NDArray

from dancer.camera import Camera
from dancer.figure import figure
from dancer.painter import SCALE, paint
from dancer.rig import bones
from dancer.room import room
from dancer.skeleton import JOINT, Body
from dancer.wardrobe import dressed

Floats = NDArray[np.float64]
Image = NDArray[np.uint8]

GRAIN = 2.0
"""Standard deviation of the film grain in grey levels."""
GRAIN_SHIFT_PX = 64
_SHADOW_SCALE = 4  # the shadow is soft: a quarter of the picture's size is enough
_SHADOW_LIMBS = (
    ("pelvis", "neck", 0.15), ("head", "crown", 0.10),
    *((f"{s}_{a}", f"{s}_{b}", r) for s in ("left", "right") for a, b, r in (
        ("hip", "knee", 0.09), ("knee", "ankle", 0.07), ("ankle", "toe", 0.06),
        ("shoulder", "elbow", 0.06), ("elbow", "hand", 0.05),
    )),
)  # fmt: skip
_SHADOW_ENDS = np.array([[JOINT[a], JOINT[b]] for a, b, _ in _SHADOW_LIMBS])


class Scene:
    """Draws figures given by their joints into a room."""

    def __init__(
        self, camera: Camera, look_seed: int, bodies: list[Body], room_name: str | None = None
    ) -> None:
        """``bodies``: one per person in the picture, the dancer first, then those further away."""
        self.camera = camera
        self.room = room(look_seed, camera, SCALE, room_name)
        self.light = self.room.light.turned(np.radians(camera.view.azimuth_deg))
        self.figures = [figure(dressed(look_seed + 7919 * k), body) for k, body in enumerate(bodies)]
        self._small = cv2.resize(
            self.room.backdrop, (camera.width, camera.height), interpolation=cv2.INTER_AREA
        )
        rng = np.random.default_rng([look_seed, 0x6A])
        larger = (camera.height + GRAIN_SHIFT_PX, camera.width + GRAIN_SHIFT_PX, 1)
        grain = np.clip(128 + GRAIN * rng.standard_normal(larger), 0, 255)
        self._grain = np.ascontiguousarray(np.repeat(np.round(grain).astype(np.uint8), 3, axis=2))

    def draw(self, people: list[Floats], index: int, time_s: float) -> Image:
        """Picture ``index``, ``[H, W, 3]`` BGR, of people's joints ``[J, 3]``, as many as bodies."""
        posed = [mesh.posed(*bones(joints)) for mesh, joints in zip(self.figures, people, strict=True)]
        image = np.asarray(self._small.copy(), np.uint8)
        window = self._window(posed, people)
        if window is not None:
            x0, y0, x1, y1 = window
            canvas = self.room.backdrop[y0 * SCALE : y1 * SCALE, x0 * SCALE : x1 * SCALE].copy()
            self._shadows(canvas, (x0, y0), people)
            for mesh, vertices in reversed(list(zip(self.figures, posed, strict=True))):
                paint(canvas, (x0 * SCALE, y0 * SCALE), mesh, vertices, self.camera, self.light)
            soft = cv2.GaussianBlur(canvas, (5, 5), 0.9)  # melts the facets; the room is softer than this
            image[y0:y1, x0:x1] = cv2.resize(soft, (x1 - x0, y1 - y0), interpolation=cv2.INTER_AREA)
        return self._grained(self._shaken(image, time_s), index)

    def _window(self, posed: list[Floats], people: list[Floats]) -> tuple[int, int, int, int] | None:
        """The part of the picture, in whole pixels divisible by 4, that holds all figures and shadows."""
        points = np.concatenate([*posed, *(self._on_floor(joints) for joints in people)])
        pixels, _ = self.camera.project(points)
        low = np.floor(pixels.min(0) / 4).astype(int) * 4 - 40
        high = np.ceil(pixels.max(0) / 4).astype(int) * 4 + 40
        (x0, y0), (x1, y1) = np.maximum(low, 0), np.minimum(high, [self.camera.width, self.camera.height])
        return (int(x0), int(y0), int(x1), int(y1)) if x1 > x0 and y1 > y0 else None

    def _on_floor(self, joints: Floats) -> Floats:
        """Where light from the key lamp throws each joint onto the floor; at most 1.2 m away."""
        lamp = np.array(self.light.key_from)
        away = -lamp / max(lamp[1], 0.3) * np.clip(joints[:, 1:2], 0, 2) * 0.55
        shift = away * np.array([1.0, 0.0, 1.0])
        return np.asarray(joints * np.array([1.0, 0.0, 1.0]) + shift)

    def _shadows(self, canvas: Image, origin: tuple[int, int], people: list[Floats]) -> None:
        """Darkens the floor under everybody, softly, in place."""
        step = _SHADOW_SCALE * SCALE
        mask = np.full((-(-canvas.shape[0] // step), -(-canvas.shape[1] // step)), 255, np.uint8)
        for joints in people:
            pixels, depth = self.camera.project(self._on_floor(joints))
            flat = np.round((pixels - np.array(origin)) / _SHADOW_SCALE * 16).astype(int)
            tone = round(255 * (1 - self.room.shadow))
            for (a, b), (_, _, radius) in zip(_SHADOW_ENDS, _SHADOW_LIMBS, strict=True):
                width = 2 * radius * self.camera.focal_px / depth[a] / _SHADOW_SCALE * 0.7
                cv2.line(
                    mask,
                    tuple(flat[a].tolist()),
                    tuple(flat[b].tolist()),
                    tone,
                    max(1, round(width)),
                    cv2.LINE_AA,
                    4,
                )
        rows = np.flatnonzero(mask.min(axis=1) < 255)
        if len(rows) == 0:
            return
        top = max(0, int(rows[0]) - 4)
        soft = cv2.GaussianBlur(mask[top:], (0, 0), 1.6)
        below = canvas[top * step :]
        big = cv2.resize(soft, None, fx=step, fy=step, interpolation=cv2.INTER_LINEAR)[
            : below.shape[0], : below.shape[1]
        ]
        below[:] = cv2.multiply(below, cv2.merge([big, big, big]), scale=1 / 255)

    def _shaken(self, image: Image, time_s: float) -> Image:
        if not self.camera.view.shake:
            return image
        x, y, turn = self.camera.shake_at(np.array([time_s]))[0]
        c, s = np.cos(turn), np.sin(turn)
        cx, cy = self.camera.width / 2, self.camera.height / 2
        matrix = np.array([[c, -s, cx - c * cx + s * cy + x], [s, c, cy - s * cx - c * cy + y]])
        size = (self.camera.width, self.camera.height)
        moved = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved, np.uint8)

    def _grained(self, image: Image, index: int) -> Image:
        """Adds grain that differs from frame to frame; the shift is a hash of the frame's number."""
        mixed = (index * 2654435761) & 0xFFFFFFFF
        dy, dx = (mixed >> 8) % GRAIN_SHIFT_PX, (mixed >> 20) % GRAIN_SHIFT_PX
        h, w = image.shape[:2]
        grain = self._grain[dy : dy + h, dx : dx + w]
        return np.asarray(cv2.addWeighted(image, 1.0, grain, 1.0, -128.0), np.uint8)
