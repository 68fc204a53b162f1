"""What the house networks are shown: windows of the band under random dancers, on the fly.

A batch is a function of seed and step, so that a resumed run sees what an unbroken one would have seen.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from configs.genres import GENRES
from corpus.band.mix import Controls, apply_gains, limited, row_gains
from corpus.band.render import SAMPLES_PER_CODE
from corpus.takebank import TakeBank, TakeWindow
from training.curves import as_seen, controls_of, motion_curves, visual_curves

Array = NDArray[np.float32]
Item = TypeVar("Item")

HISTORY_CODES = 344
"""Codes before a window in which the dancer's controls still bear on the sound."""


@dataclass(frozen=True)
class HouseData:
    """Where the built corpus lies (`python -m corpus build`), and how it is drawn from."""

    corpus: str = "build/corpus"
    other_takes: str = "build/other_takes"  # the same songs from another seed: takes to measure on
    seed: int = 0
    workers: int = 1


class Example(NamedTuple):
    """Inputs and target of the generator; in a batch every array has B in front."""

    motion: Array  # [16, T]
    motion_mask: Array  # [T]
    visual: Array  # [6, T]
    phase: Array  # [T]
    style: Array  # [10, T]
    variation: Array  # [14, T]
    samples: Array  # [T * 128]


def mixed(window: TakeWindow, controls: Controls, skip: int = 0) -> Array:
    """The window as a dancer would have it, without its first `skip` codes, which are only history."""
    stems = window.stems
    gains = row_gains(controls, stems.phase, stems.duck, window.pump)[:, skip:]
    return limited(apply_gains(stems.rows[:, skip * SAMPLES_PER_CODE :], gains))


def sound(rng: np.random.Generator, takes: TakeBank, codes: int) -> Array:
    """Samples [codes * 128] of a random moment of the band under a random dancer."""
    whole = codes + HISTORY_CODES
    window = takes.window(rng, whole)
    return mixed(window, controls_of(motion_curves(rng, whole), visual_curves(rng, whole)), HISTORY_CODES)


def example(rng: np.random.Generator, takes: TakeBank, codes: int, now: int | None = None) -> Example:
    """A window of `codes` in which movement is known up to `now` (random if None) and then held."""
    whole = codes + HISTORY_CODES
    window = takes.window(rng, whole)
    motion, visual = motion_curves(rng, whole), visual_curves(rng, whole)
    if now is None:
        now = codes if rng.random() < 0.15 else int(rng.integers(codes // 3, codes))
    cut = HISTORY_CODES + now
    motion[:, cut:], visual[:, cut:] = motion[:, cut - 1 : cut], visual[:, cut - 1 : cut]
    seen = as_seen(rng, motion)
    seen[:, cut:] = seen[:, cut - 1 : cut]
    style = np.zeros((len(GENRES), codes), np.float32)
    style[window.genre] = 1
    return Example(
        motion=seen[:, HISTORY_CODES:],
        motion_mask=(np.arange(codes) < now).astype(np.float32),
        visual=visual[:, HISTORY_CODES:],
        phase=window.stems.phase[HISTORY_CODES:],
        style=style,
        variation=window.variation[:, HISTORY_CODES:],
        samples=mixed(window, controls_of(motion, visual), HISTORY_CODES),
    )


class Ahead(Generic[Item]):
    """Makes the items of the next steps in threads while the present one is used."""

    def __init__(self, make: Callable[[int], Item], workers: int) -> None:
        self.make, self.workers = make, workers
        self.pool = ThreadPoolExecutor(max(1, workers))
        self.pending: dict[int, Future[Item]] = {}

    def __call__(self, step: int) -> Item:
        """The item of `step`; those of the next steps are begun."""
        for later in range(step, step + 1 + self.workers):
            if later not in self.pending:
                self.pending[later] = self.pool.submit(self.make, later)
        return self.pending.pop(step).result()


def sound_batches(settings: HouseData, takes: TakeBank, batch: int, codes: int) -> Callable[[int], Tensor]:
    """Step to samples [batch, codes * 128], for the codec."""

    def make(step: int) -> Tensor:
        rng = np.random.default_rng([settings.seed, 1, step])
        return torch.from_numpy(np.stack([sound(rng, takes, codes) for _ in range(batch)]))

    return Ahead(make, settings.workers)


def held_out_sound(takes: TakeBank, count: int, codes: int) -> Tensor:
    """The same `count` windows of sound every time, for measuring."""
    rng = np.random.default_rng(7)
    return torch.from_numpy(np.stack([sound(rng, takes, codes) for _ in range(count)]))


def example_batches(
    settings: HouseData, takes: TakeBank, batch: int, codes: int
) -> Callable[[int], list[Tensor]]:
    """Step to the fields of `Example`, batched, for the generator."""

    def make(step: int) -> list[Tensor]:
        rng = np.random.default_rng([settings.seed, 3, step])
        return collated([example(rng, takes, codes) for _ in range(batch)])

    return Ahead(make, settings.workers)


def collated(examples: list[Example]) -> list[Tensor]:
    """The fields of many examples, each stacked to [B, ...]."""
    return [torch.from_numpy(np.stack(rows)) for rows in zip(*examples, strict=True)]


def take_bank(settings: HouseData, split: str) -> TakeBank:
    """The takes of `train`, `validation` or `test`."""
    return TakeBank(Path(settings.corpus), split)
