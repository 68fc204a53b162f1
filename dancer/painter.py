"""Draws a posed mesh into a picture: cull, light, sort by depth, fill. Knows nothing of dancers.

Faces are filled at twice the picture's resolution (``SCALE``) and averaged down, which is what smooths the
outline; only the part of the picture around the figure is touched.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from dancer.camera import Camera
from dancer.light import Light
from dancer.mesh import Mesh
from dancer.skeleton import cross

Floats = NDArray[np.float64]
Image = NDArray[np.uint8]

SCALE = 2
SUBPIXEL_BITS = 4
PATCH_ABOVE_M = 0.035
"""Decals are sorted this much nearer than they are, so that the skin they lie on does not cover them ..."""
PATCH_STEP_M = 0.0006
"""... and each a little nearer than the one before, so that an iris lies on the white of its eye."""


def paint(
    canvas: Image, origin: tuple[int, int], mesh: Mesh, vertices: Floats, camera: Camera, light: Light
) -> None:
    """Draws the mesh, in place, into ``canvas``: a part of the doubled picture that starts at ``origin``.

    ``vertices`` [V, 3] in metres are the mesh's, posed.
    """
    pixels, depth = camera.project(vertices)
    flat = np.round((pixels * SCALE - np.array(origin)) * (1 << SUBPIXEL_BITS)).astype(np.int32)
    quads, quad_depth, quad_colours = _visible(
        mesh.quads, mesh.quad_colours, flat, depth, vertices, camera, light
    )
    patches, patch_depth, patch_colours = _visible(
        mesh.patches, mesh.patch_colours, flat, depth, vertices, camera, light
    )
    patch_depth = patch_depth - PATCH_ABOVE_M - PATCH_STEP_M * np.arange(len(patch_depth))
    shapes = [*flat[quads], *flat[patches]]
    colours = np.concatenate([quad_colours, patch_colours]).tolist()
    order = np.argsort(-np.concatenate([quad_depth, patch_depth]), kind="stable")
    fill = cv2.fillConvexPoly
    for k in order.tolist():
        fill(canvas, shapes[k], colours[k], cv2.LINE_8, SUBPIXEL_BITS)


def _visible(
    faces: NDArray[np.int64], colours: Floats, flat: NDArray[np.int32], depth: Floats, vertices: Floats,
    camera: Camera, light: Light,
) -> tuple[NDArray[np.int64], Floats, Floats]:  # fmt: skip
    """Faces turned towards the camera, their depths and lit colours."""
    step = faces.shape[1] // 4
    a, b, c, d = (faces[:, k * step] for k in range(4))
    ac, bd = flat[c] - flat[a], flat[d] - flat[b]
    area = ac[:, 0].astype(np.int64) * bd[:, 1] - ac[:, 1].astype(np.int64) * bd[:, 0]
    seen = area < 0
    faces, colours = faces[seen], colours[seen]
    a, b, c, d = a[seen], b[seen], c[seen], d[seen]
    normal = cross(vertices[c] - vertices[a], vertices[d] - vertices[b])
    normal /= np.maximum(np.sqrt(np.sum(normal * normal, axis=1, keepdims=True)), 1e-12)
    to_eye = camera.eye - vertices[a]
    to_eye /= np.sqrt(np.sum(to_eye * to_eye, axis=1, keepdims=True))
    middle = (depth[a] + depth[b] + depth[c] + depth[d]) / 4
    return faces, middle, light.shade(colours, normal, to_eye)
