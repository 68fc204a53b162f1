"""A ring of pictures in shared memory: one process writes, others read the newest. No queues.

A reader that is slow misses pictures and never holds up the writer; what it missed it can count.
"""

from dataclasses import dataclass
from multiprocessing import shared_memory

import numpy as np
from numpy.typing import NDArray

from realtime.types import Frame, Image

SLOTS = 8  # a quarter of a second at 30 fps: a picture lives that long after it was written


@dataclass(frozen=True)
class FrameShape:
    """Size of every picture in a ring."""

    height: int
    width: int

    @property
    def bytes_each(self) -> int:
        """Memory of one picture."""
        return self.height * self.width * 3


class SharedFrames:
    """The ring. Created by the parent; attached to, by name, in the children."""

    def __init__(self, shape: FrameShape, name: str | None = None) -> None:
        header = 8 * (1 + 2 * SLOTS)
        size = header + SLOTS * shape.bytes_each
        self._memory = (
            shared_memory.SharedMemory(create=True, size=size)
            if name is None
            else shared_memory.SharedMemory(name=name)
        )
        self._owner = name is None
        self.shape, self.name = shape, self._memory.name
        buffer = self._memory.buf
        self._head: NDArray[np.int64] = np.ndarray((1,), np.int64, buffer)
        self._index: NDArray[np.int64] = np.ndarray((SLOTS,), np.int64, buffer, 8)
        self._time: NDArray[np.float64] = np.ndarray((SLOTS,), np.float64, buffer, 8 * (1 + SLOTS))
        self._pixels: Image = np.ndarray((SLOTS, shape.height, shape.width, 3), np.uint8, buffer, header)
        if self._owner:
            self._head[0] = -1
            self._index[:] = -1

    def write(self, frame: Frame) -> None:
        """Put a frame in its slot, then announce it."""
        slot = frame.index % SLOTS
        self._index[slot] = -1  # a reader that comes now sees that it is not whole
        self._pixels[slot] = frame.image
        self._time[slot] = frame.time_s
        self._index[slot] = frame.index
        self._head[0] = frame.index

    @property
    def newest(self) -> int:
        """Index of the newest whole frame, -1 before the first."""
        return int(self._head[0])

    def read(self, index: int) -> Frame | None:
        """A copy of frame ``index``, or None if it was overwritten meanwhile."""
        slot = index % SLOTS
        if index < 0 or self._index[slot] != index:
            return None
        image, time_s = self._pixels[slot].copy(), float(self._time[slot])
        return Frame(index, time_s, image) if self._index[slot] == index else None

    def close(self) -> None:
        """Detach; the creator also frees the memory."""
        del self._head, self._index, self._time, self._pixels
        self._memory.close()
        if self._owner:
            self._memory.unlink()
