"""Discriminators on complex spectra at several resolutions: they hear phases, buzz and blur. Torch only.

The shape of EnCodec's (Defossez et al. 2022, arXiv:2210.13438): 2-D convolutions over time and frequency.
"""

import torch
from torch import Tensor, nn

from models.layers import LEAK


class SpectrumJudge(nn.Module):
    """One resolution: five convolutions, each one's output kept; the last is the score."""

    window: Tensor

    def __init__(self, n_fft: int, width: int) -> None:
        super().__init__()
        self.n_fft = n_fft
        self.register_buffer("window", torch.hann_window(n_fft), persistent=False)
        shapes = [(2, width, (1, 1)), (width, width, (1, 2)), (width, width, (2, 2)), (width, width, (4, 2))]
        self.layers = nn.ModuleList(
            nn.Conv2d(
                narrow, wide, (3, 9), stride=(1, stride[1]), dilation=(stride[0], 1), padding=(stride[0], 4)
            )
            for narrow, wide, stride in shapes
        )
        self.score = nn.Conv2d(width, 1, (3, 3), padding=(1, 1))

    def forward(self, samples: Tensor) -> list[Tensor]:
        """Samples [B, N] to the outputs of all layers, score last."""
        window = self.window
        spectrum = torch.stft(
            samples.float(), self.n_fft, self.n_fft // 4, window=window, center=False, return_complex=True
        )
        spectrum = spectrum * (spectrum.abs() + 1e-3) ** -0.5  # compressed, or the kick is all it hears
        x = torch.stack([spectrum.real, spectrum.imag], dim=1).transpose(2, 3)  # [B, 2, T, bins]
        outputs = []
        for layer in self.layers:
            x = nn.functional.leaky_relu(layer(x), LEAK)
            outputs.append(x)
        outputs.append(self.score(x))
        return outputs


class SpectrumJudges(nn.Module):
    """Judges of several resolutions."""

    def __init__(self, sizes: tuple[int, ...] = (256, 512, 1024, 2048), width: int = 32) -> None:
        super().__init__()
        self.judges = nn.ModuleList(SpectrumJudge(size, width) for size in sizes)

    def forward(self, samples: Tensor) -> list[list[Tensor]]:
        """Samples [B, N] to every layer's output of every resolution."""
        return [judge(samples) for judge in self.judges]
