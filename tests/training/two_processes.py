"""Run under torchrun by test_d2m_processes.py: a few steps of shared batches, the results in a file."""

import sys
from pathlib import Path
from typing import Any

import torch

from tests.training.paper_fakes import PaperBatch, small_batch, small_trainer
from training.processes import Processes, join_processes


def walk(processes: Processes) -> dict[str, Any]:
    """Two steps in double precision with every term of the loss: scalars and weights.

    In single precision Adam turns the rounding of a gradient near zero into a whole step, in one process too
    when its rows are merely exchanged; double precision takes that away, and what is left is a mistake.
    """
    trainer = small_trainer(processes, weighting="official", learning_rate=1e-4)
    for module in (trainer.codec, trainer.model, trainer.judges):
        module.double()
    scalars: dict[str, float] = {}
    for step in range(2):
        batch = PaperBatch(*(x.double() for x in small_batch(4, seed=step)))
        scalars = processes.average_scalars(trainer.step(batch))
    return {"scalars": scalars, "count": processes.count, **trainer.state()}


if __name__ == "__main__":
    torch.set_num_threads(1)
    processes = join_processes()
    result = walk(processes)
    if processes.first:
        torch.save(result, Path(sys.argv[1]))
    if processes.count > 1:
        torch.distributed.destroy_process_group()
