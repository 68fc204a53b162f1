"""A 16-bit mono WAV file whose header is right after every block: a killed program leaves it whole."""

import os
import struct
from pathlib import Path

import numpy as np

from realtime.types import Samples

HEADER_BYTES = 44


class WavFile:
    """Samples appended to a file, made anew.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, path: Path, sample_rate: int) -> None:
        self._file = path.open("wb", buffering=0)
        self._sample_rate = sample_rate
        self._bytes = 0
        self._write(self._header())

    def _header(self) -> bytes:
        """RIFF header of 16-bit mono PCM; sizes stop at what 32 bits can say."""
        size = min(self._bytes, 0xFFFFFFFF - 36)
        fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, self._sample_rate, 2 * self._sample_rate, 2, 16)
        return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + fmt + struct.pack("<4sI", b"data", size)

    def append(self, samples: Samples) -> None:
        """Samples in [-1, 1]; louder ones are clipped.

        Raises:
            OSError: the disk takes no more. The file is what it was before.
        """
        data = np.round(np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()
        try:
            self._write(data)
        except OSError:
            self._file.truncate(HEADER_BYTES + self._bytes)
            self._file.seek(HEADER_BYTES + self._bytes)
            raise
        self._bytes += len(data)
        os.pwrite(self._file.fileno(), self._header(), 0)

    def _write(self, data: bytes) -> None:
        done = 0
        while done < len(data):
            done += self._file.write(data[done:])

    def close(self) -> None:
        """Close it; it was complete already."""
        self._file.close()
