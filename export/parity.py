"""Does a graph say what its network says? Runs both on the same inputs. Knows no bundle."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from torch import Tensor

TOLERANCE = 1e-4
"""Largest difference allowed, relative to the largest value."""


def run_onnx(path: Path, inputs: Mapping[str, Tensor], threads: int = 1) -> list[NDArray[Any]]:
    """The outputs of the graph at ``path``, in order."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    outputs: list[NDArray[Any]] = session.run(None, {name: x.numpy() for name, x in inputs.items()})
    return outputs


def relative_difference(ours: NDArray[Any], theirs: NDArray[Any]) -> float:
    """Largest absolute difference over the largest absolute value of ``theirs``; infinite when not finite."""
    if ours.shape != theirs.shape or not np.isfinite(ours).all():
        return float("inf")
    return float(np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-12))
