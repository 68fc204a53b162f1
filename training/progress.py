"""What a run tells its watcher: scalars named by path, and the time left. Knows nothing of networks."""

import json
import time
from collections import defaultdict
from pathlib import Path


class Progress:
    """Averages scalars and writes them: JSON lines always, TensorBoard where it is installed.

    Args:
        folder: where `scalars.jsonl` and the event files go.
        steps, limit_s: the run ends at whichever comes first; both give the time left.
        every: steps between two lines.
    """

    def __init__(self, folder: Path, steps: int, limit_s: float, every: int = 50) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / "scalars.jsonl"
        self.steps, self.limit_s, self.every = steps, limit_s, every
        self.started_s = time.monotonic()
        self.first_step: int | None = None
        self.sums: dict[str, float] = defaultdict(float)
        self.counts: dict[str, int] = defaultdict(int)
        self.board = _board(folder)

    @property
    def elapsed_s(self) -> float:
        """Seconds since this process began to train."""
        return time.monotonic() - self.started_s

    def add(self, step: int, **scalars: float) -> None:
        """Take the scalars of one step; `mel__l1` is written as `mel/l1`."""
        self.first_step = step if self.first_step is None else self.first_step
        for name, value in scalars.items():
            self.sums[name.replace("__", "/")] += value
            self.counts[name.replace("__", "/")] += 1
        if (step + 1) % self.every == 0:
            self.write(step + 1)

    def write(self, step: int) -> None:
        """Write the means since the last line."""
        means = {name: self.sums[name] / self.counts[name] for name in self.sums}
        self.sums.clear()
        self.counts.clear()
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, "elapsed_s": round(self.elapsed_s, 1), **means}) + "\n")
        if self.board is not None:
            for name, value in means.items():
                self.board.add_scalar(name, value, step)
        values = "  ".join(f"{name} {value:.4f}" for name, value in means.items())
        print(f"step {step}/{self.steps}  {self.left_s(step) / 60:.1f} min left  {values}", flush=True)

    def left_s(self, step: int) -> float:
        """Seconds left at the pace so far, at most what the limit leaves."""
        done = max(1, step - (self.first_step or 0))
        by_pace = self.elapsed_s / done * max(0, self.steps - step)
        return min(by_pace, max(0.0, self.limit_s - self.elapsed_s)) if self.limit_s else by_pace


def _board(folder: Path):  # type: ignore[no-untyped-def]
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:  # TensorBoard is an extra; the JSON lines hold the same
        return None
    return SummaryWriter(str(folder))
