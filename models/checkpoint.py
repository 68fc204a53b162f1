"""Our own checkpoints: each knows how to build its model. Knows nothing of training or of bundles."""

import dataclasses
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from models.codec import Codec, CodecConfig
from models.config import DiscriminatorConfig, MotionEncoderConfig, PaperConfig, VQVAEConfig
from models.discriminator import MultiScaleDiscriminator
from models.motion_encoder import MotionEncoder
from models.paper import PaperModel
from models.published import check_weights, state_of
from models.streaming import StreamingConfig, StreamingGenerator
from models.vqvae import VQVAE
from models.weights_file import CheckpointError, read_weights_file

FORMAT = 1
KINDS: dict[str, tuple[type[Any], type[nn.Module]]] = {
    "motion_encoder": (MotionEncoderConfig, MotionEncoder),
    "paper": (PaperConfig, PaperModel),
    "discriminator": (DiscriminatorConfig, MultiScaleDiscriminator),
    "vqvae": (VQVAEConfig, VQVAE),
    "codec": (CodecConfig, Codec),
    "streaming": (StreamingConfig, StreamingGenerator),
}
"""Kind -> (its frozen config, its module), for every network that takes its config alone."""


def packed(module: nn.Module) -> dict[str, Any]:
    """``module`` as plain values: kind, config, weights.

    Raises:
        TypeError: a module of no known kind.
    """
    for kind, (_, module_type) in KINDS.items():
        if type(module) is module_type:
            config = dataclasses.asdict(typing.cast(Any, module).config)
            return {"kind": kind, "config": config, "weights": module.state_dict()}
    raise TypeError(f"{type(module).__name__} is not in models.checkpoint.KINDS; add it there.")


def unpacked(content: Mapping[str, Any], path: Path | str = "checkpoint") -> nn.Module:
    """The inverse of ``packed``.

    Raises:
        CheckpointError: an unknown kind or option, or weights that do not fit.
    """
    kind = content.get("kind")
    if kind not in KINDS:
        raise CheckpointError(f"{path} holds a model of kind {kind!r}; known are {', '.join(KINDS)}.")
    config_type, module_type = KINDS[kind]
    try:
        module = module_type(plain_to_config(config_type, content["config"]))
    except (KeyError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path}: the configuration of its {kind} is wrong: {error}") from error
    module.load_state_dict(check_weights(state_of(content.get("weights"), path), module, path))
    return module


def save_model(path: Path | str, module: nn.Module, **extra: Any) -> None:
    """Write ``module`` so that ``load_model`` rebuilds it; ``extra`` must be plain values and tensors."""
    torch.save({"noverre": FORMAT, **packed(module), "extra": extra}, path)


def load_model(path: Path | str) -> nn.Module:
    """Rebuild the model saved at ``path``.

    Raises:
        CheckpointError: not one of our checkpoints, or damaged.
    """
    content = read_weights_file(path)
    if not isinstance(content, Mapping) or content.get("noverre") != FORMAT:
        raise CheckpointError(f"{path} is not a checkpoint of this program (format {FORMAT}).")
    return unpacked(content, path)


def plain_to_config(config_type: type[Any], plain: Mapping[str, Any]) -> Any:
    """Build a config dataclass, nested ones included, from what ``dataclasses.asdict`` gave.

    Raises:
        TypeError: an option it does not have.
    """
    hints = typing.get_type_hints(config_type)
    values = {}
    for name, value in plain.items():
        if name not in hints:
            raise TypeError(f"{config_type.__name__} has no option {name!r}")
        inner = _dataclass_in(hints[name])
        if inner is not None and isinstance(value, Mapping):
            value = plain_to_config(inner, value)
        elif inner is not None and isinstance(value, list | tuple):
            value = [plain_to_config(inner, one) for one in value]
        values[name] = tuple(value) if isinstance(value, list) else value
    return config_type(**values)


def _dataclass_in(hint: Any) -> Any:
    many = isinstance(hint, types.UnionType) or typing.get_origin(hint) is tuple
    options = typing.get_args(hint) if many else (hint,)
    return next((option for option in options if dataclasses.is_dataclass(option)), None)
