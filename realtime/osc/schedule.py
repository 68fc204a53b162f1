"""What is to be done when: a bounded heap. Pure: time is an argument, nothing here waits.

Knows nothing of OSC, threads or clocks.
"""

import heapq
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Schedule(Generic[T]):
    """Items by due time; items due at the same time keep their order.

    At most ``capacity`` items wait. One more pushes out the one that is due first: in a live show the
    newest news is worth most. ``dropped`` counts those.
    """

    def __init__(self, capacity: int = 1024) -> None:
        self.capacity = capacity
        self.dropped = 0
        self._heap: list[tuple[float, int, T]] = []
        self._count = 0

    def __len__(self) -> int:
        return len(self._heap)

    def push(self, due_s: float, item: T) -> None:
        """Add ``item``, due at ``due_s``."""
        self._count += 1
        entry = (due_s, self._count, item)
        if len(self._heap) < self.capacity:
            heapq.heappush(self._heap, entry)
        else:
            self.dropped += 1
            heapq.heappushpop(self._heap, entry)

    @property
    def next_due_s(self) -> float | None:
        """When the next item is due, None when nothing waits."""
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now_s: float) -> Iterator[tuple[float, T]]:
        """Remove and give, in order, each (due_s, item) with ``due_s <= now_s``."""
        while self._heap and self._heap[0][0] <= now_s:
            due_s, _, item = heapq.heappop(self._heap)
            yield due_s, item

    def clear(self) -> int:
        """Forget everything that waits; returns how much that was (not counted as dropped)."""
        forgotten = len(self._heap)
        self._heap.clear()
        return forgotten
