"""What a house bundle decodes with: look-up and decoder as one graph. Torch only."""

import torch
from torch import Tensor, nn

from models.codec import Codec


class FeatureDecoder(nn.Module):
    """Features as a generator says them, to the nearest codes and their sound."""

    def __init__(self, codec: Codec) -> None:
        super().__init__()
        self.quantiser = codec.quantiser
        self.decoder = codec.decoder

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Features [B, D, T] to codes [B, Q, T] int64 and samples [B, T * samples_per_code]."""
        points = features.transpose(1, 2)  # [B, T, D]
        rest, codes = points, []
        for level in range(len(self.quantiser.codebooks)):
            vectors = self.quantiser.book(level).vectors
            index = nearest(rest, vectors)
            rest = rest - vectors[index]
            codes.append(index)
        return torch.stack(codes, dim=1), self.decoder((points - rest).transpose(1, 2))


def nearest(points: Tensor, vectors: Tensor) -> Tensor:
    """Indices [B, T] of the `vectors` [K, D] nearest to `points` [B, T, D]; |point|^2 decides nothing."""
    return ((vectors**2).sum(1) - 2 * points @ vectors.t()).argmin(-1)
