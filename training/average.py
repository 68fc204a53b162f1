"""A running average of weights: smoother than the weights themselves, and what is shipped."""

import copy

import torch
from torch import nn


class WeightAverage:
    """Exponential moving average of a module's parameters; buffers are copied as they are."""

    def __init__(self, module: nn.Module, decay: float = 0.999) -> None:
        self.module = copy.deepcopy(module).eval().requires_grad_(False)
        self.decay = decay

    @torch.no_grad()
    def update(self, module: nn.Module, step: int) -> None:
        """Move towards `module`; young averages move faster, so that the first weights are forgotten."""
        decay = min(self.decay, (1 + step) / (10 + step))
        means: list[torch.Tensor] = list(self.module.parameters())
        values: list[torch.Tensor] = list(module.parameters())
        torch._foreach_lerp_(means, values, 1 - decay)
        for mean, value in zip(self.module.buffers(), module.buffers(), strict=True):
            mean.copy_(value)
