"""A show's trace, read back: JSON lines whose ``kind`` says what they are. Knows nothing of who wrote it.

Kinds used here (seconds are show time; what else a record holds is ignored):

- ``truth``: ``beats`` [s]; optionally ``energy`` [level 0..1] and ``limb_speed`` [m/s] at ``times_s`` [s],
  each level lasting until the next
- ``frame``: ``index``, ``time_s`` of the camera's stamp, ``pose_ms``
- ``hop``: ``start_sample``, ``now_s`` of the step, ``heard_s`` of the block, ``ms`` {stage: ms}, ``frames``
- ``beat``: ``sample`` of the sound, and ``heard_s``
- ``end``: the show's counts, ``late_hops``, ``underruns``, ``dropped_frames``
"""

import json
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluation.rhythm import checked_times
from features.mel import SAMPLE_RATE_HZ

Record = dict[str, Any]
Times = NDArray[np.float64]

STEP_LEVELS = 0.3
STEP_WITHIN_S = 0.6
MOVED, MOVED_MEAN_S = 0.4, 0.5
"""A movement has changed where two fifths of the change are there, as sound has (steering.BEGUN)."""


@dataclass(frozen=True)
class Step:
    """A sudden change of the dancer's energy: when it was willed, from and to what level.

    ``moved_s``: when the limbs followed, which finish their strokes first; None where no truth tells.
    """

    time_s: float
    before: float
    after: float
    moved_s: float | None = None


@dataclass(frozen=True)
class Trace:
    """All records of one show, by kind, in the order written."""

    records: dict[str, list[Record]]
    name: str = "trace"

    def of(self, kind: str) -> list[Record]:
        """The records of one kind; none is an empty list."""
        return self.records.get(kind, [])

    def values(self, kind: str, field: str) -> Times:
        """One number from every record of a kind that has it (null counts as absent)."""
        return np.array(
            [record[field] for record in self.of(kind) if record.get(field) is not None], np.float64
        )

    def true_beats_s(self) -> Times:
        """The dancer's beats. Refuses a trace without them."""
        beats = [beat for record in self.of("truth") for beat in record.get("beats", ())]
        if not beats:
            raise ValueError(
                f"{self.name} holds no true beats; play the virtual dancer, or append a line such as "
                '{"kind": "truth", "beats": [0.52, 1.04]} with the annotated beats in seconds'
            )
        return checked_times(sorted(float(beat) for beat in beats), f"{self.name}: true beats")

    def sound_starts_s(self) -> float:
        """Show time at which sample 0 is heard: the median over all blocks (or beats); 0 if nothing tells."""
        pairs = [
            (r["start_sample"], r["heard_s"])
            for r in self.of("hop")
            if "heard_s" in r and "start_sample" in r
        ]
        pairs = pairs or [(r["sample"], r["heard_s"]) for r in self.of("beat") if "heard_s" in r]
        if not pairs:
            return 0.0
        return float(np.median([heard_s - sample / SAMPLE_RATE_HZ for sample, heard_s in pairs]))

    def energy_steps(self) -> list[Step]:
        """Sudden changes of the dancer's energy: at least 0.3 within 0.6 s."""
        points: list[tuple[float, float]] = []
        for truth in self.of("truth"):
            times_s, levels = truth.get("times_s", ()), truth.get("energy", ())
            if levels and len(times_s) != len(levels):
                raise ValueError(
                    f"{self.name}: {len(levels)} levels of energy for {len(times_s)} times in the truth"
                )
            points += [(float(time_s), float(level)) for time_s, level in zip(times_s, levels, strict=False)]
        steps = steps_of(sorted(points)) if points else []
        return [replace(step, moved_s=self._moved_s(step)) for step in steps]

    def _moved_s(self, step: Step) -> float | None:
        """When the limbs' mean speed over a beat or so is two fifths of the way from before to after."""
        for truth in self.of("truth"):
            times_s, speed = np.array(truth.get("times_s", ())), np.array(truth.get("limb_speed", ()))
            if len(times_s) == len(speed) > 1 and times_s[0] <= step.time_s <= times_s[-1]:
                return moved_s(times_s, speed, step.time_s)
        return None


def moved_s(times_s: Times, speed: Times, step_s: float) -> float | None:
    """When a speed, averaged over half a second about each time, is `MOVED` of the way to its new level.

    The levels are means over two seconds before the step, and from one to three seconds after it.
    """
    width = 2 * round(MOVED_MEAN_S / (times_s[1] - times_s[0]) / 2) + 1
    mean = np.convolve(np.pad(speed, width // 2, mode="edge"), np.full(width, 1 / width), "valid")
    before = speed[(times_s >= step_s - 2.0) & (times_s < step_s)]
    after = speed[(times_s >= step_s + 1.0) & (times_s < step_s + 3.0)]
    later = np.flatnonzero(times_s >= step_s)
    if not len(before) or not len(after):
        return None
    change = after.mean() - before.mean()
    crossed = later[(mean[later] - before.mean()) * np.sign(change) >= MOVED * abs(change)]
    return float(times_s[crossed[0]]) if len(crossed) else None


def read_trace(path: Path | str) -> Trace:
    """Read JSON lines. A broken line is named; a last line that was cut off (a killed show) is left out."""
    records: dict[str, list[Record]] = defaultdict(list)
    try:
        lines = Path(path).read_text().splitlines()
    except OSError as error:
        raise ValueError(f"cannot read the trace {path}: {error.strerror}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            if number == len(lines):
                break
            raise ValueError(f"{path}, line {number} is no JSON: {error.msg}") from error
        if not isinstance(record, dict) or not isinstance(record.get("kind"), str):
            raise ValueError(
                f'{path}, line {number} has no "kind"; every record is an object that names its kind'
            )
        records[record["kind"]].append(record)
    if not records:
        raise ValueError(f"{path} holds no records")
    return Trace(dict(records), str(path))


def steps_of(points: list[tuple[float, float]]) -> list[Step]:
    """Steps in a curve given as (time s, level from then on); a ramp counts from its start."""
    times, levels = np.array(points).T
    grid_s = np.arange(times[0], times[-1] + STEP_WITHIN_S, 0.02)
    level = levels[np.clip(np.searchsorted(times, grid_s + 1e-9, side="right") - 1, 0, len(levels) - 1)]
    ahead = round(STEP_WITHIN_S / 0.02)
    later = np.concatenate([level[ahead:], np.full(min(ahead, len(level)), level[-1])])[: len(level)]
    steps: list[Step] = []
    at = 0
    while at < len(grid_s):
        change = later[at] - level[at]
        if abs(change) < STEP_LEVELS:
            at += 1
            continue
        begins = at
        while begins + 1 < len(level) and abs(level[begins + 1] - level[at]) < 0.02:
            begins += 1
        end = min(len(level) - 1, begins + ahead)
        steps.append(
            Step(float(grid_s[min(begins + 1, len(grid_s) - 1)]), float(level[at]), float(level[end]))
        )
        at = end
    return steps
