"""Teaches the Jukebox codec: three levels at once, codebooks by moving averages, multi-resolution spectra.

Source of the losses: Dhariwal et al., "Jukebox" (2020), section 3; its hyper-parameters for "5b".
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from models.checkpoint import packed, unpacked
from models.config import VQVAEConfig
from models.vqvae import VQVAE
from training.checkpoint import CheckpointError
from training.processes import Processes
from training.settings import SettingsError

SPECTRA: tuple[tuple[int, int, int], ...] = ((2048, 240, 1200), (1024, 120, 600), (512, 50, 240))
"""Fourier size, hop, window of the three resolutions."""

FAINT_RMS = 3e-3
"""Level of the faint noise, -50 dB."""


@dataclass(frozen=True)
class VQVAETraining:
    """How the codec is taught."""

    model: VQVAEConfig = field(default_factory=VQVAEConfig)
    levels: tuple[int, ...] = ()  # taught: 2 is the paper's high, 1 its low; (): all
    steps: int = 200_000
    minutes: float = 0.0
    batch: int = 16
    samples: int = 32_768  # a multiple of 128
    learning_rate: float = 3e-4
    waveform: float = 1.0
    spectral: float = 1.0
    commitment: float = 0.02
    look_up_from: int = 0  # before this step features reach the decoder as they are
    precision: str = "float32"
    seed: int = 0
    device: str = "cpu"
    save_every: int = 500
    log_every: int = 50

    def __post_init__(self) -> None:
        for level in self.levels:
            if not 0 <= level < self.model.levels:
                raise SettingsError(f"levels: {level} is not one of 0 to {self.model.levels - 1}.")

    @property
    def taught(self) -> tuple[int, ...]:
        """The levels a step moves."""
        return self.levels or tuple(range(self.model.levels))


def multi_spectral(made: Tensor, true: Tensor) -> Tensor:
    """Relative distance of magnitudes of samples ``[B, N]``, mean of the batch and of three resolutions.

    Relative to the true magnitudes, or to those of faint noise where the truth is fainter: silence would
    otherwise outweigh all music.
    """
    total = made.new_zeros(())
    for size, hop, length in SPECTRA:
        window = torch.hann_window(length, device=made.device)
        one, other = (_magnitudes(samples, size, hop, length, window) for samples in (made, true))
        missed = torch.linalg.vector_norm(one - other, dim=(1, 2))
        there = torch.linalg.vector_norm(other, dim=(1, 2))
        faint = FAINT_RMS * float(window.square().sum() * other[0].numel()) ** 0.5
        total = total + (missed / there.clamp(min=faint)).mean()
    return total / len(SPECTRA)


class VQVAETrainer:
    """The codec, its optimiser, and the step that moves them."""

    kind = "vqvae"

    def __init__(self, settings: VQVAETraining, processes: Processes | None = None) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.processes = settings, processes or Processes()
        self.codec = VQVAE(settings.model).to(settings.device)
        self.processes.same_everywhere(self.codec)
        self.optimiser = torch.optim.Adam(self.codec.parameters(), settings.learning_rate, betas=(0.9, 0.999))
        self.next_step = 0

    def step(self, samples: Tensor) -> dict[str, float]:
        """One update from this process's share of ``samples`` ``[B, N]``; returns the scalars by name."""
        settings = self.settings
        true = self.processes.share(samples).to(settings.device)
        self.codec.train()
        loss, scalars = true.new_zeros(()), {}
        for level in settings.taught:
            with self._precision():
                features = self.codec.features(true, level)
            looked_up, commitment, codes = self._look_up(features.float(), level)
            with self._precision():
                made = self.codec.decode_features(looked_up, level)
            made = made.float()[:, 0]
            waveform, spectral = F.mse_loss(made, true), multi_spectral(made, true)
            loss = loss + settings.waveform * waveform + settings.spectral * spectral
            loss = loss + settings.commitment * commitment
            scalars[f"level{level}/waveform"] = waveform.item()
            scalars[f"level{level}/spectral"] = spectral.item()
            scalars[f"level{level}/commitment"] = commitment.item()
            scalars[f"level{level}/codes"] = float(codes)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.processes.average_gradients(self.codec)
        self.optimiser.step()
        self.next_step += 1
        return scalars

    def _look_up(self, features: Tensor, level: int) -> tuple[Tensor, Tensor, int]:
        """What the decoder is given, the commitment, and how many codes were used.

        A fresh encoder's features hardly differ, but drift: a codebook that follows them from the first step
        falls to a few codes. With ``look_up_from`` it begins when there is something to follow.
        """
        if self.next_step < self.settings.look_up_from:
            return features, features.new_zeros(()), 0
        lookup = self.codec.codebook(level)(features)
        return lookup.features, lookup.commitment, len(lookup.codes.unique())

    @torch.no_grad()
    def samples(self, samples: Tensor) -> Mapping[str, Tensor]:
        """The first row of ``samples`` through each level, and as it was."""
        self.codec.eval()
        row = samples[:1].to(self.settings.device)
        sounds = {
            f"level{level}": self.codec.decode(self.codec.encode(row, level), level)[0, 0]
            for level in self.settings.taught
        }
        return sounds | {"truth": row[0]}

    def state(self) -> dict[str, Any]:
        """All that an exact resume needs, in plain types."""
        levels = range(self.settings.model.levels)
        return {
            "step": self.next_step,
            "model": packed(self.codec),
            "averages": [self.codec.codebook(level).averages() for level in levels],
            "optimiser": self.optimiser.state_dict(),
            "random": torch.get_rng_state(),
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Continue from ``state()``.

        Raises:
            CheckpointError: the run to continue is of another codec.
        """
        if state["model"]["config"] != asdict(self.settings.model):
            raise CheckpointError("The run in this folder is of another codec; give another --out.")
        self.codec.load_state_dict(state["model"]["weights"])
        for level, averages in enumerate(state["averages"]):
            self.codec.codebook(level).restore_averages(averages)
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["random"])
        self.next_step = state["step"]

    def _precision(self) -> torch.autocast:
        kind = torch.device(self.settings.device).type
        return torch.autocast(kind, torch.bfloat16, enabled=self.settings.precision == "bfloat16")


def codec_of(state: dict[str, Any]) -> VQVAE:
    """The codec in a checkpoint of kind ``vqvae`` or ``finetune``."""
    codec = unpacked(state["model"])
    assert isinstance(codec, VQVAE)
    for level in range(codec.config.levels):
        codec.codebook(level).resume_from_codes()
    return codec.eval()


def _magnitudes(samples: Tensor, size: int, hop: int, length: int, window: Tensor) -> Tensor:
    spectrum = torch.stft(samples, size, hop, length, window, return_complex=True)
    return (spectrum.real**2 + spectrum.imag**2 + 1e-8).sqrt()
