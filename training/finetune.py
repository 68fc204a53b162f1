"""Teaches one level's decoder again, against discriminators that listen; encoders and codebooks stay.

The last part of the paper's system: Adam 1e-5 and the same adversarial form as the generator's.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from torch import Tensor

from models.checkpoint import packed
from models.config import FINE_TUNING_DISCRIMINATOR, LEVEL_INDEX
from models.discriminator import MultiScaleDiscriminator
from models.vqvae import VQVAE
from training.checkpoint import CheckpointError
from training.losses import feature_matching, hinge_discriminator, hinge_generator, mel_l1, waveform_l1
from training.processes import Processes


@dataclass(frozen=True)
class FineTuning:
    """How the decoder is taught."""

    level: str = "high"
    steps: int = 20_000
    minutes: float = 0.0
    batch: int = 16
    samples: int = 44_032  # a multiple of 128
    learning_rate: float = 1e-5
    judges_first: int = 0  # steps in which the discriminators alone learn: fresh ones have nothing to say
    judges_share: float = 1.0  # their learning rate, as a share
    adversarial: float = 1.0
    feature_matching: float = 3.0
    waveform: float = 40.0
    mel: float = 15.0
    discriminators: int = 3
    discriminator_base: int = 32
    seed: int = 0
    device: str = "cpu"
    save_every: int = 500
    log_every: int = 50


class FineTuner:
    """The decoder of one level, the discriminators, and the step that moves them."""

    kind = "finetune"

    def __init__(self, settings: FineTuning, codec: VQVAE, processes: Processes | None = None) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.processes = settings, processes or Processes()
        self.level = LEVEL_INDEX[settings.level]
        self.codec = codec.eval().requires_grad_(False).to(settings.device)
        self.decoder = self.codec.decoders[self.level].requires_grad_(True)
        base = settings.discriminator_base
        config = replace(FINE_TUNING_DISCRIMINATOR, scales=settings.discriminators, base=base, top=32 * base)
        self.judges = MultiScaleDiscriminator(config).to(settings.device)
        self.processes.same_everywhere(self.codec, self.judges)
        self.optimiser = _adam(self.decoder, settings.learning_rate)
        self.judges_optimiser = _adam(self.judges, settings.judges_share * settings.learning_rate)
        self.next_step = 0

    def step(self, samples: Tensor) -> dict[str, float]:
        """One update from this process's share of ``samples`` ``[B, N]``; returns the scalars by name."""
        settings = self.settings
        true = self.processes.share(samples).to(settings.device)
        with torch.no_grad():
            looked_up = self.codec.codebook(self.level).vectors(self.codec.encode(true, self.level))
        made = self.decoder(looked_up)
        judged = true[:, None]

        self.judges.requires_grad_(True)
        judges_loss = hinge_discriminator(self.judges(judged), self.judges(made.detach()))
        self._descend(self.judges_optimiser, self.judges, judges_loss)
        if self.next_step < settings.judges_first:
            self.next_step += 1
            return {"adv/discriminators": judges_loss.item()}

        self.judges.requires_grad_(False)
        scores = self.judges(made)
        adversarial = hinge_generator(scores)
        matching = feature_matching(self.judges(judged), scores)
        waveform, mel = waveform_l1(made[:, 0], true), mel_l1(made[:, 0], true)
        loss = settings.adversarial * adversarial + settings.feature_matching * matching
        loss = loss + settings.waveform * waveform + settings.mel * mel
        self._descend(self.optimiser, self.decoder, loss)
        self.next_step += 1
        return {
            "adv/discriminators": judges_loss.item(),
            "adv/generator": adversarial.item(),
            "adv/feature_matching": matching.item(),
            "waveform/l1": waveform.item(),
            "mel/l1": mel.item(),
        }

    @torch.no_grad()
    def samples(self, samples: Tensor) -> Mapping[str, Tensor]:
        """The first row of ``samples`` through the codec, and as it was."""
        row = samples[:1].to(self.settings.device)
        return {
            "codec": self.codec.decode(self.codec.encode(row, self.level), self.level)[0, 0],
            "truth": row[0],
        }

    def state(self) -> dict[str, Any]:
        """All that an exact resume needs, in plain types; ``model`` is the whole codec, ready to use."""
        return {
            "step": self.next_step,
            "model": packed(self.codec),
            "judges": packed(self.judges),
            "optimiser": self.optimiser.state_dict(),
            "judges_optimiser": self.judges_optimiser.state_dict(),
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Continue from ``state()``.

        Raises:
            CheckpointError: the run to continue is of another codec.
        """
        if state["model"]["config"] != asdict(self.codec.config):
            raise CheckpointError("The run in this folder is of another codec; give another --out.")
        self.codec.load_state_dict(state["model"]["weights"])
        self.judges.load_state_dict(state["judges"]["weights"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.judges_optimiser.load_state_dict(state["judges_optimiser"])
        self.next_step = state["step"]

    def _descend(self, optimiser: torch.optim.Optimizer, module: torch.nn.Module, loss: Tensor) -> None:
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.processes.average_gradients(module)
        optimiser.step()


def _adam(module: torch.nn.Module, learning_rate: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(module.parameters(), learning_rate, betas=(0.5, 0.9))
