"""Spectral distances between samples, with gradients. Knows nothing of what made the samples."""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from features.mel import HOP_SAMPLES, N_FFT, N_MELS, SAMPLE_RATE_HZ, mel_filters

FFT_SIZES = (128, 512, 1024, 2048)
FLOOR = 1e-3
"""Magnitudes below this count as silence: the project's measure of a codec is taken with this floor."""


@lru_cache(maxsize=32)
def _window(length: int, device: torch.device) -> Tensor:
    return torch.hann_window(length, device=device)


@lru_cache(maxsize=8)
def _filters(n_mels: int, device: torch.device) -> Tensor:
    return torch.tensor(mel_filters(SAMPLE_RATE_HZ, N_FFT, n_mels), device=device)


def magnitudes(samples: Tensor, n_fft: int, hop_samples: int) -> Tensor:
    """Magnitudes [B, n_fft / 2 + 1, T] of `samples` [B, N]; Hann window, no padding."""
    window = _window(n_fft, samples.device).to(samples.dtype)
    spectrum = torch.stft(samples, n_fft, hop_samples, window=window, center=False, return_complex=True)
    return (spectrum.real**2 + spectrum.imag**2 + 1e-10).sqrt()


def log_mel(samples: Tensor, floor: float = FLOOR, n_mels: int = N_MELS) -> Tensor:
    """log10 mel magnitudes [B, n_mels, T] of `samples` [B, N], as `features.mel.log_mel`."""
    pad = (N_FFT - HOP_SAMPLES) // 2
    padded = F.pad(samples[:, None], (pad, pad), mode="reflect")[:, 0]
    mel = _filters(n_mels, samples.device).to(samples.dtype) @ magnitudes(padded, N_FFT, HOP_SAMPLES)
    return torch.log10(mel.clamp(min=floor))


def mel_distance(made: Tensor, true: Tensor, floor: float = FLOOR) -> Tensor:
    """Mean absolute difference of log10 mel magnitudes: the measure of a codec."""
    return F.l1_loss(log_mel(made, floor), log_mel(true, floor))


def passage_distance(made: Tensor, true: Tensor, floor: float = FLOOR) -> Tensor:
    """How far each mel band's mean level over the passage is off, and its spread, in decades.

    A distance frame by frame is least at the median of what may come, which is quieter and flatter than what
    does come: this asks for the whole passage's level and liveliness (global variance, Toda and Tokuda 2007).
    """
    one, other = log_mel(made, floor), log_mel(true, floor)
    level = F.l1_loss(one.mean(-1), other.mean(-1))
    spread = F.l1_loss((one.var(-1) + 1e-4).sqrt(), (other.var(-1) + 1e-4).sqrt())
    return level + spread


def spectral_distance(made: Tensor, true: Tensor, sizes: tuple[int, ...] = FFT_SIZES) -> Tensor:
    """Spectral convergence and log-magnitude L1, averaged over `sizes` (Parallel WaveGAN, Yamamoto 2020)."""
    total = made.new_zeros(())
    for size in sizes:
        one, other = magnitudes(made, size, size // 4), magnitudes(true, size, size // 4)
        convergence = torch.linalg.norm(one - other) / torch.linalg.norm(other).clamp(min=1.0)
        total = total + convergence + F.l1_loss(torch.log10(one + FLOOR), torch.log10(other + FLOOR))
    return total / len(sizes)


def low_band_distance(made: Tensor, true: Tensor, below_hz: float) -> Tensor:
    """L1 of complex spectra below `below_hz`, relative to the true magnitudes: it hears phase.

    A waveform distance would ask for the phase of cymbals, which an encoder may leave out.
    """
    bins = round(below_hz * 1024 / SAMPLE_RATE_HZ) + 1
    window = _window(1024, made.device)
    one, other = (
        torch.stft(samples, 1024, 256, window=window, center=False, return_complex=True)[:, :bins]
        for samples in (made, true)
    )
    difference = ((one.real - other.real) ** 2 + (one.imag - other.imag) ** 2 + 1e-10).sqrt()
    return difference.mean() / other.abs().mean().clamp(min=1e-2)
