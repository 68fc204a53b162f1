"""Pictures and sounds for tests of recordings, and how long a file really plays."""

from pathlib import Path

import av
import numpy as np


def picture(index: int, height: int = 48, width: int = 64) -> np.ndarray:
    """Noise that moves: it takes some bytes."""
    generator = np.random.default_rng(index)
    return generator.integers(0, 255, (height, width, 3), np.uint8)


def sound(index: int, length: int = 5504) -> np.ndarray:
    """A tone."""
    return (0.3 * np.sin(0.1 * np.arange(index * length, (index + 1) * length))).astype(np.float32)


def duration_s(path: Path) -> float:
    """The end of the last sound and picture that decode, whichever is earlier."""
    ends = []
    for kind in ("video", "audio"):
        with av.open(str(path)) as container:
            stream = getattr(container.streams, kind)[0]
            last = None
            try:
                for frame in container.decode(stream):
                    last = frame
            except av.FFmpegError:
                pass  # the fragment that was being written
            ends.append(0.0 if last is None or last.time is None else float(last.time))
    return min(ends)
