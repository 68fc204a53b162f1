"""Makes the items of the next steps in threads while the present one is used. Knows not what they are."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Ahead(Generic[Item]):
    """A function of the step that has the next ``workers`` answers under way; 0 workers: none."""

    def __init__(self, make: Callable[[int], Item], workers: int) -> None:
        self.make, self.workers = make, workers
        self.pool = ThreadPoolExecutor(max(1, workers))
        self.pending: dict[int, Future[Item]] = {}

    def __call__(self, step: int) -> Item:
        """The item of ``step``; steps may be asked for in any order, but forwards is fast."""
        if not self.workers:
            return self.make(step)
        for later in range(step, step + 1 + self.workers):
            if later not in self.pending:
                self.pending[later] = self.pool.submit(self.make, later)
        for passed in [earlier for earlier in self.pending if earlier < step]:
            del self.pending[passed]
        return self.pending.pop(step).result()
