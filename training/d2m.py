"""Teaches the paper's generator against its discriminators: D2M-GAN, all terms of the final loss real.

One step reads top to bottom in ``D2MTrainer.step``. The waveform and mel terms pass straight through the
look-up and a frozen decoder; in the authors' loop they are computed without a gradient.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.checkpoint import packed, unpacked
from models.config import (
    LEVEL_INDEX,
    DiscriminatorConfig,
    GeneratorConfig,
    MotionEncoderConfig,
    PaperConfig,
    without_motion,
    without_reshape,
    without_scaling,
    without_visual,
)
from models.discriminator import MultiScaleDiscriminator
from models.layers import preserving_initialisation
from models.paper import PaperModel
from models.vqvae import VQVAE, needed_codes
from training.checkpoint import CheckpointError
from training.losses import (
    WEIGHTINGS,
    LossWeights,
    feature_matching,
    hinge_discriminator,
    hinge_generator,
    mel_l1,
    waveform_l1,
)
from training.processes import Processes
from training.settings import SettingsError

ABLATIONS = ("motion", "visual", "scaling", "reshape")
TERMS = ("adversarial", "feature_matching", "commitment", "features", "waveform", "mel")


class PaperBatch(NamedTuple):
    """Inputs and target, each with B rows; inputs a data set does not have are None."""

    motion: Tensor | None  # [B, frames, features]
    visual: Tensor | None  # [B, 1, width]
    genre: Tensor | None  # [B, genres]
    samples: Tensor  # [B, codes * samples_per_code]


@dataclass(frozen=True)
class D2MTraining:
    """How the generator is taught; the defaults are the paper's."""

    level: str = "high"
    seconds: int = 2
    without: tuple[str, ...] = ()  # of motion, visual, scaling, reshape
    discriminators: int = 3
    weighting: str = "paper"  # or official
    off: tuple[str, ...] = ()  # terms of the loss that are left out
    initialisation: str = "published"  # or preserving, see models/layers.py
    steps: int = 200_000
    minutes: float = 0.0
    batch: int = 16
    learning_rate: float = 1e-4
    judges_first: int = 0  # steps in which the discriminators alone learn: fresh ones have nothing to say
    judges_share: float = 1.0  # their learning rate, as a share
    sound_codes: int = 0  # how much of each window is decoded for waveform and mel; 0: all of it
    sound_rows: int = 0  # and of how many windows of a batch, others every step; 0: of all
    precision: str = "float32"  # or bfloat16: products in half the bits, sums and losses in full
    compile: bool = False
    divide_channels: int = 1  # 1 is the paper's; more makes a small model
    discriminator_base: int = 32
    seed: int = 0
    device: str = "cpu"
    save_every: int = 500
    log_every: int = 50

    def __post_init__(self) -> None:
        for name, known, given in (
            ("without", ABLATIONS, self.without),
            ("off", TERMS, self.off),
            ("weighting", tuple(WEIGHTINGS), (self.weighting,)),
            ("level", tuple(LEVEL_INDEX), (self.level,)),
            ("precision", ("float32", "bfloat16"), (self.precision,)),
            ("initialisation", ("published", "preserving"), (self.initialisation,)),
        ):
            for value in given:
                if value not in known:
                    raise SettingsError(f"{name}: {value!r} is not one of {', '.join(known)}.")

    @property
    def weights(self) -> LossWeights:
        """The chosen weighting, without the terms that are off."""
        off: dict[str, Any] = dict.fromkeys(self.off, 0.0)
        return replace(WEIGHTINGS[self.weighting], **off)

    def model_config(self, motion: tuple[int, int], visual: int, genres: int) -> PaperConfig:
        """The networks for data of ``motion`` (frames, features), ``visual`` width and ``genres``."""
        divide = self.divide_channels
        narrow, middle, wide = MotionEncoderConfig.channels
        encoder = MotionEncoderConfig(*motion, channels=(narrow // divide, middle // divide, wide // divide))
        generator = GeneratorConfig(
            self.level,  # type: ignore[arg-type]  # checked above
            self.seconds,
            visual_width=visual,
            genres=genres,
            divide_channels=divide,
        )
        config = PaperConfig(encoder, generator)
        for name, change in (
            ("motion", without_motion),
            ("visual", without_visual),
            ("scaling", without_scaling),
        ):
            config = change(config) if name in self.without else config
        return config

    @property
    def discriminator_config(self) -> DiscriminatorConfig:
        """The judges, after the ablations."""
        base = self.discriminator_base
        config = DiscriminatorConfig(scales=self.discriminators, base=base, top=16 * base)
        return without_reshape(config) if "reshape" in self.without else config


class D2MTrainer:
    """Motion encoder and generator on one side, discriminators on the other, the codec frozen."""

    kind = "d2m"

    def __init__(
        self, settings: D2MTraining, config: PaperConfig, codec: VQVAE, processes: Processes | None = None
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.weights = settings, settings.weights
        self.processes = processes or Processes()
        self.level = LEVEL_INDEX[config.generator.level]
        self.codec = codec.eval().requires_grad_(False).to(settings.device)
        self.model = PaperModel(config)
        self.judges = MultiScaleDiscriminator(settings.discriminator_config)
        if settings.initialisation == "preserving":
            preserving_initialisation(self.model)
        for module in (self.model, self.judges):
            module.to(settings.device)
            if settings.compile:
                module.compile()
        self.processes.same_everywhere(self.model, self.judges)
        self.optimiser = _adam(self.model, settings.learning_rate)
        self.judges_optimiser = _adam(self.judges, settings.judges_share * settings.learning_rate)
        self.next_step = 0
        self.data: dict[str, Any] = {}  # what it is taught on, for whoever exports it

    def step(self, batch: PaperBatch) -> dict[str, float]:
        """One update of both sides from this process's share of ``batch``; returns the scalars by name."""
        motion, visual, genre, samples = self._share(batch)
        with torch.no_grad():
            heard = self.codec.features(samples, self.level)
            book = self.codec.codebook(self.level)
            true = book.vectors(book.nearest(heard))
        with self._precision():
            made = self.model(motion, visual, genre)
        made = _full(made)
        scalars: dict[str, float] = {}
        if self.weights.adversarial or self.weights.feature_matching:
            scalars["adv/discriminators"] = self._teach_judges(true, made.detach())
        if self.next_step < self.settings.judges_first:
            self.next_step += 1
            return scalars
        terms = self.terms(made, heard, true, samples)
        self._descend(self.optimiser, self.model, _weighted(terms, self.weights))
        self.next_step += 1
        return scalars | {PATHS[name]: term.item() for name, term in terms.items()}

    def _teach_judges(self, true: Tensor, made: Tensor) -> float:
        """One update of the discriminators."""
        self.judges.requires_grad_(True)
        with self._precision():
            real, false = self.judges(true), self.judges(made)
            loss = hinge_discriminator(real, false)
        self._descend(self.judges_optimiser, self.judges, loss)
        return loss.item()

    def terms(self, made: Tensor, heard: Tensor, true: Tensor, samples: Tensor) -> dict[str, Tensor]:
        """Every term of the generator's loss that is on, unweighted.

        Args:
            made: generated features ``[B, 64, T]``.
            heard: the codec's features of the true sound, before the look-up, ``[B, 64, T]``.
            true: after it.
            samples: the true sound ``[B, N]``.
        """
        weights, terms = self.weights, {}
        if weights.adversarial or weights.feature_matching:
            self.judges.requires_grad_(False)
            with self._precision():
                scores = self.judges(made)
                if weights.adversarial:
                    terms["adversarial"] = hinge_generator(scores)
                if weights.feature_matching:
                    with torch.no_grad():
                        real = self.judges(true)
                    terms["feature_matching"] = feature_matching(real, scores, weights.matching)
        if weights.commitment:
            terms["commitment"] = F.l1_loss(made, true)
        if weights.features:
            terms["features"] = F.l1_loss(made, heard)
        if weights.waveform or weights.mel:
            sound, wanted = self.decoded(made, samples)
            if weights.waveform:
                terms["waveform"] = waveform_l1(sound, wanted)
            if weights.mel:
                terms["mel"] = mel_l1(sound, wanted)
        return terms

    def decoded(self, made: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
        """The sound of ``made``, straight through the look-up, and the true sound of the same moment.

        With ``sound_codes`` only that many codes from a place that changes every step, and what their exact
        decoding needs; with ``sound_rows`` only of so many windows, which change too; each ``[rows, n]``.
        The mean gradient is that of all of them, for a part of the work.
        """
        length, hop = made.shape[-1], self.codec.config.samples_per_code(self.level)
        count = min(self.settings.sound_codes or length, length)
        rng = np.random.default_rng([self.settings.seed, self.next_step])
        start = int(rng.integers(length - count + 1))
        if 0 < self.settings.sound_rows < len(made):
            rows = torch.from_numpy(np.sort(rng.permutation(len(made))[: self.settings.sound_rows]))
            made, samples = made[rows.to(made.device)], samples[rows.to(samples.device)]
        first, last = needed_codes(self.codec.config, self.level, start, start + count)
        first, last = max(first, 0), min(last, length)
        looked_up = self.codec.codebook(self.level).straight_through(made[..., first:last])
        with self._precision():
            sound = self.codec.decode_features(looked_up, self.level)[:, 0]
        part = slice((start - first) * hop, (start - first + count) * hop)
        return _full(sound)[:, part], samples[:, start * hop : (start + count) * hop]

    @torch.no_grad()
    def samples(self, batch: PaperBatch) -> Mapping[str, Tensor]:
        """The first row of ``batch``: generated, through the codec alone, and as it was."""
        *inputs, samples = self._share(batch)
        row = samples[:1]
        made = self.model(*(None if x is None else x[:1] for x in inputs))
        book = self.codec.codebook(self.level)
        copied = self.codec.decode(self.codec.encode(row, self.level), self.level)
        generated = self.codec.decode_features(book.vectors(book.nearest(made)), self.level)
        return {"generated": generated[0, 0], "codec": copied[0, 0], "truth": row[0]}

    def state(self) -> dict[str, Any]:
        """All that an exact resume needs, in plain types; networks as ``models.checkpoint`` packs them."""
        return {
            "step": self.next_step,
            "data": self.data,
            "model": packed(self.model),
            "judges": packed(self.judges),
            "optimiser": self.optimiser.state_dict(),
            "judges_optimiser": self.judges_optimiser.state_dict(),
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Continue from ``state()``.

        Raises:
            CheckpointError: the run to continue is of another network.
        """
        if state["model"]["config"] != asdict(self.model.config):
            raise CheckpointError("The run in this folder is of another network; give another --out.")
        self.next_step = state["step"]
        self.model.load_state_dict(state["model"]["weights"])
        self.judges.load_state_dict(state["judges"]["weights"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.judges_optimiser.load_state_dict(state["judges_optimiser"])

    def _share(self, batch: PaperBatch) -> PaperBatch:
        def mine(rows: Tensor) -> Tensor:
            return self.processes.share(rows).to(self.settings.device)

        motion, visual, genre = (None if x is None else mine(x) for x in batch[:3])
        return PaperBatch(motion, visual, genre, mine(batch.samples))

    def _descend(self, optimiser: torch.optim.Optimizer, module: nn.Module, loss: Tensor) -> None:
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.processes.average_gradients(module)
        optimiser.step()

    def _precision(self) -> torch.autocast:
        kind = torch.device(self.settings.device).type
        return torch.autocast(kind, torch.bfloat16, enabled=self.settings.precision == "bfloat16")


PATHS = {
    "adversarial": "adv/generator",
    "feature_matching": "adv/feature_matching",
    "commitment": "code/commitment",
    "features": "code/features",
    "waveform": "waveform/l1",
    "mel": "mel/l1",
}
"""Where each term of the generator's loss is logged."""


def generator_of(state: dict[str, Any]) -> PaperModel:
    """The taught network in a checkpoint of kind ``d2m``."""
    model = unpacked(state["model"])
    assert isinstance(model, PaperModel)
    return model.eval()


def _full(x: Tensor) -> Tensor:
    """Out of half precision, for look-ups and losses."""
    return x.float() if x.dtype == torch.bfloat16 else x


def _weighted(terms: dict[str, Tensor], weights: LossWeights) -> Tensor:
    parts: list[Tensor] = [getattr(weights, name) * term for name, term in terms.items()]
    return sum(parts[1:], start=parts[0])


def _adam(module: nn.Module, learning_rate: float) -> torch.optim.Optimizer:
    return torch.optim.Adam(module.parameters(), learning_rate, betas=(0.5, 0.9))
