"""The head: skull, face, ears and hair as parts of the figure's mesh.

Shapes are in the head bone's frame, metres on a figure of 1.72 m: x to the left, y up, z to the nose.
"""

import numpy as np
from numpy.typing import NDArray

from dancer.mesh import PATCH_CORNERS, MeshBuilder
from dancer.rig import BONE
from dancer.wardrobe import Look

Floats = NDArray[np.float64]

HEAD_RADII_M = np.array([0.076, 0.120, 0.096])


def sphere(rings: int, sides: int) -> Floats:
    """Unit sphere ``[rings, sides, 3]`` from bottom to top."""
    rise = np.linspace(-np.pi / 2, np.pi / 2, rings)[:, None]
    turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)[None]
    return np.stack([np.cos(rise) * np.sin(turn), np.sin(rise) + 0 * turn, np.cos(rise) * np.cos(turn)], -1)


def _spot(on_sphere: Floats, cx: float, cy: float, w: float, h: float) -> Floats:
    """A soft spot of half width w and half height h on both sides of the face: 1 in its middle."""
    x, y = np.abs(on_sphere[..., 0]), on_sphere[..., 1]
    return np.asarray(np.exp(-(((x - cx) / w) ** 2) - ((y - cy) / h) ** 2))


def skull(on_sphere: Floats) -> Floats:
    """A head from points of the unit sphere: jaw, chin, brow, nose and cheekbones pushed out of an egg."""
    x, y, z = np.moveaxis(on_sphere, -1, 0)
    ahead = np.clip(z * 3, 0, 1)
    narrow = 1 - 0.30 * np.clip(-y, 0, 1) ** 1.4
    flat = np.where(z > 0, 1 - 0.10 * np.exp(-((y / 0.5) ** 2)), 1.0)
    out = np.stack([x * narrow, y, z * flat], -1) * HEAD_RADII_M

    def bump(cx: float, cy: float, w: float, h: float) -> Floats:
        return np.asarray(_spot(on_sphere, cx, cy, w, h) * ahead)

    out[..., 2] += 0.026 * bump(0, -0.16, 0.13, 0.17) + 0.010 * bump(0, 0.02, 0.10, 0.18)
    out[..., 2] += 0.014 * bump(0, -0.82, 0.30, 0.18) + 0.007 * bump(0, -0.48, 0.26, 0.10)
    out[..., 2] += 0.005 * bump(0.36, 0.30, 0.3, 0.10) - 0.007 * bump(0.38, 0.10, 0.16, 0.10)
    return np.asarray(out)


def add_head(builder: MeshBuilder, look: Look, scale: float) -> None:
    """Adds skull, features, ears and hair to the figure."""
    skin = np.array(look.skin, np.float64)
    bone = BONE["head"]
    ball = sphere(21, 28)
    builder.blob(bone, skull(ball) * scale, _complexion(ball, skin, np.array(look.hair), look.hair_style))
    for side in (-1, 1):
        ear = sphere(7, 8) * np.array([0.011, 0.030, 0.019]) + np.array([side * 0.078, -0.004, -0.006])
        builder.blob(bone, ear * scale, np.broadcast_to(skin * 0.93, ear.shape))
    _features(builder, look, skin, scale)
    _hair(builder, look, scale)


def _complexion(ball: Floats, skin: Floats, hair: Floats, style: str) -> Floats:
    """Skin with warmer cheeks and darker eye sockets; the scalp in the hair's colour."""
    y, z = ball[..., 1], ball[..., 2]
    front = (z > 0)[..., None]
    colours = np.broadcast_to(skin, ball.shape).copy()

    def spot(cx: float, cy: float, w: float, h: float) -> Floats:
        return np.asarray(_spot(ball, cx, cy, w, h)[..., None] * front)

    colours -= spot(0.38, 0.12, 0.22, 0.13) * skin * 0.12
    colours += spot(0.50, -0.26, 0.22, 0.18) * np.array([-6.0, -6.0, 12.0])
    colours += spot(0, -0.02, 0.10, 0.20) * 14
    colours -= spot(0, -0.34, 0.16, 0.05) * skin * 0.18
    colours -= spot(0, -0.66, 0.28, 0.05) * skin * 0.10
    scalp = (y > 0.62) | ((z < 0.10) & (y > -0.10)) | ((z < -0.2) & (y > -0.45))
    if style not in ("cap", "beanie"):
        colours[scalp] = hair
    else:
        colours[scalp & (y < 0.45)] = hair
    return colours


