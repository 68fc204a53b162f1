"""Mean opinion scores and their 95 % intervals, from the CSV files that listeners saved."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import t as student_t

from evaluation.tables import Cell, Table

COLUMNS = ("listener", "study", "clip", "score")


@dataclass(frozen=True)
class Rating:
    """One listener's score, 1 to 5, of one system's clip in one study."""

    listener: str
    study: str
    system: str
    clip: str
    score: int


@dataclass(frozen=True)
class Opinion:
    """Mean score with the half-width of its 95 % interval; NaN half-width for a single listener."""

    mean: float
    half_width: float
    ratings: int
    listeners: int


def read_key(path: Path | str) -> dict[str, tuple[str, str]]:
    """Blind clip name -> (system, clip), from the ``key.json`` that ``listen`` wrote."""
    try:
        clips = json.loads(Path(path).read_text())["clips"]
        return {blind: (entry["system"], entry["clip"]) for blind, entry in clips.items()}
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise ValueError(
            f"{path} is no key of a listening test; `python -m evaluation listen` writes one"
        ) from error


def read_ratings(
    paths: Iterable[Path | str], key: Mapping[str, tuple[str, str]] | None = None
) -> list[Rating]:
    """Read listeners' files. With a key, blind names become systems; without, a ``system`` column is needed.

    A score that is no whole number from 1 to 5, an unknown clip, or one listener scoring a clip twice is
    refused with file and line.
    """
    ratings: list[Rating] = []
    seen: set[tuple[str, str, str]] = set()
    for path in paths:
        with Path(path).open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            wanted = COLUMNS if key is not None else (*COLUMNS, "system")
            missing = [column for column in wanted if column not in (reader.fieldnames or ())]
            if missing:
                hint = "; give the test's --key" if missing == ["system"] else ""
                raise ValueError(f"{path} lacks the column {missing[0]!r}{hint}")
            for line, row in enumerate(reader, 2):
                rating = _rating(row, key, f"{path}, line {line}")
                once = (rating.listener, rating.study, row["clip"])
                if once in seen:
                    raise ValueError(
                        f"{path}, line {line}: {rating.listener!r} scores clip {row['clip']!r} a second time"
                    )
                seen.add(once)
                ratings.append(rating)
    if not ratings:
        raise ValueError("the files hold no ratings")
    return ratings


def opinion(ratings: Iterable[Rating]) -> Opinion:
    """Mean of the listeners' own means, with Student's t interval over listeners.

    Ratings by one listener are not independent, so the listener is the unit: an interval over single ratings
    would be too narrow.
    """
    of_listener: dict[str, list[int]] = defaultdict(list)
    for rating in ratings:
        of_listener[rating.listener].append(rating.score)
    if not of_listener:
        raise ValueError("no ratings, no opinion")
    means = np.array([np.mean(scores) for scores in of_listener.values()])
    count = len(means)
    half = float("nan")
    if count > 1:
        half = float(student_t.ppf(0.975, count - 1) * means.std(ddof=1) / np.sqrt(count))
    return Opinion(float(means.mean()), half, sum(map(len, of_listener.values())), count)


def mos_table(ratings: list[Rating]) -> Table:
    """One row for each study and system, best first within its study."""
    groups: dict[tuple[str, str], list[Rating]] = defaultdict(list)
    for rating in ratings:
        groups[rating.study, rating.system].append(rating)
    opinions = {group: opinion(members) for group, members in groups.items()}
    order = sorted(opinions, key=lambda group: (group[0], -opinions[group].mean))
    rows: list[tuple[Cell, ...]] = []
    for study, system in order:
        found = opinions[study, system]
        rows.append((system, study, round(found.mean, 3), found.half_width, found.ratings, found.listeners))
    return Table(
        "Mean opinion scores",
        ("system", "study", "MOS", "95 % interval ±", "ratings", "listeners"),
        tuple(rows),
        "1 bad, 5 excellent; the interval is Student's t over listeners.",
    )


def _rating(row: Mapping[str, str], key: Mapping[str, tuple[str, str]] | None, where: str) -> Rating:
    try:
        score = int(row["score"])
    except (TypeError, ValueError):
        score = 0
    if not 1 <= score <= 5:
        raise ValueError(f"{where}: the score {row['score']!r} is no whole number from 1 to 5")
    if key is None:
        return Rating(row["listener"], row["study"], row["system"], row["clip"], score)
    if row["clip"] not in key:
        raise ValueError(f"{where}: the key knows no clip {row['clip']!r}; is it the key of another test?")
    return Rating(row["listener"], row["study"], *key[row["clip"]], score)
