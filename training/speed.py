"""How long a step of the paper's training takes, as configured and as the plain loop does it, in one run.

The plain loop decodes whole windows and computes everything in single precision, uncompiled.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import torch

from models.config import VQVAEConfig
from models.vqvae import VQVAE
from training.d2m import D2MTrainer, D2MTraining, PaperBatch

WARM_UP = 2
"""Steps before the clock starts: compilation, caches."""


@dataclass(frozen=True)
class Speed:
    """Median seconds of a step, both ways."""

    configured_s: float
    plain_s: float
    batch: int

    def __str__(self) -> str:
        return (
            f"step, batch {self.batch}: {self.configured_s:.2f} s as configured, {self.plain_s:.2f} s plain: "
            f"{self.plain_s / self.configured_s:.2f} times faster; "
            f"{self.batch / self.configured_s:.2f} windows a second"
        )


def measure(
    settings: D2MTraining,
    motion: tuple[int, int] = (120, 219),
    visual: int = 2048,
    genres: int = 10,
    repeats: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> Speed:
    """Time both loops on AIST-sized noise with ``settings``; nothing is learnt or kept.

    The two take turns, so that another program's load falls on both.
    """
    plain = replace(settings, sound_codes=0, sound_rows=0, precision="float32", compile=False)
    batch = _noise(settings, motion, visual, genres)
    trainers = [_trainer(chosen, motion, visual, genres) for chosen in (settings, plain)]
    for trainer in trainers:
        for _ in range(WARM_UP):
            trainer.step(batch)
    seconds: list[list[float]] = [[], []]
    for _ in range(repeats):
        for trainer, times in zip(trainers, seconds, strict=True):
            began_s = clock()
            trainer.step(batch)  # ends with numbers read back, so a GPU has finished too
            times.append(clock() - began_s)
    return Speed(statistics.median(seconds[0]), statistics.median(seconds[1]), settings.batch)


def _trainer(settings: D2MTraining, motion: tuple[int, int], visual: int, genres: int) -> D2MTrainer:
    return D2MTrainer(settings, settings.model_config(motion, visual, genres), VQVAE(VQVAEConfig()))


def _noise(settings: D2MTraining, motion: tuple[int, int], visual: int, genres: int) -> PaperBatch:
    random, rows = torch.Generator().manual_seed(0), settings.batch
    generator = settings.model_config(motion, visual, genres).generator
    return PaperBatch(
        torch.randn(rows, *motion, generator=random),
        torch.randn(rows, 1, visual, generator=random),
        torch.eye(genres)[torch.arange(rows) % genres],
        0.1 * torch.randn(rows, generator.codes * generator.samples_per_code, generator=random),
    )
