"""Opens a file of weights without trusting it. Knows nothing of any network."""

import pickle
import re
import warnings
from pathlib import Path
from typing import Any

import torch

from configs.errors import NoverreError


class CheckpointError(NoverreError):
    """A file of weights that cannot be used; the message says which tensor or why, and what to do."""


def read_weights_file(path: Path | str) -> Any:
    """The plain values and tensors in ``path``; code hidden in it is never run.

    Raises:
        CheckpointError: missing, truncated, damaged, or holding anything but tensors and plain values.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"There is no file of weights at {path}; check the path.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # old formats warn; they are read all the same
            return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a hostile file may break the reader anywhere
        raise CheckpointError(_reason(path, error)) from error


def _reason(path: Path, error: Exception) -> str:
    forbidden = re.search(r"GLOBAL ([\w.]+)", str(error))
    if forbidden:
        return (
            f"{path} is refused: it calls for {forbidden[1]}, and a file of weights may hold only tensors "
            "and plain values. Ask its author for torch.save(model.state_dict(), path)."
        )
    unreadable = isinstance(error, pickle.UnpicklingError)
    detail = "not readable as data" if unreadable else (str(error).splitlines() or [type(error).__name__])[0]
    return f"{path} is truncated, damaged or not a PyTorch checkpoint ({detail[:120]}); fetch it again."
