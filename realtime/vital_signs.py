"""Memory, file descriptors, threads and counters of a show over time. Linux: reads /proc."""

import os
from array import array
from pathlib import Path

FIELDS = ("time_s", "own_mb", "all_mb", "files", "threads", "late_hops", "underruns", "held_ms", "drift_ppm")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20


def memory_mb(pid: int) -> float:
    """Memory a process holds, shared pages counted in full; 0 if it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE_MB
    except (OSError, IndexError, ValueError):
        return 0.0


def descendants(pid: int) -> list[int]:
    """Processes started by ``pid``, and theirs."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    except OSError:
        pass
    return found


class VitalSigns:
    """Columns of numbers in arrays, so that the measuring itself hardly grows."""

    def __init__(self) -> None:
        self.columns = {name: array("d") for name in FIELDS}

    def take(
        self, time_s: float, late_hops: int, underruns: int, held_ms: float, drift_ppm: float, own: list[int]
    ) -> None:
        """One look; ``own``: processes whose memory is the show's, besides this one."""
        values = (
            time_s,
            memory_mb(os.getpid()),
            memory_mb(os.getpid()) + sum(memory_mb(pid) for pid in own),
            len(os.listdir("/proc/self/fd")),  # noqa: PTH208
            len(os.listdir("/proc/self/task")),  # noqa: PTH208
            late_hops,
            underruns,
            held_ms,
            drift_ppm,
        )
        for name, value in zip(FIELDS, values, strict=True):
            self.columns[name].append(value)

    def growth(self, name: str, settle_s: float) -> float:
        """Median of the last tenth less the median of the first after ``settle_s``."""
        values = [
            value
            for value, time_s in zip(self.columns[name], self.columns["time_s"], strict=True)
            if time_s >= settle_s
        ]
        tenth = max(1, len(values) // 10)
        return _median(values[-tenth:]) - _median(values[:tenth]) if values else 0.0

    def steps(self, name: str) -> list[tuple[float, float]]:
        """When a counter rose, and by how much."""
        values, times_s = self.columns[name], self.columns["time_s"]
        return [
            (times_s[index], values[index] - values[index - 1])
            for index in range(1, len(values))
            if values[index] > values[index - 1]
        ]


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]
