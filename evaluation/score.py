"""Score folders of sounds against their reference, the null baselines always beside. Files in, rows out."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evaluation.audio import Samples, paired_files, read_samples, sound_files
from evaluation.baselines import BASELINES, baseline
from evaluation.beat_scores import (
    LORIS_WINDOW_FRAMES,
    clip_score,
    loris_score,
    onset_times_s,
    published_score,
)
from evaluation.distances import frechet_distance, log_mel_l1
from evaluation.embedding import Embedding, Points
from evaluation.genre import genre_of, retrieval_accuracy
from evaluation.rhythm import NARROW_S, WIDE_S, beat_f, checked_times
from evaluation.tables import Cell, Table
from evaluation.tracking import track_beats

Times = NDArray[np.float64]

COLUMNS = (
    "method",
    "coverage",
    "hit",
    "BCS",
    "CSD",
    "BHS",
    "HSD",
    "F1",
    "beat F 70 ms",
    "beat F 25 ms",
    "genre accuracy",
    "Frechet distance",
    "log-mel L1",
)


@dataclass(frozen=True)
class Clip:
    """What is known of one sound: its onsets by both definitions, its beats and its embedding points."""

    name: str
    samples: Samples
    onsets_s: Times
    loris_onsets_s: Times
    beats_s: Times
    points: Points
    genre: str | None


def annotated_beats(sound: Path) -> Times | None:
    """Beats (s) from ``NAME.beats.txt`` beside a sound, one time a line (other columns are ignored)."""
    path = sound.with_suffix(".beats.txt")
    if not path.exists():
        return None
    lines = [line.split() for line in path.read_text().splitlines() if line.strip() and line[0] != "#"]
    try:
        return checked_times([float(line[0]) for line in lines], str(path))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def analyse(name: str, samples: Samples, embedding: Embedding, beats_s: Times | None = None) -> Clip:
    """Everything the measures need of one mono sound at 22,050 Hz; beats are tracked unless given."""
    return Clip(
        name,
        samples,
        onset_times_s(samples),
        onset_times_s(samples, LORIS_WINDOW_FRAMES),
        track_beats(samples) if beats_s is None else beats_s,
        embedding.points(samples),
        genre_of(name),
    )


def score_clips(
    method: str, truth: list[Clip], generated: list[Clip], database: list[Clip], is_truth: bool = False
) -> dict[str, Cell]:
    """One row of the table. ``is_truth`` keeps an original from finding itself in the database."""
    pairs = list(zip(truth, generated, strict=True))
    beats = published_score([clip_score(a.onsets_s, b.onsets_s) for a, b in pairs])
    loris = loris_score([clip_score(a.loris_onsets_s, b.loris_onsets_s) for a, b in pairs])
    with_beats = [(a, b) for a, b in pairs if len(a.beats_s)]
    return {
        "method": method,
        "coverage": beats.coverage,
        "hit": beats.hit,
        "BCS": loris.bcs,
        "CSD": loris.csd,
        "BHS": loris.bhs,
        "HSD": loris.hsd,
        "F1": loris.f1,
        "beat F 70 ms": _mean(beat_f(a.beats_s, b.beats_s, WIDE_S) for a, b in with_beats),
        "beat F 25 ms": _mean(beat_f(a.beats_s, b.beats_s, NARROW_S) for a, b in with_beats),
        "genre accuracy": _genre_accuracy(truth, generated, database, is_truth),
        "Frechet distance": _frechet(truth, generated),
        "log-mel L1": _mean(log_mel_l1(a.samples, b.samples) for a, b in pairs),
    }


def score_folders(
    reference: Path | str,
    generated: dict[str, Path | str],
    embedding: Embedding,
    database: Path | str | None = None,
    progress: Callable[[str], None] = lambda line: None,
) -> Table:
    """The full table: ground truth, every generated folder, the three null baselines.

    Args:
        reference: folder of original clips; ``NAME.beats.txt`` beside one gives its true beats.
        generated: method name -> folder with a file of the same name for every original.
        embedding: what genre accuracy and Frechet distance are measured with.
        database: originals to retrieve genres from; the reference itself by default.
        progress: told one line a step.
    """
    files = {method: paired_files(reference, folder) for method, folder in generated.items()}
    progress(f"reading {reference}")
    originals = sound_files(reference)
    truth = [
        analyse(name, read_samples(path), embedding, annotated_beats(path))
        for name, path in originals.items()
    ]
    known = truth
    if database is not None:
        known = [analyse(name, read_samples(path), embedding) for name, path in sound_files(database).items()]

    rows = [score_clips("ground truth", truth, truth, known, is_truth=database is None)]
    for method, pairs in files.items():
        progress(f"scoring {method}")
        clips = [analyse(name, read_samples(pair[1]), embedding) for name, pair in pairs.items()]
        rows.append(score_clips(method, truth, clips, known))
    for name in BASELINES:
        progress(f"scoring {name}")
        sounds = [baseline(name, len(clip.samples), seed) for seed, clip in enumerate(truth)]
        clips = [analyse(clip.name, sound, embedding) for clip, sound in zip(truth, sounds, strict=True)]
        rows.append(score_clips(name, truth, clips, known))
    return Table(
        f"Scores of {len(truth)} clips of {reference}",
        COLUMNS,
        tuple(tuple(row[column] for column in COLUMNS) for row in rows),
        note(truth, embedding),
    )


def note(truth: list[Clip], embedding: Embedding) -> str:
    """What a reader of a table of these clips must know."""
    skipped = sum(1 for clip in truth if not len(clip.onsets_s))
    unnamed = sum(1 for clip in truth if clip.genre is None)
    parts = [
        "Coverage, hit, LORIS and genre accuracy in percent; beat F by mir_eval; log-mel L1 in decades.",
        f"Genre accuracy and Frechet distance use the embedding: {embedding.name}.",
    ]
    if skipped:
        parts.append(f"{skipped} clips without an onset in the truth count in no coverage or hit.")
    if unnamed:
        parts.append(f"{unnamed} clips name no genre (gBR_..., or house/...) and count in no genre accuracy.")
    return " ".join(parts)


def _genre_accuracy(
    truth: list[Clip], generated: list[Clip], database: list[Clip], is_truth: bool
) -> float | None:
    named = [index for index, clip in enumerate(truth) if clip.genre]
    originals = [index for index, clip in enumerate(database) if clip.genre]
    if not named or len(originals) < 2:
        return None
    rows = {index: row for row, index in enumerate(originals)}
    return retrieval_accuracy(
        np.array([generated[index].points.mean(0) for index in named]),
        [str(truth[index].genre) for index in named],
        np.array([database[index].points.mean(0) for index in originals]),
        [str(database[index].genre) for index in originals],
        [rows[index] for index in named] if is_truth else None,
    )


def _frechet(truth: list[Clip], generated: list[Clip]) -> float | None:
    first = np.concatenate([clip.points for clip in truth])
    second = np.concatenate([clip.points for clip in generated])
    return frechet_distance(first, second) if min(len(first), len(second)) > 1 else None


def _mean(values: Iterable[float]) -> float | None:
    everything = list(values)
    return float(np.mean(everything)) if everything else None
