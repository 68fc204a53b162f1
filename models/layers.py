"""The convolutions that the paper's networks are made of. Knows nothing of motion, music or codes."""

import copy
from collections.abc import Sequence
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LEAK = 0.2
STACK_DILATIONS: tuple[int, ...] = (1, 3, 9, 27)
Module = TypeVar("Module", bound=nn.Module)


class WeightNormConv1d(nn.Module):
    """A Conv1d whose weight is ``g * v / |v|``, under the published names ``weight_g``, ``weight_v``.

    Source: Salimans and Kingma, "Weight Normalization" (2016), norm over each output channel.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
    ) -> None:
        super().__init__()
        self.stride, self.padding, self.dilation, self.groups = stride, padding, dilation, groups
        # PyTorch's own initialisation: narrow stacks of N(0, 0.02) would pass no signal at all.
        plain = nn.Conv1d(in_channels, out_channels, kernel, groups=groups)
        self.weight_v = nn.Parameter(plain.weight.detach().clone())
        self.weight_g = nn.Parameter(_norm(self.weight_v).detach().clone())
        self.bias = nn.Parameter(torch.empty(out_channels))
        assert plain.bias is not None
        with torch.no_grad():
            self.bias.copy_(plain.bias)

    @property
    def weight(self) -> Tensor:
        """The weight that convolves, ``[out, in / groups, kernel]``."""
        return self.weight_v * (self.weight_g / _norm(self.weight_v))

    def forward(self, x: Tensor) -> Tensor:
        """Convolve ``[B, in, T]``."""
        return F.conv1d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)

    def folded(self) -> nn.Conv1d:
        """The same convolution with the norm multiplied in: what is exported."""
        out_channels, in_channels, kernel = self.weight_v.shape
        conv = nn.Conv1d(
            in_channels * self.groups,
            out_channels,
            kernel,
            stride=self.stride,
            padding=self.padding,
            dilation=self.dilation,
            groups=self.groups,
            device=self.weight_v.device,
            dtype=self.weight_v.dtype,
        )
        assert conv.bias is not None
        with torch.no_grad():
            conv.weight.copy_(self.weight)
            conv.bias.copy_(self.bias)
        return conv


class ResidualBlock(nn.Module):
    """Shortcut 1x1 convolution plus a dilated one, all weight-normalised: ``[B, C, T] -> [B, C, T]``."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            nn.LeakyReLU(LEAK),
            nn.ReflectionPad1d(dilation),
            WeightNormConv1d(channels, channels, 3, dilation=dilation),
            nn.LeakyReLU(LEAK),
            WeightNormConv1d(channels, channels, 1),
        )
        self.shortcut = WeightNormConv1d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Shortcut plus block."""
        y: Tensor = self.shortcut(x) + self.block(x)
        return y


def stack(channels: int, dilations: Sequence[int] = STACK_DILATIONS) -> list[nn.Module]:
    """The paper's residual stack: four blocks, dilations 1, 3, 9, 27."""
    return [ResidualBlock(channels, dilation) for dilation in dilations]


def published_initialisation(module: nn.Module) -> None:
    """Draw the weights of the plain convolutions in ``module`` from N(0, 0.02), as the authors do.

    The difference between two inputs then shrinks a millionfold on its way through the generator.
    """
    for child in module.modules():
        if isinstance(child, nn.Conv1d):
            nn.init.normal_(child.weight, 0.0, 0.02)


@torch.no_grad()
def preserving_initialisation(module: nn.Module) -> None:
    """Ours: every convolution keeps the variance of its input, so that training starts with open ears."""
    for child in module.modules():
        if isinstance(child, nn.Conv1d | WeightNormConv1d):
            weight = child.weight_v if isinstance(child, WeightNormConv1d) else child.weight
            weight.normal_(0.0, (weight.shape[1] * weight.shape[2]) ** -0.5)
            if child.bias is not None:
                child.bias.zero_()
        if isinstance(child, WeightNormConv1d):
            child.weight_g.copy_(_norm(child.weight_v))
        elif isinstance(child, ResidualBlock):
            child.shortcut.weight_g.mul_(0.5**0.5)
            last = child.block[-1]
            assert isinstance(last, WeightNormConv1d)
            last.weight_g.mul_(0.5**0.5)


def fold_weight_norm(module: Module) -> Module:
    """A copy of ``module`` without weight norm: the same function, ready for export."""
    folded = copy.deepcopy(module)
    _fold_children(folded)
    return folded


def _fold_children(module: nn.Module) -> None:
    for name, child in module.named_children():
        if isinstance(child, WeightNormConv1d):
            setattr(module, name, child.folded())
        else:
            _fold_children(child)


def _norm(weight: Tensor) -> Tensor:
    norm: Tensor = torch.linalg.vector_norm(weight, dim=(1, 2), keepdim=True)
    return norm
