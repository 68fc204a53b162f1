"""Distances between sounds: log-mel L1 of pairs, Frechet distance of two sets of embeddings."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from features.mel import log_mel

HOUSE_FLOOR = 1e-3
"""Issue 4's clamp: mel magnitudes under -60 dB are as good as silence."""


def log_mel_l1(truth: ArrayLike, generated: ArrayLike, floor: float = HOUSE_FLOOR) -> float:
    """Mean absolute difference of log10 mel magnitudes (n_fft 1024, hop 256, 128 mels, clamped at ``floor``).

    Both are mono at 22,050 Hz; the longer one is cut to the shorter. In decades: 0.1 is 2 dB.
    """
    first, second = np.asarray(truth, np.float32), np.asarray(generated, np.float32)
    length = min(len(first), len(second))
    if length == 0:
        raise ValueError("log-mel L1 needs two sounds that are not empty")
    return float(np.mean(np.abs(log_mel(first[:length], floor) - log_mel(second[:length], floor))))


def frechet_distance(reference: ArrayLike, generated: ArrayLike) -> float:
    """Frechet distance of two Gaussians fitted to embeddings ``[N, D]`` and ``[M, D]`` (Kilgour et al. 2019).

    ``|mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2))``. With fewer examples than dimensions the covariances
    are rank-deficient and the distance is biased upwards: compare only distances of equally large sets.
    """
    first, second = _checked(reference, "reference"), _checked(generated, "generated")
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            f"embeddings differ in size: {first.shape[1]} and {second.shape[1]}; use one embedding"
        )
    mean_gap = first.mean(0) - second.mean(0)
    cov1, cov2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    # tr sqrt(S1 S2) = sum of sqrt(eig(R S2 R)) with R = sqrt(S1): symmetric, so never complex.
    root = _symmetric_root(np.atleast_2d(cov1))
    middle = np.linalg.eigvalsh(root @ np.atleast_2d(cov2) @ root)
    shared = np.sqrt(np.maximum(middle, 0)).sum()
    return float(
        max(
            0.0,
            mean_gap @ mean_gap + np.trace(np.atleast_2d(cov1)) + np.trace(np.atleast_2d(cov2)) - 2 * shared,
        )
    )


def _checked(embeddings: ArrayLike, name: str) -> NDArray[np.float64]:
    array = np.asarray(embeddings, np.float64)
    if array.ndim != 2 or len(array) < 2:
        raise ValueError(
            f"{name} embeddings must be [N, D] with at least two rows, not of shape {array.shape}"
        )
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} embeddings hold NaN or infinity")
    return array


def _symmetric_root(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(matrix)
    root: NDArray[np.float64] = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    return root
