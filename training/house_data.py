"""What the house networks are shown: windows of the band under random dancers, on the fly.

A batch is a function of seed and step, so that a resumed run sees what an unbroken one would have seen.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from configs.genres import GENRES
from configs.tuning import TURN_CODES
from corpus.band.desk import controls_from_features
from corpus.band.mix import Controls, apply_gains, limited, row_gains
from corpus.band.render import SAMPLES_PER_CODE
from corpus.takebank import TakeBank, TakeWindow
from training.curves import as_seen, motion_curves, visual_curves

Array = NDArray[np.float32]
Batches = Callable[[int, int], Iterable[list[Tensor]]]
"""(first step, last step) to their batches; a step has the same batch whoever asks, so resuming is exact."""

DANCED_SHARE = 0.5
"""Share of windows with danced movement; random curves in the rest reach where dancing seldom does."""

MOST_TURNS = 512
"""Windows are taken from anywhere in a show of so many turns of the tuning, three hours."""

HISTORY_CODES = 344
"""Codes before a window in which the dancer's controls still bear on the sound."""


@dataclass(frozen=True)
class HouseData:
    """Where the built corpus lies (`python -m corpus build`), and how it is drawn from."""

    corpus: str = "build/corpus"
    other_takes: str = "build/other_takes"  # the same songs from another seed: takes to measure on
    dancers: str = ""  # a pool of danced motion (`python -m corpus.danced`); "": random curves only
    seed: int = 0
    workers: int = 0  # processes that make batches ahead; 0: made between the steps


class Example(NamedTuple):
    """Inputs and target of the generator; in a batch every array has B in front."""

    motion: Array  # [16, T]
    motion_mask: Array  # [T]
    visual: Array  # [6, T]
    phase: Array  # [T]
    style: Array  # [10, T]
    variation: Array  # [14, T]
    clock: Array  # [T], numbers of the codes since the show began
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
    controls = controls_from_features(motion_curves(rng, whole), visual_curves(rng, whole))
    return mixed(window, controls, HISTORY_CODES)


class Dancers:
    """Danced motion, exact and as tracked, to cut windows from; or random curves alone."""

    def __init__(self, path: str = "") -> None:
        self.clean: NDArray[np.float16] | None = None
        if path:
            with np.load(path) as pool:
                self.clean, self.seen = pool["clean"], pool["seen"]

    def window(self, rng: np.random.Generator, codes: int) -> tuple[Array, Array]:
        """What drives the band and what the network sees, [16, codes] each."""
        if self.clean is None or rng.random() >= DANCED_SHARE:
            curves = motion_curves(rng, codes)
            return curves, as_seen(rng, curves)
        who, start = int(rng.integers(len(self.clean))), int(rng.integers(self.clean.shape[2] - codes))
        clean, seen = (pool[who, :, start : start + codes] for pool in (self.clean, self.seen))
        return clean.astype(np.float32), seen.astype(np.float32)


def example(
    rng: np.random.Generator,
    takes: TakeBank,
    codes: int,
    now: int | None = None,
    dancers: Dancers | None = None,
) -> Example:
    """A window of `codes` in which movement is known up to `now` (random if None) and then held."""
    whole = codes + HISTORY_CODES
    window = takes.window(rng, whole)
    motion, seen = (dancers or Dancers()).window(rng, whole)
    visual = visual_curves(rng, whole)
    if now is None:
        now = codes if rng.random() < 0.15 else int(rng.integers(codes // 3, codes))
    cut = HISTORY_CODES + now
    for curves in (motion, seen, visual):
        curves[:, cut:] = curves[:, cut - 1 : cut]
    style = np.zeros((len(GENRES), codes), np.float32)
    style[window.genre] = 1
    later = TURN_CODES * int(rng.integers(MOST_TURNS)) + window.start_code + HISTORY_CODES
    return Example(
        motion=seen[:, HISTORY_CODES:],
        motion_mask=(np.arange(codes) < now).astype(np.float32),
        visual=visual[:, HISTORY_CODES:],
        phase=window.stems.phase[HISTORY_CODES:],
        style=style,
        variation=window.variation[:, HISTORY_CODES:],
        clock=(later + np.arange(codes)).astype(np.float32),
        samples=mixed(window, controls_from_features(motion, visual), HISTORY_CODES),
    )


class Steps(Dataset[list[Tensor]]):
    """The batches of a run by step, for a loader whose workers make them ahead of time.

    Args:
        settings: where the corpus is; opened anew in every worker process.
        kind: "sound", for the codec, or "examples", for the generator.
        batch, codes: windows in a batch, and their length.
    """

    def __init__(
        self, settings: HouseData, kind: Literal["sound", "examples"], batch: int, codes: int
    ) -> None:
        self.settings, self.kind, self.batch, self.codes = settings, kind, batch, codes
        self.takes: TakeBank | None = None
        self.dancers = Dancers()

    def __getitem__(self, step: int) -> list[Tensor]:
        """The fields of `Example`, batched; of sound only the samples [B, N]."""
        if self.takes is None:
            self.takes = take_bank(self.settings, "train")
            self.dancers = Dancers(self.settings.dancers)
        rng = np.random.default_rng([self.settings.seed, 1 if self.kind == "sound" else 3, step])
        if self.kind == "sound":
            windows = [sound(rng, self.takes, self.codes) for _ in range(self.batch)]
            return [torch.from_numpy(np.stack(windows))]
        one = [example(rng, self.takes, self.codes, dancers=self.dancers) for _ in range(self.batch)]
        return collated(one)


def loader(steps: Steps) -> Batches:
    """(first step, last step) to the batches between them, made ahead by the workers of the settings."""

    def batches(first: int, last: int) -> Iterable[list[Tensor]]:
        workers = steps.settings.workers
        ahead = 4 if workers else None
        return DataLoader(
            steps,
            batch_size=None,
            sampler=range(first, last),
            num_workers=workers,
            prefetch_factor=ahead,
            multiprocessing_context="spawn" if workers else None,
        )

    return batches


def held_out_sound(takes: TakeBank, count: int, codes: int) -> Tensor:
    """The same `count` windows of sound every time, for measuring."""
    rng = np.random.default_rng(7)
    return torch.from_numpy(np.stack([sound(rng, takes, codes) for _ in range(count)]))


def collated(examples: list[Example]) -> list[Tensor]:
    """The fields of many examples, each stacked to [B, ...]."""
    return [torch.from_numpy(np.stack(rows)) for rows in zip(*examples, strict=True)]


def take_bank(settings: HouseData, split: str) -> TakeBank:
    """The takes of `train`, `validation` or `test`."""
    return TakeBank(Path(settings.corpus), split)
