"""The sink seam: anything that takes the show's sound, events or pictures, and the WAV file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from configs.errors import FileInUseError
from realtime.status import ShowStatus
from realtime.types import Block, Image, TimedEvent
from realtime.vision import Observation
from realtime.wav_file import WavFile


class Sink(Protocol):
    """Takes whatever it cares for; never blocks, never raises into the show."""

    name: str

    def play(self, block: Block, heard_at_s: float) -> None:
        """The next block, heard from ``heard_at_s`` (``time.perf_counter``) on."""
        ...

    def events(self, events: Sequence[TimedEvent]) -> None:
        """Beats, onsets and tempo of the block just given, before they sound."""
        ...

    def watch(self, observation: Observation, image: Image) -> None:
        """A frame and what was seen in it."""
        ...

    def status(self, status: ShowStatus) -> None:
        """How the show is doing, once a hop."""
        ...

    def close(self) -> None:
        """Finish files, free devices."""
        ...


class QuietSink:
    """A sink that takes nothing; the others override what they care for."""

    name = "nothing"

    def play(self, block: Block, heard_at_s: float) -> None:
        """Not interested in sound."""

    def events(self, events: Sequence[TimedEvent]) -> None:
        """Not interested in events."""

    def watch(self, observation: Observation, image: Image) -> None:
        """Not interested in pictures."""

    def status(self, status: ShowStatus) -> None:
        """Not interested in the show's health."""

    def close(self) -> None:
        """Nothing to finish."""


class WavSink(QuietSink):
    """All blocks in a row in a WAV file.

    Raises:
        SinkError: the file cannot be written.
    """

    def __init__(self, path: Path, sample_rate: int) -> None:
        self.path = path
        self.name = f"wav:{path}"
        self._file: WavFile | None = WavFile(path, sample_rate)

    def play(self, block: Block, heard_at_s: float) -> None:
        """Append the block.

        Raises:
            OSError: the disk takes no more. The file ends with the block before, and stays so.
        """
        if self._file is not None:
            try:
                self._file.append(block.samples)
            except OSError:
                self.close()
                raise

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def free_wav(path: Path, sample_rate: int, number: int = 1) -> WavSink:
    """A WAV file at ``path``; where another show writes that, at ``NAME-2``, ``NAME-3`` and so on.

    Raises:
        SinkError: it cannot be written.
    """
    try:
        return WavSink(path if number == 1 else path.with_stem(f"{path.stem}-{number}"), sample_rate)
    except FileInUseError:
        return free_wav(path, sample_rate, number + 1)
