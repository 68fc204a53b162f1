"""Teaches the house codec: spectral, mel and low-band distances, later a discriminator on spectra.

One step reads top to bottom in `CodecTrainer.step`. Sound comes from outside as batches [B, N].
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from models.checkpoint import load_model, save_model
from models.codec import Codec, CodecConfig
from models.interleave import interleaved
from models.spectrum_judge import SpectrumJudges
from models.weights_file import CheckpointError
from training import checkpoint
from training.adversary import Adversary
from training.average import WeightAverage
from training.house_data import Batches
from training.progress import Progress
from training.spectra import FLOOR, low_band_distance, mel_distance, spectral_distance
from training.stopping import Stopping

KIND = "codec"
MODEL_FILE = "codec_model.pt"
"""The averaged codec alone, as `models.checkpoint` reads it: for generators and for export."""


@dataclass(frozen=True)
class CodecTraining:
    """How a codec is taught; `steps` is the schedule, `minutes` the longest this call may take (0: any)."""

    model: CodecConfig = field(default_factory=CodecConfig)
    begin_from: str = ""  # a codec to start from: of this hop, or of a coarser one (models/interleave.py)
    steps: int = 20_000
    minutes: float = 0.0
    batch: int = 8
    codes: int = 128
    learning_rate: float = 8e-4
    warmup_steps: int = 50
    decay_share: float = 0.3
    quantise_from: int = 200
    encoder_only: bool = False  # codes and decoder are those of begin_from, a bundle's: learn to say them
    decoder_only_from: int = (
        1_000_000_000  # from then on codes keep their meaning and only the decoder learns
    )
    spectral: float = 1.0
    mel: float = 1.0
    mel_floor: float = 1e-3
    low_band: float = 1.0
    commitment: float = 0.25
    adversarial_from: int = 1_000_000_000  # judges of spectra, when the distances have done most of it
    adversarial: float = 0.05
    feature_matching: float = 0.5
    judge_rate: float = 2e-4
    seed: int = 0
    device: str = "cpu"
    measure_every: int = 500


def rate_at(step: int, settings: CodecTraining) -> float:
    """Learning rate: linear warm-up, constant, then a linear fall to a fiftieth over `decay_share`."""
    warm = min(1.0, (step + 1) / max(1, settings.warmup_steps))
    left = (settings.steps - step) / max(1.0, settings.decay_share * settings.steps)
    return settings.learning_rate * warm * max(0.02, min(1.0, left))


def beginning(settings: CodecTraining) -> Codec:
    """A fresh codec, or an earlier one, interleaved where its hop is a multiple of the new one.

    Raises:
        CheckpointError: the file holds no codec, or one that cannot become what the settings ask for.
    """
    if not settings.begin_from:
        return Codec(settings.model)
    earlier = load_model(settings.begin_from)
    if not isinstance(earlier, Codec):
        raise CheckpointError(f"codec, begin_from: {settings.begin_from} holds no codec.")
    times = max(1, earlier.config.samples_per_code // settings.model.samples_per_code)
    codec = interleaved(earlier, times) if times > 1 else earlier
    if codec.config != settings.model:
        raise CheckpointError(
            f"codec, begin_from: of {settings.begin_from} becomes {codec.config}, not codec, model."
        )
    return codec


class CodecTrainer:
    """Model, average, optimiser and the step that moves them."""

    def __init__(self, settings: CodecTraining) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.codec = beginning(settings).to(settings.device)
        if settings.encoder_only:
            self.codec.decoder.requires_grad_(False)
        self.average = WeightAverage(self.codec)
        self.optimiser = torch.optim.AdamW(
            self.codec.parameters(),
            settings.learning_rate,
            betas=(0.8, 0.99),
            weight_decay=1e-3,
            fused=True,
        )
        self.judges: Adversary | None = None
        if settings.adversarial_from < settings.steps:
            self.judges = Adversary(SpectrumJudges().to(settings.device), settings.judge_rate)
        self.next_step = 0
        self.trained_s = 0.0

    def step(self, samples: Tensor) -> dict[str, float]:
        """One update from `samples` [B, N]; returns the scalars by name."""
        settings, step = self.settings, self.next_step
        for group in self.optimiser.param_groups:
            group["lr"] = rate_at(step, settings)
        self.codec.train()
        if settings.encoder_only:
            self.codec.quantiser.eval()
        if step >= settings.decoder_only_from:
            self._settle_codes()
        with torch.autocast(samples.device.type, torch.bfloat16):
            features = self.codec.encoder(samples)
        if step >= settings.quantise_from:
            quantised = self.codec.quantiser(features)
            features, commitment = quantised.features, quantised.commitment
        else:  # codebooks that start among untrained features are only in the way
            commitment = 1e-3 * features.pow(2).mean()
        with torch.autocast(samples.device.type, torch.bfloat16):
            description = self.codec.decoder.describe(features)
        made = self.codec.decoder.synthesise(description.float())
        spectral = spectral_distance(made, samples)
        mel = mel_distance(made, samples, settings.mel_floor)
        low_band = low_band_distance(made, samples, settings.model.phase_below_hz)
        loss = settings.spectral * spectral + settings.mel * mel
        loss = loss + settings.low_band * low_band + settings.commitment * commitment
        scalars = {
            "spectral/distance": spectral.item(),
            "mel/l1": mel.item(),
            "low_band/l1": low_band.item(),
            "code/commitment": commitment.item(),
        }
        if self.judges is not None and step >= settings.adversarial_from:
            half = torch.autocast(samples.device.type, torch.bfloat16)
            scalars["adv/discriminators"] = self.judges.learn(made, samples, half)
            adversarial, matching = self.judges.terms(made, samples, half)
            loss = loss + settings.adversarial * adversarial + settings.feature_matching * matching
            scalars |= {"adv/generator": adversarial.item(), "adv/features": matching.item()}
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.codec.parameters(), 1.0)
        self.optimiser.step()
        self.average.update(self.codec, step)
        self.next_step += 1
        return scalars

    def _settle_codes(self) -> None:
        """Encoder and codebooks become those of the average, and stay so: a generator can rely on them."""
        self.codec.encoder.requires_grad_(False)
        self.codec.quantiser.eval()
        mean = self.average.module
        assert isinstance(mean, Codec)
        self.codec.encoder.load_state_dict(mean.encoder.state_dict())
        self.codec.quantiser.load_state_dict(mean.quantiser.state_dict())

    def state(self) -> dict[str, Any]:
        """All that an exact resume needs, in plain types."""
        return {
            "config": asdict(self.settings.model),
            "step": self.next_step,
            "trained_s": self.trained_s,
            "codec": self.codec.state_dict(),
            "average": self.average.module.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "judges": self.judges.state() if self.judges else {},
            "random": checkpoint.random_state(),
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Continue from `state()`."""
        self.codec.load_state_dict(state["codec"])
        self.average.module.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        if self.judges and state["judges"]:
            self.judges.resume(state["judges"])
        checkpoint.set_random_state(state["random"])
        self.next_step = state["step"]
        self.trained_s = state["trained_s"]


