"""Teaches the follower's network (features/beat_sense.py) where in the beat a movement is.

``python -m training accents --config configs/training/accents.yaml --out build/accents`` makes dances
(corpus/beat_pool.py), trains on pieces of them, and writes ``beat_sense.npz``, which is copied to features/.
The loss is the negative log-likelihood of the true phase under the density that the network gives, of beat
and of bar: what cannot be told is best left flat, so its confidence is honest where dancers are like those it
learnt from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from corpus.beat_dances import RECORDED
from corpus.beat_pool import BeatPool, beat_pool, recorded_pool
from corpus.on_the_grid import all_laid
from features.beat_sense import BAR_ORDERS, BEAT_ORDERS, DELAY_S, LAYERS, OUTPUTS, TOGETHER
from features.pose_stream import INPUTS
from training import checkpoint
from training.progress import Progress
from training.settings import SettingsError, load_settings
from training.stopping import Stopping

KIND = "accents"
CELLS = 64
"""Phases at which a density is summed to make it integrate to 1."""
BAR_SHARE = 0.5
"""Weight of the bar's likelihood beside the beat's."""
PLACES = 2 * INPUTS // 5
"""How many of a row's numbers are places; as many velocities follow."""


@dataclass(frozen=True)
class AccentTraining:
    """How the network is taught."""

    dances: int = 1000
    held_out: int = 100  # the first of them, for validation
    seconds: float = 40.0
    first_seed: int = 100_000
    width: int = 40
    hidden: int = 56
    steps: int = 4000
    batch: int = 64
    rows: int = 300  # 10 s
    learning_rate: float = 4e-3
    noise: float = 0.05  # standard deviation added to standardised inputs
    offset: float = 0.03  # torso lengths, of each joint of a piece: bodies and trackers differ
    gain: float = 0.05  # and so do their sizes
    seed: int = 0
    log_every: int = 200
    without: tuple[str, ...] = field(default=())  # styles left out, to see what an unknown one suffers
    motions: str = ""  # folder of motion capture: real dancers as well
    each: int = 10  # dances after every recording
    leave_out: tuple[str, ...] = field(default=())  # patterns of recordings to be examined on


class SenseNet(nn.Module):
    """The same arithmetic as features.beat_sense.BeatSense, for many sequences at once."""

    def __init__(self, width: int, hidden: int) -> None:
        super().__init__()
        self.register_buffer("centre", torch.zeros(TOGETHER * INPUTS))
        self.register_buffer("spread", torch.ones(TOGETHER * INPUTS))
        self.add_module("in", nn.Linear(TOGETHER * INPUTS, width))
        self.add_module(LAYERS[0], nn.GRU(width, hidden, batch_first=True))
        self.add_module(LAYERS[1], nn.GRU(hidden, hidden, batch_first=True))
        self.out = nn.Linear(hidden, OUTPUTS)

    def standardise(self, rows: NDArray[np.float16]) -> None:
        """Learn the inputs' mean and spread from dances ``[B, T, INPUTS]``."""
        flat = torch.tensor(rows.reshape(-1, TOGETHER * INPUTS).astype(np.float32))
        self.centre, self.spread = flat.mean(0), flat.std(0) + 0.01

    def forward(self, rows: Tensor, noise: float = 0.0) -> Tensor:
        """Rows ``[B, T, TOGETHER * INPUTS]`` to ``[B, T, OUTPUTS]``, each sequence from an empty memory."""
        x = (rows - self.centre) / self.spread
        x = torch.tanh(self.get_submodule("in")(x + noise * torch.randn_like(x)))
        for name in LAYERS:
            x, _ = self.get_submodule(name)(x)
        told: Tensor = self.out(x)
        return told


