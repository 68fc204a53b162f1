"""The house codec: samples to codes and back, all layers at code rate. Knows nothing of music or of training.

An encoder and a decoder of ConvNeXt blocks stand between a short-time Fourier transform and its inverse (the
shape of Vocos, Siuzdak 2023, arXiv:2306.00814): no layer runs at the rate of samples, so a window costs a
fiftieth of a Jukebox decoder. Frame n of both transforms is centred on code n.

The decoder is given a *clock* (models/clock.py): sines and cosines of the show's time that repeat every
`clock_codes` codes, so that noise does not buzz at the rate of codes, and goes on through block joins.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.clock import Clock, counted
from models.quantise import Quantised, ResidualQuantiser


@dataclass(frozen=True)
class CodecConfig:
    """Sizes of a codec; `codebooks` 1 of `codebook_size` 2048 is the paper's form of quantisation."""

    sample_rate: int = 22050
    samples_per_code: int = 128
    frame_codes: int = 5  # length of a Fourier frame in hops; odd, so that frames are centred on codes
    fourier_samples: int = 0  # length of the transform, where it does not fill its frame; 0: it does
    phase_below_hz: float = 3000.0  # the encoder hears magnitudes everywhere, phase only below this
    clock_codes: int = 43
    feature_dim: int = 64
    encoder_dim: int = 192
    encoder_blocks: int = 3
    decoder_dim: int = 256
    decoder_blocks: int = 6
    expansion: int = 2
    kernel: int = 5
    dilation: int = 1
    codebooks: int = 8
    codebook_size: int = 1024

    @property
    def frame_samples(self) -> int:
        """Samples of one frame."""
        return self.frame_codes * self.samples_per_code

    @property
    def transform_samples(self) -> int:
        """Samples in the middle of a frame that its transform takes up."""
        return self.fourier_samples or self.frame_samples

    @property
    def context_codes(self) -> int:
        """Codes to either side that a decoded block depends on: the decoder's declared margin."""
        return (self.decoder_blocks + 1) * (self.kernel // 2) * self.dilation + self.frame_codes // 2


class ConvNeXtBlock(nn.Module):
    """x + MLP(norm(depthwise conv(x))) on [B, T, C], Liu et al. 2022, in one dimension.

    The MLP is gated (Shazeer 2020, arXiv:2002.05202): a product of two maps is what turns "this partial, so
    loud" and "the clock's hand" into a tone.
    """

    def __init__(self, dim: int, expansion: int, kernel: int, dilation: int = 1, scale: float = 0.2) -> None:
        super().__init__()
        padding = dilation * (kernel // 2)
        self.mix = nn.Conv1d(dim, dim, kernel, padding=padding, dilation=dilation, groups=dim)
        self.norm = nn.LayerNorm(dim)
        self.expand = nn.Linear(dim, 2 * expansion * dim)
        self.reduce = nn.Linear(expansion * dim, dim)
        self.scale = nn.Parameter(torch.full((dim,), scale))

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, C] to [B, T, C]."""
        y: Tensor = self.mix(x.transpose(1, 2)).transpose(1, 2)
        value, gate = self.expand(self.norm(y)).chunk(2, dim=-1)
        y = self.reduce(value * F.silu(gate))
        return x + self.scale * y


class Trunk(nn.Module):
    """A convolution into `dim` channels and ConvNeXt blocks, [B, C_in, T] to [B, T, dim]."""

    def __init__(self, channels_in: int, dim: int, blocks: int, config: CodecConfig) -> None:
        super().__init__()
        kernel, dilation = config.kernel, config.dilation
        padding = dilation * (kernel // 2)
        self.enter = nn.Conv1d(channels_in, dim, kernel, padding=padding, dilation=dilation)
        self.norm = nn.LayerNorm(dim)
        self.blocks = nn.ModuleList(
            ConvNeXtBlock(dim, config.expansion, kernel, dilation) for _ in range(blocks)
        )
        self.norm_out = nn.LayerNorm(dim)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C_in, T] to [B, T, dim]."""
        y: Tensor = self.norm(self.enter(x).transpose(1, 2))
        for block in self.blocks:
            y = block(y)
        y = self.norm_out(y)
        return y


class Encoder(nn.Module):
    """Samples [B, T * samples_per_code] to features [B, feature_dim, T]."""

    window: Tensor

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        length = config.transform_samples
        bins = length // 2 + 1
        self.phase_bins = min(bins, round(config.phase_below_hz * length / config.sample_rate) + 1)
        self.register_buffer("window", torch.hann_window(length), persistent=False)
        channels = bins + 2 * self.phase_bins
        self.trunk = Trunk(channels, config.encoder_dim, config.encoder_blocks, config)
        self.leave = nn.Linear(config.encoder_dim, config.feature_dim)

    def heard(self, samples: Tensor) -> Tensor:
        """Log magnitudes of all bins, compressed real and imaginary parts of the low ones, [B, C, T]."""
        hop, length = self.config.samples_per_code, self.config.transform_samples
        side = (length - hop) // 2
        padded = F.pad(samples.float(), (side, side))
        spectrum = torch.stft(padded, length, hop, window=self.window, center=False, return_complex=True)
        loudness = torch.log10(spectrum.abs() + 1e-3) + 1.0
        low = spectrum[:, : self.phase_bins]
        low = low * (low.abs() + 1e-4) ** -0.6
        return torch.cat([loudness, low.real, low.imag], dim=1)

    def forward(self, samples: Tensor) -> Tensor:
        """Samples [B, N], N a multiple of samples_per_code, to features [B, feature_dim, T].

        The features of a code have mean 0 and variance 1, so none exceeds sqrt(feature_dim): a generator
        that ends in tanh x sqrt(feature_dim) can say them all.
        """
        features = self.leave(self.trunk(self.heard(samples))).float()
        return F.layer_norm(features, features.shape[-1:]).transpose(1, 2)


class Decoder(nn.Module):
    """Features [B, feature_dim, T] to samples [B, T * samples_per_code], in plain matrix products.

    The head names a log magnitude and a direction in the plane for every bin; the inverse transform is a
    product with a fixed basis, and the overlap-add a sum of shifted blocks, so that any engine runs it.
    """

    basis: Tensor

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        bins = config.transform_samples // 2 + 1
        self.clock = Clock(config.clock_codes)
        channels = config.feature_dim + self.clock.channels
        self.trunk = Trunk(channels, config.decoder_dim, config.decoder_blocks, config)
        self.head = nn.Linear(config.decoder_dim, 3 * bins)
        self.register_buffer("basis", inverse_basis(config), persistent=False)

    def forward(self, features: Tensor, number: Tensor | None = None) -> Tensor:
        """Features [B, feature_dim, T] to samples [B, T * samples_per_code].

        `number` [B, T] are the numbers of the codes since the show began, whole; None: from 0 on.
        """
        return self.synthesise(self.describe(features, number))

    def describe(self, features: Tensor, number: Tensor | None = None) -> Tensor:
        """Log magnitudes and directions x, y of all bins, [B, T, 3 * bins]; may run in bfloat16."""
        hands = self.clock(counted(features) if number is None else number)
        description: Tensor = self.head(self.trunk(torch.cat([features, hands], dim=1)))
        return description

    def synthesise(self, description: Tensor) -> Tensor:
        """A description [B, T, 3 * bins] to samples [B, T * samples_per_code]; wants float32."""
        magnitude, x, y = description.chunk(3, dim=2)
        scale = torch.exp(magnitude.clamp(max=6.0)) * torch.rsqrt(x * x + y * y + 1e-6)
        return self.overlap_add(torch.cat([scale * x, scale * y], dim=2) @ self.basis)

    def overlap_add(self, frames: Tensor) -> Tensor:
        """Sum frames [B, T, frame_samples], centred on their codes, to samples [B, T * samples_per_code]."""
        hops = self.config.frame_codes
        pieces = frames.reshape(*frames.shape[:2], hops, self.config.samples_per_code)
        total = pieces[:, :, hops // 2]
        for hop in range(hops):
            shift = hop - hops // 2  # piece `hop` of frame n belongs to code n + shift
            if shift < 0:
                total = total + F.pad(pieces[:, -shift:, hop], (0, 0, 0, -shift))
            elif shift > 0:
                total = total + F.pad(pieces[:, :-shift, hop], (0, 0, shift, 0))
        return total.flatten(1)


def inverse_basis(config: CodecConfig) -> Tensor:
    """Real inverse Fourier transform times a Hann window, [2 * bins, frame_samples], constant overlap-add."""
    length = config.transform_samples
    identity = torch.eye(length // 2 + 1, dtype=torch.complex128)
    window = torch.hann_window(length, dtype=torch.float64)
    real = torch.fft.irfft(identity, n=length) * window
    imaginary = torch.fft.irfft(1j * identity, n=length) * window
    gain = (window**2).sum() / config.samples_per_code
    side = (config.frame_samples - length) // 2
    return F.pad(torch.cat([real, imaginary]) / gain, (side, side)).float()


class Codec(nn.Module):
    """Encoder, residual quantiser and decoder; `decode(look_up(codes))` is what a bundle carries."""

    def __init__(self, config: CodecConfig) -> None:
        super().__init__()
        self.config = config
        self.encoder = Encoder(config)
        self.quantiser = ResidualQuantiser(config.codebooks, config.codebook_size, config.feature_dim)
        self.decoder = Decoder(config)

    def encode(self, samples: Tensor) -> Quantised:
        """Samples [B, N] to quantised features and codes."""
        quantised: Quantised = self.quantiser(self.encoder(samples))
        return quantised

    def forward(self, samples: Tensor) -> tuple[Tensor, Quantised]:
        """Reconstruction [B, N] of `samples` [B, N], and what the quantiser made of them."""
        quantised = self.encode(samples)
        return self.decoder(quantised.features), quantised
