"""What is to be endured: for how long, with which faults, listeners and recordings."""

from dataclasses import dataclass
from pathlib import Path

DEMO = "demo:bpm=112,style=house,seed=1,seconds=36000"
SETTLE_S = 20.0
"""Start-up: faults begin after it, growth is counted from it on."""


@dataclass(frozen=True)
class Plan:
    """A soak."""

    minutes: float
    """How long; with ``strikes``, at most."""
    faults: tuple[str, ...] | None
    """Names; empty: all; None: none."""
    every_s: float
    """Between faults, about."""
    bundle: Path
    folder: Path
    """For trace, recordings and the private sound card."""
    seed: int = 0
    strikes: int | None = None
    """End when every fault was struck so often."""
    source: str | None = None
    """A video file, looped; else a camera on this machine that shows the virtual dancer."""
    listeners: int = 3
    record: bool = True

    @property
    def quiet(self) -> bool:
        """Whether nothing is to be broken."""
        return self.faults is None
