"""A 16-bit mono WAV file whose header is right after every block: a killed program leaves it whole."""

import struct
from pathlib import Path

import numpy as np

from realtime.output_file import OutputFile
from realtime.types import Samples

HEADER_BYTES = 44


class WavFile:
    """Samples appended to a file, made anew with the first of them.

    Raises:
        SinkError: it cannot be made.
    """

    def __init__(self, path: Path, sample_rate: int) -> None:
        self._file = OutputFile(path, f"--audio wav:{path}")
        self._sample_rate = sample_rate

    def _header(self, size: int) -> bytes:
        """RIFF header of ``size`` bytes of 16-bit mono PCM; it stops at what 32 bits can say."""
        size = min(size, 0xFFFFFFFF - 36)
        fmt = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, self._sample_rate, 2 * self._sample_rate, 2, 16)
        return struct.pack("<4sI4s", b"RIFF", 36 + size, b"WAVE") + fmt + struct.pack("<4sI", b"data", size)

    def append(self, samples: Samples) -> None:
        """Samples in [-1, 1]; louder ones are clipped.

        Raises:
            OSError: the disk takes no more. The file is what it was before.
        """
        data = np.round(np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes()
        if not self._file.size:
            self._file.append(self._header(0))
        self._file.append(data)
        self._file.rewrite_start(self._header(self._file.size - HEADER_BYTES))

    def close(self) -> None:
        """Close it; it was complete already."""
        self._file.close()
