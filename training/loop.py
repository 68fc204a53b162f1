"""The loop around any training step: resume, step, log, listen, save. Knows no network and no data."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from torch import Tensor

from features.mel import SAMPLE_RATE_HZ, log_mel
from training import checkpoint
from training.processes import Processes
from training.progress import Progress
from training.stopping import Stopping

Batch = TypeVar("Batch", contravariant=True)


class Trainer(Protocol[Batch]):
    """Networks, optimisers and the step that moves them."""

    kind: str
    next_step: int
    processes: Processes

    def step(self, batch: Batch) -> dict[str, float]:
        """One update; scalars named by path."""
        ...

    def samples(self, batch: Batch) -> Mapping[str, Tensor]:
        """Sound to listen to, ``[N]`` each, by name."""
        ...

    def state(self) -> dict[str, Any]:
        """All that an exact resume needs."""
        ...

    def resume(self, state: dict[str, Any]) -> None:
        """The inverse of ``state``."""
        ...


def run(
    trainer: Trainer[Batch],
    batches: Callable[[int], Batch],
    folder: Path,
    *,
    steps: int,
    minutes: float = 0.0,
    save_every: int = 500,
    log_every: int = 50,
) -> Path:
    """Train until ``steps`` are done, ``minutes`` are over or a signal asks to stop; returns the checkpoint.

    Args:
        trainer: continues from ``folder/KIND.pt`` when that is there.
        batches: the whole batch of a step, the same whenever it is asked for.
        folder: for the checkpoint and the log.
        steps: steps in all, those before a resume included.
        minutes: the longest this call may take; 0: no limit.
        save_every: steps between checkpoints, which are written so that a kill leaves the last one whole.
        log_every: steps between two lines of the log.
    """
    path = folder / f"{trainer.kind}.pt"
    if path.exists():
        trainer.resume(checkpoint.load(path, trainer.kind))
    progress = Progress(folder / f"{trainer.kind}_log", steps, 60 * minutes, log_every)
    first = trainer.processes.first
    with Stopping(minutes) as stopping:
        while trainer.next_step < steps and not trainer.processes.agreed(stopping.now()):
            batch = batches(trainer.next_step)
            scalars = trainer.processes.average_scalars(trainer.step(batch))
            if not first:
                continue
            progress.add(trainer.next_step - 1, **scalars)
            if trainer.next_step % save_every == 0:
                checkpoint.save(path, trainer.kind, trainer.state())
                listen(progress.board, trainer.samples(batch), trainer.next_step)
    if first:
        checkpoint.save(path, trainer.kind, trainer.state())
    return path


def listen(board: Any, sounds: Mapping[str, Tensor], step: int) -> None:
    """Sound and its mel spectrogram on the TensorBoard ``board``, when there is one."""
    if board is None:
        return
    for name, samples in sounds.items():
        heard = samples.detach().float().cpu().clamp(-1, 1)
        board.add_audio(f"sound/{name}", heard[None], step, sample_rate=SAMPLE_RATE_HZ)
        mel = log_mel(heard.numpy())[::-1]  # high pitches on top
        span = max(float(np.ptp(mel)), 1e-6)
        board.add_image(f"mel/{name}", (mel - mel.min()) / span, step, dataformats="HW")
