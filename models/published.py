"""Imports the authors' checkpoints, and Jukebox's, into our networks. Knows nothing of bundles.

Names are theirs. Three wrappings are understood and undone: the weights under ``model``, ``state_dict`` or
``weights``; a ``module.`` prefix (data parallel); and PyTorch's newer weight norm, whose
``parametrizations.weight.original0`` and ``original1`` are ``weight_g`` and ``weight_v``.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.codebook import Codebook
from models.vq_generator import LowGenerator
from models.weights_file import CheckpointError, read_weights_file

WRAPPINGS = ("model", "state_dict", "weights")
RENAMED = {
    "parametrizations.weight.original0": "weight_g",
    "parametrizations.weight.original1": "weight_v",
}


def load_published(path: Path | str, module: nn.Module) -> None:
    """Fill ``module`` with the weights in ``path``, name for name.

    Raises:
        CheckpointError: naming the first tensor that is missing, misshapen, not a number, or unknown.
    """
    module.load_state_dict(check_weights(state_of(read_weights_file(path), path), module, path))
    for part in module.modules():
        if isinstance(part, Codebook):
            part.resume_from_codes()


def state_of(content: Any, path: Path | str) -> dict[str, Tensor]:
    """The state dict inside ``content``, under its plain names.

    Raises:
        CheckpointError: when there is none.
    """
    for wrapping in WRAPPINGS:
        if isinstance(content, Mapping) and isinstance(content.get(wrapping), Mapping):
            content = content[wrapping]
    if not isinstance(content, Mapping) or not any(isinstance(value, Tensor) for value in content.values()):
        raise CheckpointError(f"{path} holds no state dict: expected names with tensors.")
    return {_plain_name(str(name)): value for name, value in content.items()}


def check_weights(state: Mapping[str, Any], module: nn.Module, path: Path | str) -> dict[str, Tensor]:
    """``state`` as float32, when it is exactly what ``module`` needs.

    Raises:
        CheckpointError: naming the first offending tensor.
    """
    expected = module.state_dict()
    for name, wanted in expected.items():
        shape = list(wanted.shape)
        if name not in state:
            raise CheckpointError(f"{path} lacks the tensor {name} {shape}.{_why_lacking(name, module)}")
        value = state[name]
        if not isinstance(value, Tensor) or value.layout != torch.strided:
            raise CheckpointError(f"{path}: {name} is not a plain tensor; expected {shape} of numbers.")
        if list(value.shape) != shape:
            raise CheckpointError(
                f"{path}: {name} is {list(value.shape)} but this network has {shape}. "
                "Is it of another data set, level or length? See --dataset, --level."
            )
        if not value.is_floating_point() and wanted.is_floating_point():
            raise CheckpointError(f"{path}: {name} holds {value.dtype}; weights are floating point.")
        if not bool(torch.isfinite(value).all()):
            raise CheckpointError(f"{path}: {name} holds values that are not finite; fetch it again.")
    for name in state:
        if name not in expected:
            raise CheckpointError(
                f"{path} holds the tensor {name}, which this network does not have. "
                "Is it of another data set or level? See --dataset, --level."
            )
    return {name: state[name].to(wanted.dtype) for name, wanted in expected.items()}


def _plain_name(name: str) -> str:
    name = name.removeprefix("module.")
    for theirs, ours in RENAMED.items():
        name = name.replace(theirs, ours)
    return name


def _why_lacking(name: str, module: nn.Module) -> str:
    if name == "lin.weight" and isinstance(module, LowGenerator) and not module.config.genres:
        return (
            " The authors' TikTok low-level network has lost this first Linear and cannot run on fused "
            "motion and picture; train it anew (python -m training d2m), or use --level high."
        )
    return " Is it of another data set or level, or truncated?"
