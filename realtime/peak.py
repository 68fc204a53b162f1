"""The largest of recent values. Pure."""

from math import inf


class Peak:
    """A running maximum that forgets: over the last one to two spans.

    Args:
        span_s: how long a value counts, at the least.
    """

    def __init__(self, span_s: float) -> None:
        self._span_s = span_s
        self._began_s = self._now = self._before = -inf

    def update(self, time_s: float, value: float) -> None:
        """Take a value."""
        if time_s - self._began_s > self._span_s:
            self._began_s, self._before, self._now = time_s, self._now, value
        self._now = max(self._now, value)

    @property
    def value(self) -> float | None:
        """None before the first."""
        peak = max(self._before, self._now)
        return peak if peak > -inf else None
