"""Whether one more performer can be served in real time: measured, not guessed. Pure; time is an argument."""

import math
from collections import deque
from collections.abc import Mapping
from statistics import median
from typing import Any

FILLED = 0.75
"""Part of the budget that may be taken in the end; the rest is for what nobody foresaw."""
REMEMBERED_HOPS = 20
"""Five seconds: of these the slowest but two counts."""
TROUBLE_S = 10.0
"""A show that came late so recently takes nobody more."""


class Admission:
    """Watches what a show costs and says whether one performer more fits.

    Args:
        cores: of this machine.
    """

    def __init__(self, cores: int) -> None:
        self._cores = cores
        self._hops_ms: deque[float] = deque(maxlen=REMEMBERED_HOPS)
        self._poses_cores: deque[float] = deque(maxlen=REMEMBERED_HOPS)
        self._budget_ms = 0.0
        self._failures: float | None = None
        self._failed_s = -math.inf

    def hear(self, snapshot: Mapping[str, Any], now_s: float) -> None:
        """What a hop has cost."""
        hop_ms, budget_ms = _known(snapshot.get("hop_ms")), _known(snapshot.get("budget_ms"))
        if hop_ms and budget_ms:
            self._hops_ms.append(hop_ms)
            self._budget_ms = budget_ms
        # Milliseconds a picture times pictures a second: the cores that one dancer's tracker takes.
        cores = _known(snapshot.get("pose_ms")) * _known(snapshot.get("source_fps")) / 1000
        if cores:
            self._poses_cores.append(cores)
        failures = _known(snapshot.get("late_hops")) + _known(snapshot.get("underruns"))
        if self._failures is not None and failures > self._failures:
            self._failed_s = now_s
        self._failures = failures

    def why_not(self, dancing: int, now_s: float) -> str | None:
        """None if there is room for one more beside those who dance, else a sentence for who is refused.

        A hop that serves n performers in one batch costs at most n times what one costs, and each
        has a pose tracker of their own.
        """
        if dancing == 0 or not self._hops_ms:
            return None
        if now_s - self._failed_s < TROUBLE_S:
            return "this machine came late a moment ago: one performer more would not stay in real time"
        hop_ms = sorted(self._hops_ms)[-min(3, len(self._hops_ms))]
        grown = (dancing + 1) / dancing
        if hop_ms * grown > FILLED * self._budget_ms:
            return (
                f"this machine needs {hop_ms:.0f} of {self._budget_ms:.0f} ms a hop for {dancing} already: "
                "one performer more would not stay in real time"
            )
        # The median: a tracker's first pictures are slow.
        pose_cores = median(self._poses_cores) if self._poses_cores else 0.0
        cores = grown * (hop_ms / self._budget_ms + dancing * pose_cores)
        if cores > FILLED * self._cores:
            return (
                f"{dancing + 1} performers would need {cores:.1f} of this machine's {self._cores} cores: "
                "one performer more would not stay in real time"
            )
        return None


def _known(value: Any) -> float:
    """A positive number, or 0 for what is not known."""
    return float(value) if isinstance(value, int | float) and math.isfinite(value) and value > 0 else 0.0
