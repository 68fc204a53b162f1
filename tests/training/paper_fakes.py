"""A codec that copies exactly without having learnt, and small data: for tests of the paper's training."""

import torch
from torch import Tensor, nn

from models.codebook import Codebook
from models.config import VQVAEConfig
from training.d2m import D2MTrainer, D2MTraining, PaperBatch
from training.processes import Processes

CODES, HOP, WIDTH = 344, 128, 64


class LinearCodec(nn.Module):
    """Stands in for Jukebox's: 128 samples are an orthonormal map of a vector, so both ways agree."""

    def __init__(self) -> None:
        super().__init__()
        random = torch.Generator().manual_seed(5)
        self.config = VQVAEConfig()
        self.book = Codebook(32, WIDTH)
        self.book.k.copy_(30 * torch.randn(32, WIDTH, generator=random))
        basis = torch.linalg.qr(torch.randn(HOP, WIDTH, generator=random)).Q.T
        self.register_buffer("basis", 0.02 * basis[:, None])  # [64, 1, 128]

    def features(self, samples: Tensor, level: int) -> Tensor:
        return nn.functional.conv1d(samples[:, None], self.basis, stride=HOP) / 0.02**2

    def codebook(self, level: int) -> Codebook:
        return self.book

    def encode(self, samples: Tensor, level: int) -> Tensor:
        return self.book.nearest(self.features(samples, level))

    def decode(self, codes: Tensor, level: int) -> Tensor:
        return self.decode_features(self.book.vectors(codes), level)

    def decode_features(self, features: Tensor, level: int) -> Tensor:
        return nn.functional.conv_transpose1d(features, self.basis, stride=HOP)


def small_batch(rows: int = 4, seed: int = 0) -> PaperBatch:
    """Dancers as noise, each with a phrase of eight codes that repeats."""
    random = torch.Generator().manual_seed(seed)
    phrases = torch.randint(32, (rows, 8), generator=random).repeat(1, CODES // 8)
    return PaperBatch(
        motion=torch.randn(rows, 10, 6, generator=random),
        visual=torch.randn(rows, 1, 8, generator=random),
        genre=torch.eye(10)[torch.randint(10, (rows,), generator=random)],
        samples=LinearCodec().decode(phrases, 2)[:, 0],
    )


def small_settings(**changes) -> D2MTraining:
    values = {
        "divide_channels": 8,
        "discriminator_base": 4,
        "discriminators": 1,
        "initialisation": "preserving",
        "learning_rate": 1e-3,
        "sound_codes": 64,
    }
    return D2MTraining(**{**values, **changes})


def small_trainer(processes: Processes | None = None, **changes) -> D2MTrainer:
    settings = small_settings(**changes)
    return D2MTrainer(settings, settings.model_config((10, 6), 8, 10), LinearCodec(), processes)
