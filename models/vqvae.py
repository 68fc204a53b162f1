"""Jukebox's VQ-VAE: samples to codes and back at three levels. Knows nothing of dance.

Source: Dhariwal et al., "Jukebox" (2020), the "5b" configuration, under its published names.
"""

from collections.abc import Iterator
from typing import NamedTuple

from torch import Tensor, nn

from models.codebook import Codebook, Lookup
from models.config import VQVAEConfig


class ResidualUnit(nn.Module):
    """``x`` plus [ReLU, dilated k3, ReLU, k1]: ``[B, C, T] -> [B, C, T]``."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.model = nn.Sequential(
            nn.ReLU(),
            nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation),
            nn.ReLU(),
            nn.Conv1d(channels, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """The unit, at unchanged shape."""
        y: Tensor = x + self.model(x)
        return y


class ResidualStack(nn.Module):
    """Units whose dilations grow by ``growth``; widest first when ``reverse``, as in a decoder."""

    def __init__(self, channels: int, depth: int, growth: int, *, reverse: bool = False) -> None:
        super().__init__()
        dilations = [growth**index for index in range(depth)]
        units = [ResidualUnit(channels, d) for d in (reversed(dilations) if reverse else dilations)]
        self.model = nn.Sequential(*units)

    def forward(self, x: Tensor) -> Tensor:
        """All units in turn."""
        y: Tensor = self.model(x)
        return y


class EncoderBlock(nn.Module):
    """Halves the rate ``down`` times: ``[B, in, T] -> [B, features, T / 2^down]``."""

    def __init__(self, config: VQVAEConfig, in_channels: int, down: int, multiplier: int) -> None:
        super().__init__()
        width, depth = config.width * multiplier, config.depth * multiplier
        layers: list[nn.Module] = []
        for index in range(down):
            halve = nn.Conv1d(width if index else in_channels, width, 4, stride=2, padding=1)
            layers.append(nn.Sequential(halve, ResidualStack(width, depth, config.dilation_growth)))
        layers.append(nn.Conv1d(width, config.features, 3, padding=1))
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Halve, then shape to features."""
        y: Tensor = self.model(x)
        return y


class DecoderBlock(nn.Module):
    """Doubles the rate ``down`` times: ``[B, features, T] -> [B, features, T * 2^down]``."""

    def __init__(self, config: VQVAEConfig, down: int, multiplier: int) -> None:
        super().__init__()
        width, depth = config.width * multiplier, config.depth * multiplier
        layers: list[nn.Module] = [nn.Conv1d(config.features, width, 3, padding=1)]
        for index in range(down):
            out = config.features if index == down - 1 else width
            double = nn.ConvTranspose1d(width, out, 4, stride=2, padding=1)
            stack = ResidualStack(width, depth, config.dilation_growth, reverse=True)
            layers.append(nn.Sequential(stack, double))
        self.model = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Shape to width, then double."""
        y: Tensor = self.model(x)
        return y


class Encoder(nn.Module):
    """Samples ``[B, 1, N]`` to the features ``[B, 64, N / hop]`` of one level, through the finer ones."""

    def __init__(self, config: VQVAEConfig, level: int) -> None:
        super().__init__()
        self.level_blocks = nn.ModuleList(
            EncoderBlock(config, 1 if index == 0 else config.features, config.downs[index], multiplier)
            for index, multiplier in enumerate([config.multipliers[level]] * (level + 1))
        )

    def forward(self, x: Tensor) -> Tensor:
        """Through every resolution, finest first."""
        for block in self.level_blocks:
            x = block(x)
        return x


class Decoder(nn.Module):
    """Looked-up features ``[B, 64, T]`` of one level to samples ``[B, 1, T * hop]``."""

    def __init__(self, config: VQVAEConfig, level: int) -> None:
        super().__init__()
        multiplier = config.multipliers[level]
        self.level_blocks = nn.ModuleList(
            DecoderBlock(config, config.downs[index], multiplier) for index in range(level + 1)
        )
        self.out = nn.Conv1d(config.features, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Through every resolution, coarsest first."""
        for block in reversed(self.level_blocks):
            x = block(x)
        samples: Tensor = self.out(x)
        return samples


