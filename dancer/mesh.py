"""A surface that bones carry: built once, posed every frame. Knows nothing of bodies or pictures.

Each vertex hangs on two bones with a weight (linear blend skinning), so elbows and knees bend without a
gap. Faces are quads; patches are eight-cornered decals that lie on the surface (eyes, lips, prints).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PATCH_CORNERS = 8


@dataclass(frozen=True)
class Mesh:
    """Vertices in the frames of two bones each, faces, and colours (BGR, 0..255) before light."""

    place_a: Floats  # [V, 3]
    place_b: Floats  # [V, 3]
    bone_a: Ints  # [V]
    bone_b: Ints  # [V]
    weight_b: Floats  # [V]
    quads: Ints  # [Q, 4], anticlockwise from outside
    quad_colours: Floats  # [Q, 3]
    patches: Ints  # [P, 8]
    patch_colours: Floats  # [P, 3]

    def posed(self, origins: Floats, frames: Floats) -> Floats:
        """Vertices ``[V, 3]`` in metres for bones ``[B, 3]``, ``[B, 3, 3]`` (dancer/rig.py)."""
        a = np.matmul(frames[self.bone_a], self.place_a[:, :, None])[:, :, 0] + origins[self.bone_a]
        b = np.matmul(frames[self.bone_b], self.place_b[:, :, None])[:, :, 0] + origins[self.bone_b]
        return np.asarray(a + self.weight_b[:, None] * (b - a))


@dataclass(frozen=True)
class Chain:
    """Bones that stand in one straight line at rest: where each starts along it, and how soft joints are."""

    bones: tuple[int, ...]
    starts_m: tuple[float, ...]
    softness_m: float = 0.05

    def hang(self, along_m: float) -> tuple[int, int, float]:
        """Index of the two bones that carry a ring at ``along_m``, and the second one's weight."""
        for k in range(len(self.bones) - 1, 0, -1):
            weight = (along_m - self.starts_m[k]) / (2 * self.softness_m) + 0.5
            if weight > 0:
                weight = min(weight, 1.0)
                return k - 1, k, weight * weight * (3 - 2 * weight)
        return 0, 0, 0.0


class MeshBuilder:
    """Collects parts, then makes one Mesh."""

    def __init__(self) -> None:
        self._a: list[Floats] = []
        self._b: list[Floats] = []
        self._bones: list[Floats] = []  # rows bone_a, bone_b, weight
        self._quads: list[Ints] = []
        self._quad_colours: list[Floats] = []
        self._patches: list[Ints] = []
        self._patch_colours: list[Floats] = []
        self._count = 0

    def tube(
        self, chain: Chain, along_m: Floats, outline: Floats, colours: Floats, shift: Floats | None = None
    ) -> None:
        """A lofted tube: rings at ``along_m`` [R], each an outline [R, N, 2] (x, z) around the chain.

        ``colours`` [R, N, 3]; ``shift`` [R, N] moves single vertices along the chain. Ends are closed.
        """
        rings, sides = outline.shape[:2]
        y = np.broadcast_to(along_m[:, None], (rings, sides)) + (0 if shift is None else shift)
        closed = np.concatenate([outline[:1] * 0 + outline[:1].mean(1, keepdims=True), outline,
                                 outline[-1:] * 0 + outline[-1:].mean(1, keepdims=True)])  # fmt: skip
        y = np.concatenate([y[:1], y, y[-1:]])
        colours = np.concatenate([colours[:1], colours, colours[-1:]])
        hung = [chain.hang(float(h)) for h in y.mean(1)]
        a = np.array([chain.starts_m[i] for i, _, _ in hung])
        b = np.array([chain.starts_m[j] for _, j, _ in hung])
        self._add_vertices(
            np.stack([closed[..., 0], y - a[:, None], closed[..., 1]], -1),
            np.stack([closed[..., 0], y - b[:, None], closed[..., 1]], -1),
            np.array([(chain.bones[i], chain.bones[j], w) for i, j, w in hung]).repeat(sides, axis=0),
        )
        self._add_quads(rings + 2, sides, colours)

    def blob(self, bone: int, points: Floats, colours: Floats) -> None:
        """A closed surface of rings ``[R, N, 3]`` from bottom to top in one bone's frame."""
        row = np.array([(bone, bone, 0.0)])
        self._add_vertices(points, points, row.repeat(points.shape[0] * points.shape[1], axis=0))
        self._add_quads(len(points), points.shape[1], colours)

    def patch(self, bone: int, corners: Floats, colour: Floats) -> None:
        """A decal of eight corners ``[8, 3]`` in a bone's frame."""
        self._patches.append(self._count + np.arange(PATCH_CORNERS))
        self._patch_colours.append(np.asarray(colour, np.float64))
        self._add_vertices(corners, corners, np.array([(bone, bone, 0.0)]).repeat(PATCH_CORNERS, axis=0))

    def _add_vertices(self, a: Floats, b: Floats, bones: Floats) -> None:
        self._first = self._count
        self._a.append(a.reshape(-1, 3))
        self._b.append(b.reshape(-1, 3))
        self._bones.append(bones)
        self._count += len(self._a[-1])

    def _add_quads(self, rings: int, sides: int, colours: Floats) -> None:
        low = np.arange(rings - 1)[:, None] * sides
        j = np.arange(sides)[None]
        after = (j + 1) % sides
        quads = np.stack([low + j, low + after, low + sides + after, low + sides + j], -1)
        self._quads.append(quads.reshape(-1, 4) + self._first)
        around = (colours + np.roll(colours, -1, axis=1)) / 2  # not averaged along: hems stay sharp
        self._quad_colours.append(around[:-1].reshape(-1, 3))

    def build(self) -> Mesh:
        """The mesh of all parts added."""
        bones = np.concatenate(self._bones)
        return Mesh(
            np.concatenate(self._a),
            np.concatenate(self._b),
            bones[:, 0].astype(np.int64),
            bones[:, 1].astype(np.int64),
            bones[:, 2],
            np.concatenate(self._quads),
            np.concatenate(self._quad_colours),
            np.array(self._patches, np.int64).reshape(-1, PATCH_CORNERS),
            np.array(self._patch_colours, np.float64).reshape(-1, 3),
        )
