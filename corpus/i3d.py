"""Pictures to I3D features, 1,024 of colour and 1,024 of movement; for whole clips and for a live camera.

The networks are ONNX files made by ``python -m export i3d`` from the published weights. Knows nothing of
torch. Preparation as published (Carreira and Zisserman 2017): shorter side 256, centre 224; flow by TV-L1,
clipped to +-20 pixels; both scaled to -1..1.
"""

from collections import deque
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime
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


def open_network(path: Path | str, threads: int = 1) -> Network:
    """The network in an ONNX file.

    Raises:
        FileNotFoundError: no such file; the message says how to make one.
    """
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no I3D network {path}: make it with python -m export i3d")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda clip: np.asarray(session.run(None, {name: clip})[0], np.float32)


def tvl1_flow() -> OpticalFlow:
    """The published flow: 0.9 s a picture on one core, so for corpora, not for the stage."""
    engine = cv2.optflow.DualTVL1OpticalFlow_create()  # type: ignore[attr-defined]
    return lambda before, after: engine.calc(before, after, None)


def dis_flow() -> OpticalFlow:
    """Dense inverse search (Kroeger et al. 2016): fifty times faster than TV-L1, near it; for the stage."""
    engine = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # type: ignore[attr-defined]
    return lambda before, after: engine.calc(before, after, None)


def shrink(image: Image) -> Image:
    """``image`` ``[H, W, 3]`` with its shorter side 256 pixels long."""
    height, width = image.shape[:2]
    scale = SHORT_SIDE / min(height, width)
    size = (max(SHORT_SIDE, round(width * scale)), max(SHORT_SIDE, round(height * scale)))
    return np.asarray(
        cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    )


def colour_picture(small: Image) -> Array:
    """The centre of a shrunk BGR picture as RGB ``[3, 224, 224]`` within -1..1."""
    centre = _centre(small)[..., ::-1].astype(np.float32) / 127.5 - 1
    return np.ascontiguousarray(centre.transpose(2, 0, 1))


def flow_picture(before: Image, after: Image, optical_flow: OpticalFlow) -> Array:
    """The centre of the flow between two shrunk BGR pictures, x then y: ``[2, 224, 224]`` within -1..1."""
    grey = [np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8) for image in (before, after)]
    flow = np.clip(_centre(optical_flow(grey[0], grey[1])), -FLOW_LIMIT_PX, FLOW_LIMIT_PX) / FLOW_LIMIT_PX
    return np.ascontiguousarray(flow.transpose(2, 0, 1), np.float32)


def clip_features(
    images: Iterable[Image], colour: Network, movement: Network, optical_flow: OpticalFlow | None = None
) -> Array:
    """Features ``[2048]`` of a clip of BGR pictures ``[H, W, 3]``: colour, then movement.

    Raises:
        ValueError: fewer than two pictures.
    """
    small = [shrink(image) for image in images]
    if len(small) < 2:
        raise ValueError(f"I3D needs two pictures or more to see movement; got {len(small)}")
    chosen = optical_flow or tvl1_flow()
    flows = [flow_picture(before, after, chosen) for before, after in pairwise(small)]
    return _features([colour_picture(image) for image in small], flows, colour, movement)


class StreamingI3D:
    """The features of the last pictures of a live camera; the networks run every few hops.

    Args:
        colour, movement: the two networks.
        frames: pictures looked back upon.
        every: the networks run at the first and then at every so-manieth ``step``; between, the last answer
            stands, for what I3D sees (clothes, room, kind of dance) changes slowly.
    """

    def __init__(
        self,
        colour: Network,
        movement: Network,
        *,
        frames: int = CLIP_FRAMES,
        every: int = 8,
        optical_flow: OpticalFlow | None = None,
    ) -> None:
        self.colour, self.movement, self.every = colour, movement, every
        self.optical_flow = optical_flow or dis_flow()
        self.pictures: deque[Array] = deque(maxlen=frames)
        self.flows: deque[Array] = deque(maxlen=frames)
        self.last: Image | None = None
        self.since = 0
        self.answer: Array | None = None

    def push(self, image: Image) -> None:
        """Take one picture ``[H, W, 3]`` BGR; a change of size starts the flow anew."""
        small = shrink(image)
        if self.last is not None and self.last.shape == small.shape:
            self.flows.append(flow_picture(self.last, small, self.optical_flow))
        self.pictures.append(colour_picture(small))
        self.last = small

    def step(self) -> Array | None:
        """Once a hop: features ``[2048]``, or None before two pictures were seen."""
        if self.flows and (self.answer is None or self.since >= self.every):
            self.answer = _features(list(self.pictures), list(self.flows), self.colour, self.movement)
            self.since = 0
        self.since += self.answer is not None
        return self.answer


def _features(pictures: list[Array], flows: list[Array], colour: Network, movement: Network) -> Array:
    halves = [network(_clip(part)) for network, part in ((colour, pictures), (movement, flows))]
    return np.concatenate([half[0] for half in halves]).astype(np.float32)


def _clip(pictures: list[Array]) -> Array:
    """64 of ``pictures``, evenly spread, repeated where there are fewer: ``[1, C, 64, 224, 224]``."""
    index = np.round(np.linspace(0, len(pictures) - 1, CLIP_FRAMES)).astype(int)
    return np.stack([pictures[i] for i in index], axis=1)[None]


def _centre(image: NDArray[Any]) -> NDArray[Any]:
    top, left = (image.shape[0] - SIDE) // 2, (image.shape[1] - SIDE) // 2
    return image[top : top + SIDE, left : left + SIDE]
