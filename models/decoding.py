"""What a house bundle decodes with: look-up and decoder as one graph. Torch only."""

from math import isqrt

import torch
from torch import Tensor, nn

from models.codec import Codec


class FeatureDecoder(nn.Module):
    """Features as a generator says them, to the nearest codes and their sound."""

    def __init__(self, codec: Codec) -> None:
        super().__init__()
        self.quantiser = codec.quantiser
        self.decoder = codec.decoder

    def forward(self, features: Tensor, clock: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Features [B, D, T] to codes [B, Q, T] int64 and samples [B, T * samples_per_code].

        `clock` [B, T]: the codes' numbers since the show began, whole; None: from 0 on.
        """
        points = features.transpose(1, 2)  # [B, T, D]
        rest, codes = points, []
        for level in range(len(self.quantiser.codebooks)):
            vectors = self.quantiser.book(level).vectors
            index = nearest(rest, vectors)
            rest = rest - vectors[index]
            codes.append(index)
        return torch.stack(codes, dim=1), self.decoder((points - rest).transpose(1, 2), clock)


def nearest(points: Tensor, vectors: Tensor) -> Tensor:
    """Indices [B, T] of the `vectors` [K, D] nearest to `points` [B, T, D]; |point|^2 decides nothing."""
    return least((vectors**2).sum(1) - 2 * points @ vectors.t())


def least(values: Tensor) -> Tensor:
    """`values.argmin(-1)` of [..., K] in two steps: the group of the smallest, then its place in there.

    ONNX Runtime's ArgMin reads one number at a time, its ReduceMin sixteen: this takes a third of the time.
    """
    size = next(size for size in range(isqrt(values.shape[-1]), 0, -1) if values.shape[-1] % size == 0)
    groups = values.reshape(*values.shape[:-1], -1, size)
    group = groups.amin(-1).argmin(-1, keepdim=True)
    chosen = groups.gather(-2, group[..., None].expand(*group.shape, size))[..., 0, :]
    place: Tensor = group[..., 0] * size + chosen.argmin(-1)
    return place