def surprise(out: Tensor, beats: Tensor, barless: Tensor | None = None) -> tuple[Tensor, Tensor]:
    """Mean of -log(density) of beat and bar, 0 for a flat one. ``beats`` NaN: nothing there, flat is best.

    ``barless`` ``[B]``: sequences whose bars nobody knows; what is said of them does not count.
    """
    pairs = out.reshape(*out.shape[:-1], -1, 2)
    beat = _surprise(pairs[..., :BEAT_ORDERS, :], beats)
    bar = _surprise(pairs[..., BEAT_ORDERS : BEAT_ORDERS + BAR_ORDERS, :], beats / 4)
    known = torch.ones(len(bar)) if barless is None else (~barless).float()
    return beat.mean(), (bar.mean(1) * known).sum() / known.sum().clamp(min=1.0)


def _surprise(pairs: Tensor, phase: Tensor) -> Tensor:
    orders = torch.arange(1, pairs.shape[-2] + 1)
    grid = 2 * torch.pi * torch.arange(CELLS)[:, None] / CELLS * orders
    waves = pairs[..., 0] @ torch.cos(grid).T + pairs[..., 1] @ torch.sin(grid).T
    total = torch.logsumexp(waves, -1) - np.log(CELLS)
    angle = 2 * torch.pi * torch.nan_to_num(phase)[..., None] * orders
    there = (pairs[..., 0] * torch.cos(angle) + pairs[..., 1] * torch.sin(angle)).sum(-1)
    missed: Tensor = total - torch.where(torch.isfinite(phase), there, 0.0)
    return missed


def examples(pool: BeatPool) -> tuple[Tensor, Tensor, Tensor]:
    """Rows ``[B, T, TOGETHER * INPUTS]``; the beat (mod 4) at their last ``[B, T]``; and barless."""
    count, rows, _ = pool.rows.shape
    taken = rows // TOGETHER * TOGETHER
    x = pool.rows[:, :taken].reshape(count, -1, TOGETHER * INPUTS)
    y = pool.beats[:, TOGETHER - 1 : taken : TOGETHER] % 4
    barless = torch.tensor(pool.style == RECORDED)
    return torch.tensor(x.astype(np.float32)), torch.tensor(y.astype(np.float32)), barless


def pieces(pool: BeatPool, settings: AccentTraining, step: int) -> tuple[Tensor, Tensor, Tensor]:
    """The batch of a step: pieces of dances, each as another body and tracker would show it."""
    rng = np.random.default_rng([settings.seed, step])
    count, rows = settings.batch, settings.rows
    which = rng.integers(0, len(pool.rows), count)
    begin = rng.integers(0, pool.rows.shape[1] - rows + 1, count)
    shown = np.stack([pool.rows[k, at : at + rows] for k, at in zip(which, begin, strict=True)])
    beats = np.stack([pool.beats[k, at : at + rows] for k, at in zip(which, begin, strict=True)])
    shown = shown.astype(np.float32)
    shown[..., :PLACES] += settings.offset * rng.standard_normal((count, 1, PLACES))
    shown[..., : 2 * PLACES] *= 1 + settings.gain * rng.standard_normal((count, 1, 1))
    return examples(BeatPool(shown, beats, pool.style[which]))


