"""The paper's VQ generator, high and low level: one fused vector becomes a grid of code features.

It has no notion of time and no noise input: the same vector always gives the same two seconds.
"""

import torch
from torch import Tensor, nn

from models.config import CODE_FEATURES, GeneratorConfig
from models.layers import LEAK, published_initialisation, stack


class VQGenerator(nn.Module):
    """Fuses motion ``[B, 1, 1024]``, visual ``[B, 1, 2048]`` and genre ``[B, 10]``."""

    lin: nn.Linear
    model: nn.Sequential

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__()
        self.config = config
        if config.genres:
            self.genre_embed = nn.Embedding(config.genres, config.genre_width)

    def fuse(self, motion: Tensor | None, visual: Tensor | None, genre: Tensor | None) -> Tensor:
        """Concatenate what this generator takes: ``[B, 1, fused_width]``.

        Args:
            motion: motion embedding ``[B, 1, motion_width]``.
            visual: visual features ``[B, 1, visual_width]``.
            genre: weights ``[B, genres]`` summing to 1; a one-hot picks a genre, others blend them.

        Raises:
            ValueError: an input this generator was built for is missing.
        """
        given = {"motion": motion, "visual": visual, "genre": genre}
        wanted = {
            "motion": self.config.motion_width,
            "visual": self.config.visual_width,
            "genre": self.config.genres,
        }
        parts = []
        for name, width in wanted.items():
            if not width:
                continue
            part = given[name]
            if part is None:
                raise ValueError(f"This generator takes the input {name!r}; none was given.")
            parts.append((part @ self.genre_embed.weight)[:, None] if name == "genre" else part)
        return torch.cat(parts, dim=-1)


class HighGenerator(VQGenerator):
    """One code every 128 samples: features ``[B, 64, 344]`` for two seconds."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        width = 32 // config.divide_channels
        # Each k41 p1 convolution takes 38 steps, the last (k40) 37; two of them halve the signal.
        self.lin = nn.Linear(config.fused_width, 4 * config.codes + 682)
        layers: list[nn.Module] = [nn.Conv1d(1, width, 6, stride=2, padding=1), *stack(width)]
        for stride in (2, 1, 1, 1):
            layers += [nn.LeakyReLU(LEAK), nn.Conv1d(width, 2 * width, 41, stride=stride, padding=1)]
            width *= 2
            layers += stack(width)
        layers += [nn.LeakyReLU(LEAK), nn.Conv1d(width, CODE_FEATURES, 40, padding=1), nn.Tanh()]
        self.model = nn.Sequential(*layers)
        published_initialisation(self)

    def forward(self, motion: Tensor | None, visual: Tensor | None, genre: Tensor | None = None) -> Tensor:
        """Code features ``[B, 64, codes]`` within +-sigma."""
        features: Tensor = self.model(self.lin(self.fuse(motion, visual, genre)))
        return features * self.config.sigma


class LowGenerator(VQGenerator):
    """One code every 32 samples: features ``[B, 64, 1378]`` for two seconds."""

    def __init__(self, config: GeneratorConfig) -> None:
        super().__init__(config)
        width = 32 // config.divide_channels
        length = 1024 * config.seconds
        self.lin = nn.Linear(config.fused_width, length)
        layers: list[nn.Module] = [
            nn.ReflectionPad1d(3),
            nn.Conv1d(1, width, 6, stride=2, padding=1),
            *stack(width),
        ]
        length = (length + 6 - 4) // 2 + 1
        for pad, kernel, stride in ((32, 4, 1), (64, 40, 2), (64, 40, 1), (64, 40, 1), (64, 40, 1)):
            layers += [nn.LeakyReLU(LEAK), nn.ReflectionPad1d(pad)]
            layers += [nn.Conv1d(width, 2 * width, kernel, stride=stride, padding=1)]
            width *= 2
            layers += stack(width)
            length = (length + 2 * pad + 2 - kernel) // stride + 1
        layers += [nn.LeakyReLU(LEAK), nn.ReflectionPad1d(64), nn.Conv1d(width, width, 40, padding=1)]
        layers += [nn.ReflectionPad1d(64), nn.Conv1d(width, CODE_FEATURES, 40, padding=1), nn.Tanh()]
        self.model = nn.Sequential(*layers)
        self.fc = nn.Linear(length + 2 * (128 + 2 - 39), config.codes)
        published_initialisation(self)

    def forward(self, motion: Tensor | None, visual: Tensor | None, genre: Tensor | None = None) -> Tensor:
        """Code features ``[B, 64, codes]``; the last Linear may exceed +-sigma a little."""
        features: Tensor = self.fc(self.model(self.lin(self.fuse(motion, visual, genre))))
        return features * self.config.sigma


def build_generator(config: GeneratorConfig) -> HighGenerator | LowGenerator:
    """The generator of ``config.level``."""
    return HighGenerator(config) if config.level == "high" else LowGenerator(config)
