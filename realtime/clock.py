"""The clock seam: wall time enters a show here and nowhere else.

Show time is seconds since the show began. ``RealClock`` reads ``time.perf_counter``;
``VirtualClock`` goes as fast as it is asked, so that the same input gives the same bytes.
"""

import threading
import time
from typing import Protocol


class Clock(Protocol):
    """Says what time it is, and waits."""

    is_real: bool
    origin_s: float
    """``time.perf_counter`` at show time 0; 0 for a virtual clock."""

    def now_s(self) -> float:
        """Show time, s."""
        ...

    def wait_until(self, time_s: float, stop: threading.Event) -> bool:
        """Wait for a show time. False if ``stop`` was set first."""
        ...


class RealClock:
    """Show time on the machine's monotonic clock."""

    is_real = True

    def __init__(self) -> None:
        self.origin_s = time.perf_counter()

    def now_s(self) -> float:
        """Seconds since the clock was made."""
        return time.perf_counter() - self.origin_s

    def wait_until(self, time_s: float, stop: threading.Event) -> bool:
        """Sleep until ``time_s``; returns at once if it is past."""
        remaining_s = time_s - self.now_s()
        return not (stop.wait(remaining_s) if remaining_s > 0 else stop.is_set())


class VirtualClock:
    """Show time that jumps to wherever it is waited for."""

    is_real = False
    origin_s = 0.0

    def __init__(self) -> None:
        self._now_s = 0.0

    def now_s(self) -> float:
        """The latest time that was waited for."""
        return self._now_s

    def wait_until(self, time_s: float, stop: threading.Event) -> bool:
        """Be there at once."""
        self._now_s = max(self._now_s, time_s)
        return not stop.is_set()