class AccentTrainer:
    """The network, its optimiser, and the step that moves them."""

    def __init__(self, settings: AccentTraining, pool: BeatPool) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.pool, self.next_step = settings, pool, 0
        self.net = SenseNet(settings.width, settings.hidden)
        self.net.standardise(pool.rows[:100])
        self.optimiser = torch.optim.AdamW(self.net.parameters(), settings.learning_rate, weight_decay=1e-3)

    def step(self) -> dict[str, float]:
        """One update, at a rate that rises at once and falls as a cosine."""
        s, step = self.settings, self.next_step
        fall = 0.5 + 0.5 * np.cos(np.pi * min(step / s.steps, 1.0))
        for group in self.optimiser.param_groups:
            group["lr"] = s.learning_rate * min(1.0, (step + 1) / 100) * (fall + 0.01)
        rows, beats, barless = pieces(self.pool, s, step)
        beat, bar = surprise(self.net(rows, s.noise), beats, barless)
        self.optimiser.zero_grad()
        (beat + BAR_SHARE * bar).backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.optimiser.step()
        self.next_step += 1
        return {"beat": beat.item(), "bar": bar.item()}

    def judged(self, unseen: BeatPool) -> dict[str, float]:
        """The loss on dances it was not taught."""
        told: dict[str, float] = {}
        recorded = unseen.style == RECORDED
        with torch.no_grad():
            for name, which in (("validation__", ~recorded), ("validation__recorded_", recorded)):
                if which.any():
                    rows, beats, barless = examples(unseen.part(which))
                    beat, bar = surprise(self.net(rows), beats, barless)
                    told[f"{name}beat"] = beat.item()
                    if not barless.all():
                        told[f"{name}bar"] = bar.item()
        return told

    def state(self) -> dict[str, Any]:
        """All that an exact resume needs."""
        return {
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.next_step,
            "random": checkpoint.random_state(),
        }

    def resume(self, state: Mapping[str, Any]) -> None:
        """The inverse of ``state``."""
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.next_step = state["step"]
        checkpoint.set_random_state(state["random"])


def save_weights(net: SenseNet, path: Path) -> None:
    """Write the weights as float16, under the names that BeatSense reads."""
    arrays = {name: value.detach().numpy().astype(np.float16) for name, value in net.state_dict().items()}
    with path.open("wb") as file:
        np.savez_compressed(file, allow_pickle=False, **arrays)


def recorded_dances(s: AccentTraining, out: Path) -> tuple[BeatPool, BeatPool]:
    """Dances after recordings: those to be taught, and those of people who are left out.

    Raises:
        MotionError: ``motions`` names a folder that holds none, or one that cannot be read.
        SettingsError: no recording that could be danced to is left.
    """
    folder, first = Path(s.motions), s.first_seed + s.dances
    taught = all_laid(folder, s.leave_out)
    unseen = all_laid(folder, only=s.leave_out) if s.leave_out else taught
    if not taught or not unseen:
        raise SettingsError(
            f"{KIND}, motions, leave_out: of {folder} {len(taught)} dances are to be taught and "
            f"{len(unseen)} to be examined on; each wants one of eight beats and more."
        )
    return (
        recorded_pool(out / "recorded", taught, s.each, s.seconds, DELAY_S, first),
        recorded_pool(out / "recorded_unseen", unseen, 2, s.seconds, DELAY_S, first - 1000),
    )


def train(config: Path, out: Path, minutes: float = 0.0) -> Path:
    """Make the dances, train, write checkpoint and weights; continues what ``out`` holds.

    Raises:
        MotionError, SettingsError: as ``recorded_dances``.
    """
    s = load_settings(AccentTraining, config, KIND)
    pool = beat_pool(out / "pool", s.dances, s.seconds, DELAY_S, s.first_seed)
    unseen, taught = pool.part(slice(0, s.held_out)), pool.part(slice(s.held_out, None))
    if s.motions:
        taught, unseen = (
            pool.with_(more) for pool, more in zip((taught, unseen), recorded_dances(s, out), strict=True)
        )
    taught = taught.part(~np.isin(taught.style, s.without))
    trainer, kept, weights = AccentTrainer(s, taught), out / f"{KIND}.pt", out / "beat_sense.npz"
    if kept.is_file():
        trainer.resume(checkpoint.load(kept, KIND))
    progress = Progress(out / f"{KIND}_log", s.steps, 60 * minutes, s.log_every)
    with Stopping(minutes) as stopping:
        while trainer.next_step < s.steps and not stopping.now():
            step = trainer.next_step
            scalars = trainer.step()
            if (step + 1) % s.log_every == 0:
                scalars |= trainer.judged(unseen)
                checkpoint.save(kept, KIND, trainer.state())
                save_weights(trainer.net, weights)
            progress.add(step, **scalars)
    checkpoint.save(kept, KIND, trainer.state())
    save_weights(trainer.net, weights)
    return weights
