"""Visual features: the light and colour of the picture, six numbers a frame. Pure numpy."""

import numpy as np
from numpy.typing import NDArray

from features.landmarks import Array

VISUAL_FEATURES: tuple[str, ...] = (
    "brightness",
    "contrast",
    "warmth",
    "saturation",
    "hue_cos",
    "hue_sin",
)

NEUTRAL_VISUAL: Array = np.array([0.5, 0.5, 0.5, 0.2, 0.0, 0.0], np.float32)
"""What an unknown picture looks like: mid grey."""

_SAMPLES_A_SIDE = 64


def visual_features(image: NDArray[np.uint8]) -> Array:
    """Describe one frame.

    Args:
        image: ``[H, W, 3]`` BGR.

    Returns:
        ``[6]``: brightness, contrast (twice the standard deviation of luma), warmth (0.5 neutral,
        red above, blue below), saturation, and the mean chroma as a vector (hue_cos, hue_sin,
        each -1..1), its length the colourfulness.
    """
    rows = max(1, image.shape[0] // _SAMPLES_A_SIDE)
    columns = max(1, image.shape[1] // _SAMPLES_A_SIDE)
    blue, green, red = np.moveaxis(image[::rows, ::columns, :3].astype(np.float32) / 255.0, -1, 0)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue  # ITU-R BT.601
    largest = np.maximum(np.maximum(red, green), blue)
    smallest = np.minimum(np.minimum(red, green), blue)
    alpha = (red - 0.5 * (green + blue)).mean()
    beta = (np.sqrt(0.75) * (green - blue)).mean()
    return np.array(
        [
            luma.mean(),
            min(1.0, 2.0 * luma.std()),
            np.clip(0.5 + (red - blue).mean(), 0.0, 1.0),
            ((largest - smallest) / np.maximum(largest, 1e-3)).mean(),
            np.clip(4.0 * alpha, -1.0, 1.0),
            np.clip(4.0 * beta, -1.0, 1.0),
        ],
        np.float32,
    )
