"""A codebook that follows its features by exponential moving averages. Knows nothing of sound.

Source: van den Oord et al. (2017), appendix A.1; restarts of unused codes as in Jukebox (2020).
"""

from typing import NamedTuple

import torch
import torch.distributed as dist
from torch import Tensor, nn


class Lookup(NamedTuple):
    """Codes ``[B, T]``, their vectors ``[B, D, T]`` with a straight-through gradient, and the cost."""

    codes: Tensor
    features: Tensor
    commitment: Tensor
    """Mean squared distance between the features and their codes; its gradient moves the features only."""


class Codebook(nn.Module):
    """``codes`` vectors of ``width``; only the vectors ``k`` are part of a published checkpoint."""

    k: Tensor
    k_sum: Tensor
    k_count: Tensor

    def __init__(self, codes: int, width: int, decay: float = 0.99, restart_below: float = 1.0) -> None:
        super().__init__()
        self.decay, self.restart_below = decay, restart_below
        self.register_buffer("k", torch.randn(codes, width))
        self.register_buffer("k_sum", torch.zeros(codes, width), persistent=False)
        self.register_buffer("k_count", torch.zeros(codes), persistent=False)

    def nearest(self, features: Tensor) -> Tensor:
        """The code of least squared Euclidean distance at each step: ``[B, D, T] -> [B, T]``."""
        # |x - k|^2 without |x|^2, which is the same for every code.
        distance = self.k.square().sum(dim=1)[:, None] - 2 * (self.k @ features)  # [B, codes, T]
        return distance.argmin(dim=1)

    def vectors(self, codes: Tensor) -> Tensor:
        """The vectors of ``codes`` ``[B, T]``: ``[B, D, T]``."""
        return nn.functional.embedding(codes, self.k).mT

    def straight_through(self, features: Tensor) -> Tensor:
        """Looked-up vectors whose gradient passes unchanged to ``features``, ``[B, D, T]``."""
        looked_up = self.vectors(self.nearest(features))
        return features + (looked_up - features).detach()

    def forward(self, features: Tensor) -> Lookup:
        """Look up ``features`` ``[B, D, T]``; in training mode the codebook follows them."""
        if self.training and not self.started:
            self.start_from(features)
        codes = self.nearest(features)
        looked_up = self.vectors(codes).detach()
        if self.training:
            self.follow(features.detach(), codes)
        commitment = nn.functional.mse_loss(features, looked_up)
        return Lookup(codes, features + (looked_up - features).detach(), commitment)

    @property
    def started(self) -> bool:
        """Whether the averages hold anything yet."""
        return bool(self.k_count.any())

    @torch.no_grad()
    def start_from(self, features: Tensor) -> None:
        """Begin with random vectors of the first batch; a code that the next does not use starts anew."""
        self.k.copy_(self._random_vectors(_rows(features)))
        self.k_count.fill_(self.restart_below or 1.0)
        self.k_sum.copy_(self.k * self.k_count[:, None])

    @torch.no_grad()
    def resume_from_codes(self) -> None:
        """Begin the averages from the codes as they are: after loading a checkpoint that has only them."""
        self.k_sum.copy_(self.k)
        self.k_count.fill_(1.0)

    @torch.no_grad()
    def follow(self, features: Tensor, codes: Tensor) -> None:
        """One step of the moving averages; codes used less than ``restart_below`` start anew.

        With several processes the averages are those of the whole batch, equal everywhere.
        """
        rows, picked = _rows(features), codes.reshape(-1)
        total = torch.zeros_like(self.k_sum).index_add_(0, picked, rows)
        count = torch.zeros_like(self.k_count).index_add_(0, picked, torch.ones_like(rows[:, 0]))
        fresh = self._random_vectors(rows)
        if dist.is_initialized():
            dist.all_reduce(total)
            dist.all_reduce(count)
        self.k_sum.lerp_(total, 1 - self.decay)
        self.k_count.lerp_(count, 1 - self.decay)
        count = self.k_count[:, None]
        # Jukebox leaves the sum of a restarted code as it was, and its first use throws it back to where it
        # died; here the sum moves with the code.
        self.k_sum.copy_(torch.where(count >= self.restart_below, self.k_sum, fresh * count))
        self.k.copy_(torch.where(count >= self.restart_below, self.k_sum / count, fresh))

    def averages(self) -> dict[str, Tensor]:
        """What training must save beside the state dict to resume on the same curve."""
        return {"k_sum": self.k_sum.clone(), "k_count": self.k_count.clone()}

    @torch.no_grad()
    def restore_averages(self, averages: dict[str, Tensor]) -> None:
        """The inverse of ``averages``."""
        self.k_sum.copy_(averages["k_sum"])
        self.k_count.copy_(averages["k_count"])

    def _random_vectors(self, rows: Tensor) -> Tensor:
        """As many vectors as codes, drawn from ``rows``; too few rows are repeated with a little noise."""
        repeats = -(-len(self.k) // len(rows))
        if repeats > 1:
            rows = rows.repeat(repeats, 1)
            rows = rows + torch.randn_like(rows) * 0.01 / rows.shape[1] ** 0.5
        fresh = rows[torch.randperm(len(rows), device=rows.device)[: len(self.k)]]
        if dist.is_initialized():
            fresh = fresh.contiguous()
            dist.broadcast(fresh, 0)
        return fresh


def _rows(features: Tensor) -> Tensor:
    return features.mT.reshape(-1, features.shape[1])
