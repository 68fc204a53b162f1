"""Did every term of a training fall? Reads the logs that trainings write; knows no network."""

import json
from pathlib import Path

from evaluation.tables import Cell, Table

SHARE = 0.1
"""First and last part of a run that are compared."""

Curves = dict[str, list[tuple[int, float]]]
"""Term -> (step, value) in order."""


def read_log(path: Path | str) -> Curves:
    """The curves in a ``scalars.jsonl``; of steps written twice, as after a crash, the last counts.

    Raises:
        ValueError: not such a log.
    """
    found: dict[str, dict[int, float]] = {}
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
            step = int(row["step"])
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}, line {number} is not of a training's log: {error}") from error
        for name, value in row.items():
            if "/" in name:
                found.setdefault(name, {})[step] = float(value)
    if not found:
        raise ValueError(f"{path} holds no curve; give a scalars.jsonl of a training")
    return {name: sorted(points.items()) for name, points in found.items()}


def falls(points: list[tuple[int, float]]) -> tuple[float, float]:
    """Mean of the first and of the last tenth of a curve."""
    values = [value for _, value in points]
    part = max(1, round(SHARE * len(values)))
    return sum(values[:part]) / part, sum(values[-part:]) / part


def losses_table(logs: dict[str, Curves]) -> Table:
    """One row a term: where it began, where it ended."""
    rows: list[tuple[Cell, ...]] = []
    for run, curves in logs.items():
        for name, points in curves.items():
            first, last = falls(points)
            rows.append((f"{run} {name}", points[-1][0], first, last, last / first if first else None))
    note = (
        "Means of the first and last tenth of a log. Adversarial terms balance each other and need not fall."
    )
    return Table("Losses", ("term", "steps", "first", "last", "last / first"), tuple(rows), note)
