"""Teaches the streaming generator against a finished codec: features, codes, and how the decoded sound is.

One step reads top to bottom in `HouseTrainer.step`.
"""

import copy
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.checkpoint import load_model, save_model
from models.codec import Codec
from models.config import DiscriminatorConfig
from models.discriminator import MultiScaleDiscriminator
from models.quantise import ResidualQuantiser, squared_distances
from models.spectrum_judge import SpectrumJudges
from models.streaming import StreamingConfig, StreamingGenerator
from models.weights_file import CheckpointError
from training import checkpoint
from training.adversary import Adversary
from training.average import WeightAverage
from training.house_data import Batches
from training.progress import Progress
from training.score import scored
from training.spectra import mel_distance, passage_distance, spectral_distance
from training.stopping import Stopping

KIND = "house"
MODEL_FILE = "house_model.pt"
CODEC_FILE = "house_codec.pt"
"""What is exported: the averaged generator, and the codec with the decoder that was tuned to it."""


@dataclass(frozen=True)
class HouseTraining:
    """How the generator is taught; `steps` is the schedule, `minutes` the longest this call may take."""

    model: StreamingConfig = field(default_factory=StreamingConfig)
    begin_from: str = ""  # an earlier house_model.pt to start from; its codec may have been another
    steps: int = 20_000
    minutes: float = 0.0
    batch: int = 12
    codes: int = 344
    skip_codes: int = 96  # the first codes of a window lack the past that a real window has
    sound_codes: int = 48  # how much of each window is decoded for the losses on sound
    sound_from: int = 300
    decoder_from: int = (
        1_000_000_000  # from then on the decoder learns too, to speak the generator's features
    )
    decoder_rate: float = 0.3  # its learning rate, as a share of the generator's
    learning_rate: float = 1e-3
    warmup_steps: int = 100
    decay_share: float = 0.3
    feature: float = 1.0
    code: float = 0.1
    code_levels: int = 2
    temperature: float = 4.0  # squared distance by which a code's odds fall to 1/e
    mel: float = 1.0
    spectral: float = 0.5
    passage: float = 0.0  # level and spread of each mel band over the part that is decoded
    adversarial_from: int = 1_000_000_000  # judges of features, at three scales, and of sound
    adversarial: float = 0.05
    feature_matching: float = 0.5
    judge_rate: float = 2e-4
    judge_base: int = 32  # width of the judges; 32 is the paper's, and EnCodec's
    seed: int = 0
    device: str = "cpu"
    measure_every: int = 500


def code_cross_entropy(
    features: Tensor, codes: Tensor, quantiser: ResidualQuantiser, levels: int, temperature: float
) -> Tensor:
    """Cross-entropy of the true `codes` [B, Q, T] under softmax(-distance / temperature), mean of `levels`.

    Later levels are given the true codes of the earlier ones, as a language model is given the true past.
    """
    rest = features.permute(0, 2, 1).flatten(0, 1)
    total = features.new_zeros(())
    for level in range(levels):
        vectors = quantiser.book(level).vectors
        target = codes[:, level].flatten()
        total = total + F.cross_entropy(-squared_distances(rest, vectors) / temperature, target)
        rest = rest - vectors[target]
    return total / levels


def earlier(path: str, config: StreamingConfig) -> StreamingGenerator:
    """The generator of an earlier training, to go on from.

    Raises:
        CheckpointError: the file holds something else, or a generator of other sizes.
    """
    generator = load_model(path)
    if not isinstance(generator, StreamingGenerator):
        raise CheckpointError(f"house, begin_from: {path} holds a {type(generator).__name__}, no generator.")
    if generator.config != config:
        raise CheckpointError(
            f"house, begin_from: the generator in {path} has other sizes than house, model."
        )
    return generator


