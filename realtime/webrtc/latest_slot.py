"""A slot that holds the newest item: writers never wait, and a slow reader misses items, never lags.

Knows nothing of what it holds.
"""

import threading
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class LatestSlot(Generic[T]):
    """One item, replaced by the next; any number of threads may wait for it."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._item: T | None = None
        self._serial = 0
        self._closed = False

    @property
    def newest(self) -> T | None:
        """The item that lies here, None where there is none."""
        with self._changed:
            return self._item

    @property
    def closed(self) -> bool:
        """Whether nothing more will come."""
        return self._closed

    def put(self, item: T) -> None:
        """Lay down an item; returns at once. The one before it is gone."""
        with self._changed:
            self._item, self._serial = item, self._serial + 1
            self._changed.notify_all()

    def clear(self) -> None:
        """Forget the item; who waits for one goes on waiting."""
        with self._changed:
            self._item = None

    def close(self) -> None:
        """End every wait and every iteration."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def __iter__(self) -> Iterator[T]:
        """Each newest item as it comes, none twice, until ``close``."""
        seen = 0
        while True:
            with self._changed:
                while not self._closed and (self._item is None or self._serial == seen):
                    self._changed.wait()
                if self._closed:
                    return
                item, seen = self._item, self._serial
            assert item is not None
            yield item
