"""One training run on several processes: who am I, and the same gradients for all. Knows no network.

Started by ``torchrun``; without it there is one process and nothing is sent. Every process draws the same
batch and keeps its share, and every loss is a mean over the batch, so that the averaged gradients are those
of the whole batch: two processes with half the batch each walk the path of one.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor, nn


@dataclass(frozen=True)
class Processes:
    """This process among ``count``."""

    rank: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes checkpoints and logs."""
        return self.rank == 0

    def share(self, rows: Tensor) -> Tensor:
        """This process's rows of a whole batch.

        Raises:
            ValueError: the batch cannot be split evenly.
        """
        if len(rows) % self.count:
            raise ValueError(f"a batch of {len(rows)} cannot be shared by {self.count} processes")
        return rows[self.rank :: self.count]

    def average_gradients(self, module: nn.Module) -> None:
        """Replace every gradient of ``module`` by its mean over the processes, in one message."""
        gradients = [x.grad for x in module.parameters() if x.grad is not None]
        if self.count > 1 and gradients:
            _average(gradients, self.count)

    def same_everywhere(self, *modules: nn.Module) -> None:
        """Give every process the first one's weights."""
        if self.count > 1:
            for module in modules:
                for value in module.state_dict().values():
                    dist.broadcast(value, 0)

    def agreed(self, wish: bool) -> bool:
        """Whether any process wishes so: all must stop at the same step."""
        if self.count == 1:
            return wish
        wishes = torch.tensor([float(wish)])
        dist.all_reduce(wishes)
        return bool(wishes.item())

    def average_scalars(self, scalars: dict[str, float]) -> dict[str, float]:
        """Means over the processes, for the log."""
        if self.count == 1 or not scalars:
            return scalars
        values = torch.tensor(list(scalars.values()), dtype=torch.float64)
        dist.all_reduce(values)
        return dict(zip(scalars, (values / self.count).tolist(), strict=True))


def join_processes() -> Processes:
    """Join the processes that ``torchrun`` started, if it did: over NCCL with a GPU each, else over gloo."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Processes()
    if not dist.is_initialized():
        if torch.cuda.is_available():
            torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
        dist.init_process_group("cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo")
    return Processes(dist.get_rank(), count)


def _average(gradients: Iterable[Tensor], count: int) -> None:
    gradients = list(gradients)
    flat = torch.cat([gradient.reshape(-1) for gradient in gradients])
    dist.all_reduce(flat)
    flat /= count
    for gradient, mean in zip(gradients, torch.split(flat, [g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))