class Bottleneck(nn.Module):
    """The codebooks, one a level, under Jukebox's names."""

    def __init__(self, config: VQVAEConfig) -> None:
        super().__init__()
        self.level_blocks = nn.ModuleList(
            Codebook(config.codes, config.features, config.decay, config.restart_below)
            for _ in range(config.levels)
        )


class Reconstruction(NamedTuple):
    """What one pass through one level gives: ``samples`` ``[B, 1, N]`` and its look-up."""

    samples: Tensor
    lookup: Lookup


class VQVAE(nn.Module):
    """Three codecs side by side; level 0 is the finest, 2 the coarsest."""

    def __init__(self, config: VQVAEConfig) -> None:
        super().__init__()
        self.config = config
        self.encoders = nn.ModuleList(Encoder(config, level) for level in range(config.levels))
        self.decoders = nn.ModuleList(Decoder(config, level) for level in range(config.levels))
        self.bottleneck = Bottleneck(config)

    def codebook(self, level: int) -> Codebook:
        """The codebook of ``level``."""
        book = self.bottleneck.level_blocks[level]
        assert isinstance(book, Codebook)
        return book

    def features(self, samples: Tensor, level: int) -> Tensor:
        """Features before the look-up, ``[B, 64, N // hop]``, of samples ``[B, N]`` or ``[B, 1, N]``.

        Raises:
            ValueError: fewer samples than one code.
        """
        samples = samples[:, None] if samples.dim() == 2 else samples
        hop = self.config.samples_per_code(level)
        if samples.shape[-1] < hop:
            raise ValueError(
                f"Level {level} needs at least {hop} samples to make a code; got {samples.shape[-1]}."
            )
        features: Tensor = self.encoders[level](samples)
        return features

    def encode(self, samples: Tensor, level: int) -> Tensor:
        """Codes ``[B, N // hop]`` of samples ``[B, N]`` or ``[B, 1, N]``."""
        return self.codebook(level).nearest(self.features(samples, level))

    def decode(self, codes: Tensor, level: int) -> Tensor:
        """Samples ``[B, 1, T * hop]`` of codes ``[B, T]``."""
        return self.decode_features(self.codebook(level).vectors(codes), level)

    def decode_features(self, features: Tensor, level: int) -> Tensor:
        """Samples ``[B, 1, T * hop]`` of looked-up features ``[B, 64, T]``."""
        samples: Tensor = self.decoders[level](features)
        return samples

    def forward(self, samples: Tensor, level: int) -> Reconstruction:
        """Encode, look up with a straight-through gradient, decode. In training it moves the codebook."""
        lookup = self.codebook(level)(self.features(samples, level))
        return Reconstruction(self.decode_features(lookup.features, level), lookup)


class CodeDecoder(nn.Module):
    """Generated features ``[B, 64, T]`` to codes ``[B, T]`` and samples ``[B, T * hop]``: what is played."""

    def __init__(self, vqvae: VQVAE, level: int) -> None:
        super().__init__()
        self.codebook, self.decoder = vqvae.codebook(level), vqvae.decoders[level]

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Codes and samples of ``features``."""
        codes = self.codebook.nearest(features)
        return codes, self.decoder(self.codebook.vectors(codes))[:, 0]


def needed_codes(config: VQVAEConfig, level: int, start: int, stop: int) -> tuple[int, int]:
    """The codes that decoding needs so that codes ``start`` to ``stop`` sound as in a full decode.

    Walks the decoder backwards; the answer may begin below zero, where there is only padding.

    Returns:
        First code, and one past the last.
    """
    hop = config.samples_per_code(level)
    low, high = start * hop, stop * hop - 1
    for reach, halves in _backwards(config, level):
        low, high = low - reach, high + reach
        if halves:  # ConvTranspose1d k4 s2 p1: output o reads inputs ceil((o - 2) / 2) .. floor((o + 1) / 2)
            low, high = -((2 - low) // 2), (high + 1) // 2
    return low, high + 1


def _backwards(config: VQVAEConfig, level: int) -> Iterator[tuple[int, bool]]:
    """Steps from samples to codes: how far convolutions reach to either side, and whether the rate halves."""
    depth = config.depth * config.multipliers[level]
    stack_reach = sum(config.dilation_growth**index for index in range(depth))
    yield 1, False  # out
    for index in range(level + 1):
        for _ in range(config.downs[index]):
            yield 0, True
            yield stack_reach, False
        yield 1, False
