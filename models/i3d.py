"""I3D, the Inflated Inception v1: moving pictures to 1,024 features. Knows nothing of files or optical flow.

Source: Carreira and Zisserman, "Quo Vadis, Action Recognition?" (2017, arXiv:1705.07750). Names follow the
common PyTorch layout of the Kinetics weights, ``rgb_imagenet.pt`` and ``flow_imagenet.pt``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.published import check_weights, state_of
from models.weights_file import read_weights_file

Triple = tuple[int, int, int]

FEATURES = 1024
MIXED: dict[str, tuple[int, ...]] = {
    "Mixed_3b": (64, 96, 128, 16, 32, 32),
    "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64),
    "Mixed_4c": (160, 112, 224, 24, 64, 64),
    "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64),
    "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128),
    "Mixed_5c": (384, 192, 384, 48, 128, 128),
}
"""Widths of each module's branches: 1x1; 1x1 then 3x3; 1x1 then 3x3; 1x1 after the pool."""


@dataclass(frozen=True)
class I3DConfig:
    """``channels`` 3 for RGB, 2 for optical flow; 400 Kinetics classes."""

    channels: int = 3
    classes: int = 400


def pad_to_same(x: Tensor, kernel: Triple, stride: Triple) -> Tensor:
    """Zeros around ``[B, C, T, H, W]`` so that each size becomes ceil(size / stride), as TensorFlow pads."""
    pads: list[int] = []
    for size, width, step in reversed(list(zip(x.shape[2:], kernel, stride, strict=True))):
        missing = max(width - (size % step or step), 0)
        pads += [missing // 2, missing - missing // 2]
    return F.pad(x, pads)


class Pool(nn.Module):
    """Maximum over each kernel, padded to the same size."""

    def __init__(self, kernel: Triple, stride: Triple) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        """``[B, C, T, H, W]`` to sizes divided by the stride, rounded up."""
        return F.max_pool3d(pad_to_same(x, self.kernel, self.stride), self.kernel, self.stride)


class Unit(nn.Module):
    """Convolution, batch normalisation, ReLU."""

    def __init__(
        self, inputs: int, outputs: int, kernel: Triple = (1, 1, 1), stride: Triple = (1, 1, 1)
    ) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.conv3d = nn.Conv3d(inputs, outputs, kernel, stride, bias=False)
        self.bn = nn.BatchNorm3d(outputs, eps=0.001, momentum=0.01)

    def forward(self, x: Tensor) -> Tensor:
        """``[B, in, T, H, W]`` to ``[B, out, ...]``, sizes divided by the stride, rounded up."""
        return F.relu(self.bn(self.conv3d(pad_to_same(x, self.kernel, self.stride))))


class Inception(nn.Module):
    """Four branches side by side."""

    def __init__(self, inputs: int, widths: Sequence[int]) -> None:
        super().__init__()
        self.b0 = Unit(inputs, widths[0])
        self.b1a = Unit(inputs, widths[1])
        self.b1b = Unit(widths[1], widths[2], (3, 3, 3))
        self.b2a = Unit(inputs, widths[3])
        self.b2b = Unit(widths[3], widths[4], (3, 3, 3))
        self.b3a = Pool((3, 3, 3), (1, 1, 1))
        self.b3b = Unit(inputs, widths[5])
        self.width = widths[0] + widths[2] + widths[4] + widths[5]

    def forward(self, x: Tensor) -> Tensor:
        """All branches, concatenated along the channels."""
        branches = (self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(self.b3a(x)))
        return torch.cat(branches, dim=1)


class Classifier(nn.Module):
    """The last 1x1x1 convolution, under its published name."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(FEATURES, classes, 1)


class I3D(nn.Module):
    """Clips ``[B, channels, T, H, W]`` within -1..1 (224 x 224 as published, T 8 or more) to features."""

    def __init__(self, config: I3DConfig) -> None:
        super().__init__()
        self.config = config
        halve = (2, 2, 2)
        layers: dict[str, nn.Module] = {
            "Conv3d_1a_7x7": Unit(config.channels, 64, (7, 7, 7), halve),
            "MaxPool3d_2a_3x3": Pool((1, 3, 3), (1, 2, 2)),
            "Conv3d_2b_1x1": Unit(64, 64),
            "Conv3d_2c_3x3": Unit(64, 192, (3, 3, 3)),
            "MaxPool3d_3a_3x3": Pool((1, 3, 3), (1, 2, 2)),
        }
        width = 192
        for name, widths in MIXED.items():
            if name == "Mixed_4b":
                layers["MaxPool3d_4a_3x3"] = Pool((3, 3, 3), halve)
            elif name == "Mixed_5b":
                layers["MaxPool3d_5a_2x2"] = Pool((2, 2, 2), halve)
            layers[name] = module = Inception(width, widths)
            width = module.width
        self.order = tuple(layers)
        for name, layer in layers.items():
            self.add_module(name, layer)
        self.logits = Classifier(config.classes)

    def maps(self, clip: Tensor) -> Tensor:
        """The last feature maps, pooled over space and pairs of steps: ``[B, 1024, T']``."""
        x = clip
        for name in self.order:
            x = self.get_submodule(name)(x)
        x = x.mean(dim=(3, 4))
        return F.avg_pool1d(x, 2, 1) if x.shape[-1] > 1 else x

    def forward(self, clip: Tensor) -> Tensor:
        """Features ``[B, 1024]``: the mean over the clip."""
        return self.maps(clip).mean(dim=-1)

    def classify(self, clip: Tensor) -> Tensor:
        """Kinetics logits ``[B, classes]``, mean over the clip."""
        scores: Tensor = self.logits.conv3d(self.maps(clip)[..., None, None])
        return scores[..., 0, 0].mean(dim=-1)


def load_i3d(path: Path | str) -> I3D:
    """The network of a published file, RGB or flow, whichever its first convolution tells.

    Raises:
        CheckpointError: naming the first tensor that is wrong.
    """
    state = state_of(read_weights_file(path), path)
    first, last = state.get("Conv3d_1a_7x7.conv3d.weight"), state.get("logits.conv3d.bias")
    channels = first.shape[1] if isinstance(first, Tensor) and first.dim() == 5 else 3
    classes = len(last) if isinstance(last, Tensor) and last.dim() == 1 else 400
    network = I3D(I3DConfig(channels, classes))
    for name, value in network.state_dict().items():
        if name.endswith("num_batches_tracked"):  # files of 2017 are older than this counter
            state.setdefault(name, torch.zeros_like(value))
    network.load_state_dict(check_weights(state, network, path))
    return network.eval()
