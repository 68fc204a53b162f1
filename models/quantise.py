"""Vector quantisation: features [B, D, T] to integers and back. Knows nothing of sound or training."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Quantised(NamedTuple):
    """What a quantiser returns: features like its input, codes, and how far the input lay from them."""

    features: Tensor  # [B, D, T], with a straight-through gradient to the input
    codes: Tensor  # [B, Q, T] integers
    commitment: Tensor  # scalar, mean squared distance of input to looked-up features


def squared_distances(points: Tensor, codebook: Tensor) -> Tensor:
    """Squared Euclidean distances [N, K] of `points` [N, D] to the rows of `codebook` [K, D]."""
    return (points**2).sum(1, keepdim=True) - 2 * points @ codebook.t() + (codebook**2).sum(1)


class Codebook(nn.Module):
    """`size` vectors that follow their users' mean (EMA), as in VQ-VAE-2 and Jukebox.

    A code whose decayed usage falls below `restart_below` is put where a random input of the batch lies.
    """

    vectors: Tensor
    usage: Tensor
    sums: Tensor

    def __init__(self, size: int, dim: int, decay: float = 0.99, restart_below: float = 1.0) -> None:
        super().__init__()
        self.decay = decay
        self.restart_below = restart_below
        self.register_buffer("vectors", torch.randn(size, dim))
        self.register_buffer("usage", torch.zeros(size))
        self.register_buffer("sums", torch.zeros(size, dim))

    def nearest(self, points: Tensor) -> Tensor:
        """Indices [N] of the vectors nearest to `points` [N, D]."""
        return squared_distances(points, self.vectors).argmin(1)

    @torch.no_grad()
    def follow(self, points: Tensor, codes: Tensor) -> None:
        """Move the vectors towards the `points` [N, D] that chose them; restart the unused ones."""
        count = torch.zeros_like(self.usage).index_add_(0, codes, torch.ones_like(codes, dtype=points.dtype))
        total = torch.zeros_like(self.sums).index_add_(0, codes, points)
        self.usage.mul_(self.decay).add_(count, alpha=1 - self.decay)
        self.sums.mul_(self.decay).add_(total, alpha=1 - self.decay)
        used = self.usage * points.shape[0] / self.usage.sum().clamp(min=1e-6) >= self._least(points.shape[0])
        fresh = points[torch.randint(points.shape[0], (len(self.usage),), device=points.device)]
        mean = self.usage.mean().clamp(min=1e-6)
        self.usage.copy_(torch.where(used, self.usage, mean))
        self.sums.copy_(torch.where(used[:, None], self.sums, fresh * mean))
        self.vectors.copy_(self.sums / self.usage[:, None])

    def _least(self, points: int) -> float:
        """Uses a batch below which a code is dead: a share of the even usage, at most `restart_below`."""
        return min(self.restart_below, 0.05 * points / len(self.usage))


class ResidualQuantiser(nn.Module):
    """`levels` codebooks, each looking up what those before it left over; one level is the paper's form."""

    def __init__(self, levels: int, size: int, dim: int, decay: float = 0.99) -> None:
        super().__init__()
        self.codebooks = nn.ModuleList(Codebook(size, dim, decay) for _ in range(levels))

    def book(self, level: int) -> Codebook:
        """The codebook of a level."""
        book = self.codebooks[level]
        assert isinstance(book, Codebook)
        return book

    def forward(self, features: Tensor) -> Quantised:
        """Quantise `features` [B, D, T]; in training mode the codebooks follow their input."""
        batch, dim, time = features.shape
        points = features.float().permute(0, 2, 1).reshape(-1, dim)
        rest, codes = points, []
        for book in map(self.book, range(len(self.codebooks))):
            index = book.nearest(rest)
            if self.training:
                book.follow(rest.detach(), index)
            rest = rest - book.vectors[index].detach()
            codes.append(index)
        looked_up = points - rest
        commitment = F.mse_loss(points, looked_up.detach())
        through = points + (looked_up - points).detach()
        return Quantised(
            through.reshape(batch, time, dim).permute(0, 2, 1),
            torch.stack(codes).reshape(len(codes), batch, time).permute(1, 0, 2),
            commitment,
        )

    def look_up(self, codes: Tensor) -> Tensor:
        """Features [B, D, T] of `codes` [B, Q, T]."""
        vectors = [self.book(level).vectors[codes[:, level]] for level in range(len(self.codebooks))]
        return torch.stack(vectors).sum(0).permute(0, 2, 1)