def train(settings: CodecTraining, batches: Batches, held_out: Tensor, folder: Path) -> Path:
    """Teach until `steps` or `minutes`, resuming from `folder/codec.pt` if it is there; returns that path."""
    trainer = CodecTrainer(settings)
    path = folder / "codec.pt"
    if path.exists():
        trainer.resume(checkpoint.load(path, KIND))
    progress = Progress(folder / "codec_log", settings.steps, 60 * settings.minutes)
    before_s = trainer.trained_s
    figure = 0.0

    def keep() -> None:
        trainer.trained_s = before_s + progress.elapsed_s
        checkpoint.save(path, KIND, trainer.state())
        extra = {"steps": trainer.next_step, "trained_s": trainer.trained_s, "held_out_mel_l1": figure}
        save_model(folder / MODEL_FILE, trainer.average.module, **extra)

    with Stopping(settings.minutes) as stopping:
        for fields in batches(trainer.next_step, settings.steps):
            batch = [field.to(settings.device, non_blocking=True) for field in fields]
            progress.add(trainer.next_step, **trainer.step(batch[0]))
            if trainer.next_step % settings.measure_every == 0:
                figure = held_out_distance(trainer, held_out)
                progress.add(trainer.next_step - 1, held_out__mel_l1=figure)
            if stopping.keep_due():
                keep()
            if stopping.now():
                break
    figure = held_out_distance(trainer, held_out)
    keep()
    return path


@torch.no_grad()
def held_out_distance(trainer: CodecTrainer, held_out: Tensor) -> float:
    """Log-mel L1 of the averaged weights' reconstruction of `held_out` [B, N]."""
    made, _ = trainer.average.module(held_out.to(trainer.settings.device))
    return mel_distance(made.float(), held_out.to(made.device), FLOOR).item()
