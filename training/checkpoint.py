"""Checkpoints of running trainings: plain dictionaries, written so that a crash leaves the last one whole."""

from pathlib import Path
from typing import Any

import torch


class CheckpointError(ValueError):
    """A checkpoint that is missing or of another kind; the message says what to do."""


def save(path: str | Path, kind: str, state: dict[str, Any]) -> None:
    """Write `state` (tensors, numbers, strings, dicts and lists of them) as a checkpoint of `kind`."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".part")
    torch.save({"kind": kind, **state}, draft)
    draft.replace(path)


def random_state() -> dict[str, torch.Tensor]:
    """Where torch's random numbers stand, on the CPU and on the GPU if there is one."""
    state = {"cpu": torch.get_rng_state()}
    return state | ({"cuda": torch.cuda.get_rng_state()} if torch.cuda.is_available() else {})


def set_random_state(state: dict[str, torch.Tensor]) -> None:
    """Continue torch's random numbers from `random_state()`."""
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


def load(path: str | Path, kind: str) -> dict[str, Any]:
    """Read a checkpoint of `kind` onto the CPU; nothing in the file is executed.

    Raises:
        CheckpointError: no such file, or a checkpoint of another kind.
    """
    path = Path(path)
    if not path.is_file():
        raise CheckpointError(f"There is no checkpoint {path}; train it first (python -m training {kind}).")
    state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    if state.get("kind") != kind:
        raise CheckpointError(f"{path} is a checkpoint of {state.get('kind')!r}, not of {kind!r}.")
    return state
