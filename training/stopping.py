"""When a run ends before its steps are done: its minutes are over, or somebody asked (Ctrl-C, kill)."""

import signal
import time
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """Asked once a step. A signal only sets a flag, so that the step in hand is finished and kept.

    Args:
        minutes: the longest the run may take; 0: any.
        keep_every_s: seconds between two checkpoints.
    """

    def __init__(self, minutes: float, keep_every_s: float = 180.0) -> None:
        self.ends_s = time.monotonic() + 60 * minutes if minutes else float("inf")
        self.keep_every_s = keep_every_s
        self.kept_s = time.monotonic()
        self.asked = False

    def __enter__(self) -> "Stopping":
        """Take SIGINT and SIGTERM as the wish to stop; only in the main thread."""
        self._before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def now(self) -> bool:
        """True once the run should end."""
        return self.asked or time.monotonic() >= self.ends_s

    def keep_due(self) -> bool:
        """True once every `keep_every_s`: it is time for a checkpoint."""
        due = time.monotonic() - self.kept_s >= self.keep_every_s
        if due:
            self.kept_s = time.monotonic()
        return due

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True
