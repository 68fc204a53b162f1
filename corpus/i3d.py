"""Whole clips to I3D features, 1,024 of colour and 1,024 of movement; flow by TV-L1, as published.

The networks are ONNX files made by ``python -m export i3d`` from the published weights. Knows nothing of
torch, nor of live cameras: those are ``realtime/scenery.py``'s.
"""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import onnxruntime

from features.i3d import (
    Array,
    Image,
    Network,
    OpticalFlow,
    colour_picture,
    features_of,
    flow_picture,
    small_size,
)


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
    size = small_size(*image.shape[:2])
    shrinks = size[0] < image.shape[1]
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR))


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
    return features_of([colour_picture(image) for image in small], flows, colour, movement)
