"""Whether one more performer can be served in real time: measured, not guessed. Pure."""

import math
from collections.abc import Mapping
from typing import Any

FILLED = 0.75
"""Part of a hop's budget that computing may take in the end; the rest is for what nobody foresaw."""


def why_not(snapshot: Mapping[str, Any], dancing: int) -> str | None:
    """None if there is room for one performer more, else a sentence for the one who is refused.

    A hop that serves n performers in one batch costs at most n times what one costs; the measured
    cost of those who dance now is the only evidence, and it is taken at its worst.
    """
    hop_ms, budget_ms = snapshot.get("hop_ms"), snapshot.get("budget_ms")
    if not _known(hop_ms) or not _known(budget_ms) or dancing == 0:
        return None
    assert hop_ms is not None and budget_ms is not None
    expected_ms = hop_ms * (dancing + 1) / dancing
    if expected_ms <= FILLED * budget_ms:
        return None
    return (
        f"this machine needs {hop_ms:.0f} of {budget_ms:.0f} ms a hop for {dancing} already: "
        "one performer more would not stay in real time"
    )


def _known(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value) and value > 0