def _features(builder: MeshBuilder, look: Look, skin: Floats, scale: float) -> None:
    hair, dark = np.array(look.hair), skin * 0.35
    lips = np.array([104.0, 100, 186]) * (0.45 + 0.55 * skin.mean() / 200)

    def decal(
        cx: float, cy: float, w: float, h: float, colour: Floats,
        slant: float = 0.0, curve: float = 0.0, lift: float = 1.012,
    ) -> None:  # fmt: skip
        """An ellipse on the face, tipped by ``slant``, its corners bent up by ``curve`` (unit sphere)."""
        turn = np.linspace(0, 2 * np.pi, PATCH_CORNERS, endpoint=False) + np.pi / PATCH_CORNERS
        x = cx + w * np.cos(turn)
        y = cy + h * np.sin(turn) + slant * np.cos(turn) * w + curve * np.cos(turn) ** 2
        on_sphere = np.stack([x, y, np.sqrt(np.maximum(1 - x**2 - y**2, 0.05))], -1)
        builder.patch(BONE["head"], skull(on_sphere) * lift * scale, colour)

    for side in (-1, 1):
        decal(side * 0.36, 0.100, 0.170, 0.082, np.array([236.0, 240, 242]))
        decal(side * 0.355, 0.098, 0.082, 0.082, np.array([40.0, 46, 62]), lift=1.020)
        decal(side * 0.365, 0.180, 0.185, 0.020, dark, slant=side * 0.08, lift=1.024)
        decal(side * 0.37, 0.315, 0.220, 0.036, hair * 0.65 + skin * 0.15, slant=side * 0.02, lift=1.022)
        decal(side * 0.09, -0.30, 0.045, 0.026, skin * 0.60)
    decal(0, -0.515, 0.270, 0.062, lips, curve=0.055)
    decal(0, -0.512, 0.250, 0.013, lips * 0.45, curve=0.055, lift=1.022)


def _hair(builder: MeshBuilder, look: Look, scale: float) -> None:
    hair = np.array(look.hair)
    style = look.hair_style
    bone = BONE["head"]
    rng = np.random.default_rng([look.grain_seed, 0x4A])

    def add(points: Floats, colour: Floats, strands: float = 0.10) -> None:
        grain = (
            1
            + strands * rng.standard_normal((1, points.shape[1], 1))
            + 0.04 * rng.standard_normal((*points.shape[:2], 1))
        )
        builder.blob(bone, points * scale, np.clip(colour * grain, 0, 255))

    if style == "afro":
        ball = sphere(12, 18)
        add(ball * np.array([0.140, 0.135, 0.125]) + np.array([0, 0.075, -0.035]), hair, 0.12)
        return
    if style in ("cap", "beanie"):
        colour = np.array(look.trim)
        add(_cap(1.15, 0.36 if style == "cap" else 0.30, 0.30), colour, 0.02)
        if style == "cap":
            add(_brim(), colour * 0.85, 0.0)
        return
    add(_cap(1.11, 0.60, -0.30 if style in ("long", "bob", "ponytail") else -0.12), hair)
    if style == "bun":
        add(sphere(8, 10) * 0.045 + np.array([0, 0.125, -0.05]), hair)
    elif style == "ponytail":
        add(_lock(0.040, 0.24, np.array([0, 0.05, -0.115])), hair)
    elif style == "long":
        add(_lock(0.092, 0.27, np.array([0, 0.02, -0.055]), 0.055), hair)
    elif style == "bob":
        add(_lock(0.094, 0.15, np.array([0, 0.00, -0.045]), 0.070), hair)


def _cap(size: float, front: float, back: float) -> Floats:
    """A shell over the skull, down to the heights ``front`` and ``back`` of the unit sphere."""
    sides, rings = 20, 9
    turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ahead = np.clip(0.5 + 0.9 * np.cos(turn), 0, 1)
    edge = np.arcsin(back + (front - back) * ahead**0.8)
    rise = edge[None] + (np.pi / 2 - edge[None]) * np.linspace(0, 1, rings)[:, None]
    ball = np.stack([np.cos(rise) * np.sin(turn), np.sin(rise), np.cos(rise) * np.cos(turn)], -1)
    shell = skull(ball) * size
    inner = skull(ball[:1]) * 0.9
    return np.concatenate([np.broadcast_to(inner.mean(1, keepdims=True), inner.shape), inner, shell])


def _brim() -> Floats:
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    ring = np.stack([0.066 * np.sin(turn), 0.052 + 0 * turn, 0.110 + 0.062 * np.cos(turn)], -1)
    ring[:, 1] -= 0.10 * np.maximum(ring[:, 2] - 0.10, 0) + 1.6 * ring[:, 0] ** 2
    centre = np.broadcast_to(ring.mean(0), ring.shape)
    low = ring - np.array([0, 0.007, 0])
    return np.stack([centre - np.array([0, 0.007, 0]), low, ring, centre])


def _lock(width: float, length: float, top: Floats, depth: float | None = None) -> Floats:
    """Hanging hair: a flattened drop from ``top`` downwards."""
    rings = np.linspace(0, 1, 8)
    profile = np.array([0.0, 0.55, 0.80, 0.95, 1.0, 1.0, 0.85, 0.0])
    turn = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    x = width * profile[:, None] * np.sin(turn)
    z = (depth or width * 0.8) * profile[:, None] * np.cos(turn)
    y = -length * (1 - rings)[:, None] + 0 * x
    return np.stack([x, y, z], -1) + top
