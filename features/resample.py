"""Puts irregular observations onto a regular grid by linear interpolation. Knows no clocks."""

import numpy as np
from numpy.typing import NDArray

from features.landmarks import Array

MAX_GAP_S = 0.25
"""Poses further apart than this are not joined by a line: in between, nobody was seen."""


def to_grid(
    times_s: NDArray[np.float64], values: Array, grid_s: NDArray[np.float64], max_gap_s: float = MAX_GAP_S
) -> Array:
    """Values at the times of a grid.

    Args:
        times_s: strictly increasing observation times ``[N]``, s.
        values: observations ``[N, ...]``; NaN marks a frame in which nothing was found.
        grid_s: wanted times ``[T]``, s.
        max_gap_s: longest gap to interpolate over.

    Returns:
        ``[T, ...]`` float32. Outside the observations and inside long gaps: NaN.
    """
    shape = (len(grid_s), *values.shape[1:])
    if len(times_s) == 0:
        return np.full(shape, np.nan, np.float32)
    flat = values.reshape(len(values), -1)
    seen = np.isfinite(flat).all(axis=1)
    if not seen.any():
        return np.full(shape, np.nan, np.float32)
    times_s, flat = times_s[seen], flat[seen]
    right = np.clip(np.searchsorted(times_s, grid_s, side="left"), 0, len(times_s) - 1)
    left = np.clip(np.searchsorted(times_s, grid_s, side="right") - 1, 0, len(times_s) - 1)
    gap = times_s[right] - times_s[left]
    share = np.where(gap > 0, (grid_s - times_s[left]) / np.where(gap > 0, gap, 1.0), 0.0)
    joined = flat[left] * (1.0 - share)[:, None] + flat[right] * share[:, None]
    distance = np.maximum(times_s[left] - grid_s, grid_s - times_s[right])  # > 0 outside
    known = (gap <= max_gap_s) & (distance <= 1e-9)
    return np.where(known[:, None], joined, np.nan).astype(np.float32).reshape(shape)