class HouseTrainer:
    """Generator, its average, the frozen codec, and the step that moves them."""

    def __init__(self, settings: HouseTraining, codec: Codec) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.codec = codec.eval().requires_grad_(False).to(settings.device)
        begin, model = settings.begin_from, settings.model
        self.generator = (earlier(begin, model) if begin else scored(model)).to(settings.device)
        self.average = WeightAverage(self.generator)
        self.decoder_average = WeightAverage(self.codec.decoder)
        self.optimiser = torch.optim.AdamW(
            [{"params": self.generator.parameters()}, {"params": self.codec.decoder.parameters()}],
            settings.learning_rate,
            betas=(0.8, 0.99),
            weight_decay=1e-3,
            fused=True,
        )
        self.judges: dict[str, Adversary] = {}
        if settings.adversarial_from < settings.steps:
            base = settings.judge_base
            shape = DiscriminatorConfig(base=base, top=16 * base)
            of_features, of_sound = MultiScaleDiscriminator(shape), SpectrumJudges(width=base)
            for name, judges in (("features", of_features), ("sound", of_sound)):
                self.judges[name] = Adversary(judges.to(settings.device), settings.judge_rate)
        self.next_step = 0
        self.trained_s = 0.0

    def rate(self) -> float:
        """Learning rate of the next step: warm-up, constant, then a linear fall."""
        settings = self.settings
        warm = min(1.0, (self.next_step + 1) / max(1, settings.warmup_steps))
        left = (settings.steps - self.next_step) / max(1.0, settings.decay_share * settings.steps)
        return settings.learning_rate * warm * max(0.02, min(1.0, left))

    def step(self, batch: list[Tensor]) -> dict[str, float]:
        """One update from the fields of `Example`, batched; returns the scalars by name."""
        settings = self.settings
        *inputs, samples = batch
        generator_group, decoder_group = self.optimiser.param_groups
        generator_group["lr"] = self.rate()
        decoder_group["lr"] = settings.decoder_rate * self.rate()
        tuned = self.next_step >= settings.decoder_from
        self.codec.decoder.requires_grad_(tuned)
        with torch.no_grad(), self._half():
            heard = self.codec.encoder(samples)
        with torch.no_grad():
            true = self.codec.quantiser(heard)
        with self._half():
            made = self.generator(*inputs)
        kept = slice(settings.skip_codes, settings.codes - settings.model.right_context_codes)
        feature = F.l1_loss(made[..., kept], true.features[..., kept])
        code = code_cross_entropy(
            made[..., kept],
            true.codes[..., kept],
            self.codec.quantiser,
            settings.code_levels,
            settings.temperature,
        )
        loss = settings.feature * feature + settings.code * code
        scalars = {"feature/l1": feature.item(), "code/cross_entropy": code.item()}
        if self.next_step >= settings.sound_from and settings.sound_codes:
            number = inputs[-1]
            sound, wanted = self.decoded(made, number, samples)
            mel, spectral = mel_distance(sound, wanted), spectral_distance(sound, wanted)
            loss = loss + settings.mel * mel + settings.spectral * spectral
            scalars |= {"mel/l1": mel.item(), "spectral/distance": spectral.item()}
            if settings.passage:
                passage = passage_distance(sound, wanted)
                loss = loss + settings.passage * passage
                scalars |= {"mel/passage": passage.item()}
            if tuned:  # and must not forget how true features sound
                copied, wanted = self.decoded(true.features, number, samples)
                mel, spectral = mel_distance(copied, wanted), spectral_distance(copied, wanted)
                loss = loss + settings.mel * mel + settings.spectral * spectral
                scalars |= {"codec/mel_l1": mel.item()}
            if self.next_step >= settings.adversarial_from:
                pairs = {"features": (made[..., kept], true.features[..., kept]), "sound": (sound, wanted)}
                for name, (one, other) in pairs.items():
                    scalars[f"adv/{name}_judges"] = self.judges[name].learn(one, other, self._half())
                    adversarial, matching = self.judges[name].terms(one, other, self._half())
                    loss = loss + settings.adversarial * adversarial + settings.feature_matching * matching
                    scalars |= {f"adv/{name}": adversarial.item(), f"match/{name}": matching.item()}
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.generator.parameters(), 1.0)
        torch.nn.utils.clip_grad_norm_(self.codec.decoder.parameters(), 1.0)
        self.optimiser.step()
        self.average.update(self.generator, self.next_step)
        if tuned:
            self.decoder_average.update(self.codec.decoder, self.next_step)
        self.next_step += 1
        return scalars

    def decoded(self, features: Tensor, number: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
        """The sound of a part of `features`, straight through the look-up, and the true one, [B, n] each."""
        settings = self.settings
        context = self.codec.config.context_codes
        hop = self.codec.config.samples_per_code
        last = settings.codes - settings.model.right_context_codes - settings.sound_codes - context
        rng = np.random.default_rng([settings.seed, 4, self.next_step])
        start = int(rng.integers(settings.skip_codes, last))
        end = start + settings.sound_codes
        part = slice(start - context, end + context)
        looked_up = self.codec.quantiser(features[..., part]).features
        with self._half():
            description = self.codec.decoder.describe(looked_up, number[:, part])
        sound = self.codec.decoder.synthesise(description.float())[:, context * hop : -context * hop]
        return sound, samples[:, start * hop : end * hop]

    def spoken_codec(self) -> Codec:
        """The codec with the averaged decoder: what a bundle carries."""
        codec = copy.deepcopy(self.codec)
        codec.decoder.load_state_dict(self.decoder_average.module.state_dict())
        return codec.eval()

    def _half(self) -> torch.autocast:
        return torch.autocast(torch.device(self.settings.device).type, torch.bfloat16)

    def state(self) -> dict[str, Any]:
        """All that an exact resume needs, in plain types."""
        return {
            "config": asdict(self.settings.model),
            "step": self.next_step,
            "trained_s": self.trained_s,
            "generator": self.generator.state_dict(),
            "average": self.average.module.state_dict(),
            "decoder": self.codec.decoder.state_dict(),
            "decoder_average": self.decoder_average.module.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "judges": {name: judges.state() for name, judges in self.judges.items()},
            "random": checkpoint.random_state(),
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Continue from `state()`."""
        self.generator.load_state_dict(state["generator"])
        self.average.module.load_state_dict(state["average"])
        self.codec.decoder.load_state_dict(state["decoder"])
        self.decoder_average.module.load_state_dict(state["decoder_average"])
        self.optimiser.load_state_dict(state["optimiser"])
        for name, judges in self.judges.items():
            if name in state["judges"]:  # else they begin now
                judges.resume(state["judges"][name])
        checkpoint.set_random_state(state["random"])
        self.next_step = state["step"]
        self.trained_s = state["trained_s"]


@torch.no_grad()
def measured(trainer: HouseTrainer, batch: list[Tensor], unheard: Tensor) -> dict[str, float]:
    """Log-mel L1 of the averaged generator and of the codec on the windows of `batch`, songs they know.

    And of the codec on `unheard` [B, N], songs that no network was shown.
    """
    *inputs, samples = batch
    codec, settings = trainer.spoken_codec(), trainer.settings
    hop = codec.config.samples_per_code
    part = slice(settings.skip_codes * hop, (settings.codes - settings.model.right_context_codes - 20) * hop)
    generated = codec.decoder(codec.quantiser(trainer.average.module(*inputs)).features, inputs[-1])
    copied, _ = codec(samples)
    return {
        "held_out__mel_l1": mel_distance(generated[:, part], samples[:, part]).item(),
        "held_out__codec_mel_l1": mel_distance(copied[:, part], samples[:, part]).item(),
        "unheard__codec_mel_l1": mel_distance(codec(unheard)[0], unheard).item(),
    }


def train(
    settings: HouseTraining,
    codec: Codec,
    batches: Batches,
    held_out: list[Tensor],
    unheard: Tensor,
    folder: Path,
    about: dict[str, float],
) -> Path:
    """Teach until `steps` or `minutes`, resuming from `folder/house.pt` if it is there; returns that path.

    `held_out` is a batch and `unheard` are samples [B, N] to measure on; `about` goes into the models' files.
    """
    trainer = HouseTrainer(settings, codec)
    path = folder / "house.pt"
    if path.exists():
        trainer.resume(checkpoint.load(path, KIND))
    progress = Progress(folder / "house_log", settings.steps, 60 * settings.minutes)
    before_s = trainer.trained_s
    held_out, unheard = [field.to(settings.device) for field in held_out], unheard.to(settings.device)
    figures: dict[str, float] = {}

    def keep() -> None:
        trainer.trained_s = before_s + progress.elapsed_s
        checkpoint.save(path, KIND, trainer.state())
        extra = {"steps": trainer.next_step, "trained_s": trainer.trained_s, **about, **figures}
        save_model(folder / MODEL_FILE, trainer.average.module, **extra)
        save_model(folder / CODEC_FILE, trainer.spoken_codec(), **extra)

    with Stopping(settings.minutes) as stopping:
        for fields in batches(trainer.next_step, settings.steps):
            batch = [field.to(settings.device, non_blocking=True) for field in fields]
            progress.add(trainer.next_step, **trainer.step(batch))
            if trainer.next_step % settings.measure_every == 0:
                figures = measured(trainer, held_out, unheard)
                progress.add(trainer.next_step - 1, **figures)
            if stopping.keep_due():
                keep()
            if stopping.now():
                break
    figures = measured(trainer, held_out, unheard)
    keep()
    return path
