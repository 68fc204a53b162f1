"""The largest of recent values. Pure."""


class Peak:
    """A running maximum that forgets: over the last one to two spans.

    Args:
        span_s: how long a value counts, at the least.
    """

    def __init__(self, span_s: float) -> None:
        self._span_s = span_s
        self._began_s: float | None = None
        self._now: float | None = None
        self._before: float | None = None

    def update(self, time_s: float, value: float) -> None:
        """Take a value."""
        if self._began_s is None or time_s - self._began_s > self._span_s:
            self._began_s, self._before, self._now = time_s, self._now, value
        self._now = value if self._now is None else max(self._now, value)

    @property
    def value(self) -> float | None:
        """None before the first."""
        known = [value for value in (self._before, self._now) if value is not None]
        return max(known, default=None)
