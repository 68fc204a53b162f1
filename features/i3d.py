"""Pictures as I3D wants them, and clips of them: numpy only. Knows neither networks nor how flow is computed.

Preparation as published (Carreira and Zisserman 2017): shorter side 256, centre 224; flow clipped to +-20
pixels; both scaled to -1..1.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
Image = NDArray[np.uint8]
Network = Callable[[Array], Array]
"""Clip ``[1, C, T, 224, 224]`` to features ``[1, 1024]``."""
OpticalFlow = Callable[[Image, Image], Array]
"""Two grey pictures ``[H, W]`` to displacements in pixels ``[H, W, 2]``."""

SHORT_SIDE, SIDE = 256, 224
FLOW_LIMIT_PX = 20.0
CLIP_FRAMES = 64
VALUES = 2048
"""1,024 of colour, then 1,024 of movement."""


def small_size(height: int, width: int) -> tuple[int, int]:
    """Width and height of a picture whose shorter side is 256."""
    scale = SHORT_SIDE / min(height, width)
    return max(SHORT_SIDE, round(width * scale)), max(SHORT_SIDE, round(height * scale))


def grey_of(small: Image) -> Image:
    """Brightness ``[H, W]`` of a BGR picture (Rec. 601)."""
    return np.asarray(np.rint(small @ np.array([0.114, 0.587, 0.299], np.float32)), np.uint8)


def colour_picture(small: Image) -> Array:
    """The centre of a shrunk BGR picture as RGB ``[3, 224, 224]`` within -1..1."""
    centre = _centre(small)[..., ::-1].astype(np.float32) / 127.5 - 1
    return np.ascontiguousarray(centre.transpose(2, 0, 1))


def flow_picture(before: Image, after: Image, optical_flow: OpticalFlow) -> Array:
    """The centre of the flow between two shrunk BGR pictures, x then y: ``[2, 224, 224]`` within -1..1."""
    flow = _centre(optical_flow(grey_of(before), grey_of(after)))
    scaled = np.clip(flow, -FLOW_LIMIT_PX, FLOW_LIMIT_PX) / FLOW_LIMIT_PX
    return np.ascontiguousarray(scaled.transpose(2, 0, 1), np.float32)


def features_of(
    pictures: Sequence[Array],
    flows: Sequence[Array],
    colour: Network,
    movement: Network,
    frames: int = CLIP_FRAMES,
) -> Array:
    """Features ``[2048]`` of prepared pictures and flows: colour, then movement."""
    halves = [network(clip_of(part, frames)) for network, part in ((colour, pictures), (movement, flows))]
    return np.concatenate([half[0] for half in halves]).astype(np.float32)


def clip_of(pictures: Sequence[Array], frames: int = CLIP_FRAMES) -> Array:
    """``frames`` of ``pictures``, evenly spread, repeated where there are fewer: ``[1, C, T, 224, 224]``."""
    index = np.round(np.linspace(0, len(pictures) - 1, frames)).astype(int)
    return np.stack([pictures[i] for i in index], axis=1)[None]


def _centre(image: NDArray[Any]) -> NDArray[Any]:
    top, left = (image.shape[0] - SIDE) // 2, (image.shape[1] - SIDE) // 2
    return image[top : top + SIDE, left : left + SIDE]
