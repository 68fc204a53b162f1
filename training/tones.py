"""Which semitones sound, measured: what teaches a decoder's oscillators before the spectral losses can.

A spectral loss alone settles for a smooth spectrum: no oscillator helps while features carry no pitch, and no
feature carries pitch while no oscillator uses it.
"""

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

from models.codec import CodecConfig

WINDOW = 4096
FLOOR = -7.0
"""Log amplitude of silence: -61 dB."""


@lru_cache(maxsize=4)
def _bins(config: CodecConfig, device: torch.device) -> Tensor:
    pitch = torch.arange(config.lowest_tone - 1, config.lowest_tone + config.tones + 1, dtype=torch.float64)
    hz = 440 * 2 ** ((pitch - 69) / 12)
    return torch.round(hz * WINDOW / config.sample_rate).long().to(device)


@torch.no_grad()
def tone_targets(samples: Tensor, config: CodecConfig) -> Tensor:
    """Log amplitudes [B, T, tones] of the partials in `samples` [B, N]; FLOOR where a neighbour is louder."""
    window = torch.hann_window(WINDOW, device=samples.device)
    side = (WINDOW - config.samples_per_code) // 2
    padded = F.pad(samples[:, None], (side, side), mode="reflect")[:, 0]
    spectrum = torch.stft(
        padded, WINDOW, config.samples_per_code, window=window, center=False, return_complex=True
    )
    loudest = F.max_pool1d(spectrum.abs().transpose(1, 2), 3, stride=1, padding=1)
    amplitude = 2 / window.sum() * loudest[..., _bins(config, samples.device)]
    here = amplitude[..., 1:-1]
    peak = (here >= amplitude[..., :-2]) & (here >= amplitude[..., 2:])
    return torch.where(peak, here, here * 0.02).clamp(min=1e-9).log().clamp(min=FLOOR)


def tone_distance(description: Tensor, samples: Tensor, config: CodecConfig) -> Tensor:
    """Mean difference of log amplitudes between a decoder's description and what is measured."""
    return F.l1_loss(description[..., -config.tones :].clamp(min=FLOOR - 1), tone_targets(samples, config))
