"""A sink that cannot hurt the show: what goes wrong in it is counted, said once, and ends there."""

from collections.abc import Callable, Sequence
from typing import Any

from realtime.sinks import Sink
from realtime.status import ShowStatus
from realtime.types import Block, Image, TimedEvent
from realtime.vision import Observation


class GuardedSink:
    """Passes everything on to ``sink`` and keeps its exceptions.

    Args:
        sink: taker of sound, events and pictures, which promises not to raise but may.
        say: told the first time that a method of it fails.
    """

    def __init__(self, sink: Sink, say: Callable[[str], None]) -> None:
        self._sink, self._say = sink, say
        self.name = sink.name
        self.failures = 0
        self._complained: set[str] = set()

    def play(self, block: Block, heard_at_s: float) -> None:
        """The next block."""
        self._try("play", block, heard_at_s)

    def events(self, events: Sequence[TimedEvent]) -> None:
        """The score of the block just given."""
        self._try("events", events)

    def watch(self, observation: Observation, image: Image) -> None:
        """A frame and what was seen in it."""
        self._try("watch", observation, image)

    def status(self, status: ShowStatus) -> None:
        """How the show is doing."""
        self._try("status", status)

    def close(self) -> None:
        """Finish files, free devices."""
        self._try("close")

    def _try(self, method: str, *args: Any) -> None:
        try:
            getattr(self._sink, method)(*args)
        except Exception as error:
            self.failures += 1
            if method not in self._complained:
                self._complained.add(method)
                self._say(f"{self.name} failed ({type(error).__name__}: {error}); the show goes on")
