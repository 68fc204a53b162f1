"""The examination of a house bundle: everything that issue "the house bundle" asks, on written cases.

Every number stands beside what the band's own sound gets in the same test (``truth``), and beside the null
baselines where one can score by luck. Knows no corpus and no training: see ``corpus/cases.py`` for the cases.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.genres import GENRES
from evaluation.answers import Change, change
from evaluation.audio import Samples, read_samples, windows_of
from evaluation.baselines import BASELINES, baseline
from evaluation.beat_scores import (
    LORIS_WINDOW_FRAMES,
    clip_score,
    loris_score,
    onset_times_s,
    published_score,
)
from evaluation.bundle_player import BundlePlayer, Conditions, bundle_size_mb, read_conditions
from evaluation.continuity import boundary_accuracy, drift, strongest_loop
from evaluation.distances import frechet_distance, log_mel_l1
from evaluation.embedding import Embedding, Points
from evaluation.genre import (
    WINDOW_SAMPLES,
    fit_genre_classifier,
    genre_of,
    retrieval_accuracy,
    window_features,
)
from evaluation.intonation import cents_off
from evaluation.logistic import Logistic
from evaluation.rhythm import NARROW_S, WIDE_S, Times, beat_errors, beat_f, tempo_bpm
from evaluation.score import annotated_beats
from evaluation.tracking import track_beats
from features.mel import SAMPLE_RATE_HZ
from features.visual import NEUTRAL_VISUAL

Tell = Callable[[str], None]
Row = dict[str, Any]

SPAN_BARS = 8
LONG_S = 300.0
PHRASE_BEATS = 16
LEVEL_S = 0.5
"""A level is told of so much sound."""
SETTLED_S = 1.0
"""After a step of the dancer this much is left out before the music is judged anew."""


@dataclass(frozen=True)
class Case:
    """One case: conditions, the band's own sound, true beats, genre."""

    name: str
    genre: str
    conditions: Conditions
    truth: Samples
    beats_s: Times


def read_cases(folder: Path) -> list[Case]:
    """Every case of one folder of ``python -m corpus cases``, by name."""
    paths = sorted(folder.glob("*.npz"))
    if not paths:
        raise ValueError(f"{folder} holds no cases; write them with `python -m corpus cases`")
    cases = []
    for path in paths:
        genre, beats_s = genre_of(path.stem), annotated_beats(path.with_suffix(".wav"))
        if genre is None or beats_s is None:
            raise ValueError(f"{path}: its name tells no genre, or its .beats.txt is missing")
        cases.append(
            Case(path.stem, genre, read_conditions(path), read_samples(path.with_suffix(".wav")), beats_s)
        )
    return cases


@dataclass(frozen=True)
class Examination:
    """All measures as plain values, and the sounds for a sheet: genre -> {truth, generated}."""

    measures: Row
    sounds: dict[str, dict[str, Samples]]


def examine(
    folder: Path,
    cases: Path,
    embedding: Embedding,
    long_styles: Sequence[str] = GENRES,
    tell: Tell = lambda line: None,
) -> Examination:
    """Play a bundle over all cases and measure it.

    Args:
        folder: the bundle.
        cases: as ``python -m corpus cases`` writes them.
        embedding: for Frechet distance and retrieval.
        long_styles: styles played for five minutes each.
        tell: told one line a step.
    """
    player = BundlePlayer(folder)
    tell("songs: rhythm, genre, distances")
    songs = read_cases(cases / "songs")
    generated = [player.play(case.conditions) for case in songs]
    learnt = read_cases(cases / "train")
    measures: Row = {
        "bundle": player.manifest.name,
        "cases": len(songs),
        "embedding": embedding.name,
        "rhythm": {
            "generated": rhythm(songs, generated),
            "truth": rhythm(songs, [case.truth for case in songs]),
        },
        "cents_off": {
            "generated": mean_cents_off(generated),
            "truth": mean_cents_off([case.truth for case in songs]),
        },
        "published": published(songs, generated),
        "genre": genres(learnt, songs, generated, embedding),
        "distances": distances(learnt, songs, generated, embedding),
    }
    tell("answers: steps of energy and of light, with and without the input they come through")
    measures["answers"] = {kind: answers(player, read_cases(cases / kind), kind) for kind in STEP_KINDS}
    if (cases / "danced").exists():
        tell("danced: whether the music follows dancers as a tracker sees them")
        measures["danced"] = danced(player, read_cases(cases / "danced"))
    tell(f"five minutes each of {', '.join(long_styles)}")
    measures["continuity"] = continuity(player, read_cases(cases / "long"), long_styles)
    measures["speed"] = speed(player, folder)
    first = {case.genre: index for index, case in reversed(list(enumerate(songs)))}
    sounds = {
        genre: {"truth": songs[index].truth, "generated": generated[index]}
        for genre, index in sorted(first.items())
    }
    return Examination(measures, sounds)


def rhythm(cases: list[Case], sounds: list[Samples]) -> Row:
    """Beats tracked in each sound against the true grid: F at two tolerances, errors, and F by genre."""
    wide, narrow, by_genre, errors_ms = [], [], defaultdict(list), []
    for case, sound in zip(cases, sounds, strict=True):
        heard = track_beats(sound, tempo_bpm(case.beats_s))
        wide.append(beat_f(case.beats_s, heard, WIDE_S))
        narrow.append(beat_f(case.beats_s, heard, NARROW_S))
        by_genre[case.genre].append(wide[-1])
        error = beat_errors(case.beats_s, heard)
        errors_ms += [error.median_ms] if error.matched else []
    return {
        "f_70": _mean(wide),
        "f_25": _mean(narrow),
        "median_ms": float(np.median(errors_ms)) if errors_ms else float("nan"),
        "f_70_by_genre": {genre: _mean(values) for genre, values in by_genre.items()},
    }


def mean_cents_off(sounds: list[Samples]) -> float:
    """How far partials lie from the tempered scale, mean of the sounds that have any; NaN if none has."""
    found = [off for sound in sounds if not np.isnan(off := cents_off(sound))]
    return _mean(found) if found else float("nan")


def published(cases: list[Case], sounds: list[Samples]) -> Row:
    """Coverage, hit and LORIS's scores of 2 s windows against the truth's, the null baselines beside."""
    truth = [window for case in cases for window in windows_of(case.truth, WINDOW_SAMPLES)]
    systems = {"generated": [window for sound in sounds for window in windows_of(sound, WINDOW_SAMPLES)]}
    systems |= {name: [baseline(name, len(w), seed) for seed, w in enumerate(truth)] for name in BASELINES}
    onsets = {width: [onset_times_s(window, width) for window in truth] for width in (1, LORIS_WINDOW_FRAMES)}
    rows: Row = {}
    for name, windows in systems.items():
        scores = {
            width: [
                clip_score(a, onset_times_s(b, width)) for a, b in zip(onsets[width], windows, strict=True)
            ]
            for width in onsets
        }
        rows[name] = {"published": asdict(published_score(scores[1]))}
        rows[name]["loris"] = asdict(loris_score(scores[LORIS_WINDOW_FRAMES]))
    return rows


def genres(learnt: list[Case], cases: list[Case], sounds: list[Samples], embedding: Embedding) -> Row:
    """A classifier trained on real windows, and the paper's retrieval: percent of 2 s windows named right."""
    known, known_genres = _windows(learnt, [case.truth for case in learnt])
    judge = fit_genre_classifier(np.array([window_features(window) for window in known]), known_genres)
    database = np.array([embedding.clip(window) for window in known])
    row: Row = {}
    for name, heard in (("generated", sounds), ("truth", [case.truth for case in cases])):
        windows, wanted = _windows(cases, heard)
        row[name] = {
            "classifier": _named_right(judge, windows, wanted),
            "retrieval": retrieval_accuracy(
                np.array([embedding.clip(window) for window in windows]), wanted, database, known_genres
            ),
        }
    return row


def distances(learnt: list[Case], cases: list[Case], sounds: list[Samples], embedding: Embedding) -> Row:
    """Log-mel L1 to the band's sound; Frechet distance to held-out sound, and between halves of the corpus.

    The halves hold different songs each, as many of one genre as of the other.
    """
    songs = {case.name: "_".join(case.name.split("_")[:-2]) for case in learnt}
    order = {name: index for index, name in enumerate(sorted(set(songs.values())))}
    halves = [[case for case in learnt if order[songs[case.name]] % 2 == side] for side in (0, 1)]
    first, second = (_points([case.truth for case in half], embedding) for half in halves)
    held_out = _points([case.truth for case in cases], embedding)
    made = _points(sounds, embedding)
    between_halves = frechet_distance(first, second)
    to_held_out = frechet_distance(held_out, made)
    return {
        "log_mel_l1": _mean(
            [log_mel_l1(case.truth, sound) for case, sound in zip(cases, sounds, strict=True)]
        ),
        "frechet_generated_to_held_out": to_held_out,
        "frechet_halves": between_halves,
        "frechet_ratio": to_held_out / between_halves if between_halves > 0 else float("nan"),
        "frechet_learnt_to_held_out": frechet_distance(np.concatenate([first, second]), held_out),
    }


STEP_KINDS = ("up", "down", "bright", "dark")


def answers(player: BundlePlayer, cases: list[Case], kind: str) -> Row:
    """How often the music answers a step: with the input, without it (so by luck), and the band itself."""
    of_energy = kind in ("up", "down")
    deaf = Conditions.without_motion if of_energy else Conditions.without_visual
    systems = {
        "generated": [player.play(case.conditions) for case in cases],
        "without motion" if of_energy else "without visual": [
            player.play(deaf(case.conditions)) for case in cases
        ],
        "truth": [case.truth for case in cases],
    }
    row: Row = {"trials": len(cases)}
    for name, sounds in systems.items():
        changes = [change(*_around_the_middle(sound)) for sound in sounds]
        row[name] = {
            "rate": _mean([float(answered(moved, kind)) for moved in changes]),
            "loudness_db": _mean([moved.loudness for moved in changes]),
            "onsets": _mean([moved.density for moved in changes]),
            "brightness": _mean([moved.brightness for moved in changes]),
        }
    return row


def danced(player: BundlePlayer, cases: list[Case]) -> Row:
    """How the band's level of every half second is followed, with the dancer and without: correlation."""
    systems = {
        "generated": [player.play(case.conditions) for case in cases],
        "without motion": [player.play(case.conditions.without_motion()) for case in cases],
    }
    row: Row = {"dances": len(cases)}
    for name, sounds in systems.items():
        pairs = list(zip(cases, sounds, strict=True))
        row[name] = {
            "follows": _mean([_alike(levels_db(case.truth), levels_db(sound)) for case, sound in pairs]),
            "log_mel_l1": _mean([log_mel_l1(case.truth, sound) for case, sound in pairs]),
        }
    return row


def levels_db(sound: Samples) -> NDArray[np.float64]:
    """RMS level of every ``LEVEL_S``, dB."""
    size = round(LEVEL_S * SAMPLE_RATE_HZ)
    pieces = np.asarray(sound[: len(sound) // size * size], np.float64).reshape(-1, size)
    return np.asarray(10 * np.log10(np.mean(pieces**2, axis=1) + 1e-9))


def _alike(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Pearson's correlation over the shorter of the two; 0 where one does not change."""
    length = min(len(one), len(other))
    first, second = one[:length], other[:length]
    return float(np.corrcoef(first, second)[0, 1]) if np.ptp(first) > 0 and np.ptp(second) > 0 else 0.0


def answered(moved: Change, kind: str) -> bool:
    """A step of energy is judged by all three measures, one of light by brightness of sound alone."""
    if kind in ("up", "down"):
        return moved.answers("up" if kind == "up" else "down")
    return moved.brightness >= 1 if kind == "bright" else moved.brightness <= -1


def continuity(
    player: BundlePlayer, cases: list[Case], styles: Sequence[str], seconds: float = LONG_S
) -> Row:
    """Drift, loops and seams of minutes of each style, and the drift of the corpus's own songs."""
    own, made = {}, {}
    for case in cases:
        bar_s = 4 * 60 / tempo_bpm(case.beats_s)
        if len(case.truth) / SAMPLE_RATE_HZ >= 2 * SPAN_BARS * bar_s:
            own[case.genre] = asdict(drift(case.truth, SPAN_BARS * bar_s))
    bpm_of = {style.name: style.bpm for style in player.manifest.styles}
    for style in styles:
        bpm = bpm_of[style]
        sound = player.play(steady_conditions(style, bpm, seconds))
        bar_s = 4 * 60 / bpm
        hop, code = player.manifest.hop_samples, player.manifest.samples_per_code
        made[style] = {
            **asdict(drift(sound, SPAN_BARS * bar_s)),
            "strongest_loop": strongest_loop(sound, SPAN_BARS * bar_s, bar_s),
            "boundary_accuracy": boundary_accuracy(sound, hop, grid=code),
            "elsewhere_accuracy": _mean(
                [
                    boundary_accuracy(sound, hop, quarter * (hop // code // 4) * code, code)
                    for quarter in (1, 2, 3)
                ]
            ),
        }
    return {"generated": made, "corpus": own}


def steady_conditions(style: str, bpm: float, seconds: float, seed: int = 0) -> Conditions:
    """A dancer of steady energy 0.6 in a grey room; a new variation each four-bar phrase, the first song."""
    codes = int(seconds * SAMPLE_RATE_HZ / 128)
    beats = (np.arange(codes) + 0.5) * 128 / SAMPLE_RATE_HZ * bpm / 60
    rng = np.random.default_rng(seed)
    phrases = rng.uniform(-1, 1, (int(beats[-1] // PHRASE_BEATS) + 1, 8))
    variation = np.zeros((14, codes), np.float32)
    variation[0] = 1.0
    variation[6:] = phrases[(beats // PHRASE_BEATS).astype(int)].T
    weights = np.zeros((len(GENRES), codes), np.float32)
    weights[GENRES.index(style)] = 1.0
    motion, room = (np.repeat(row[:, None], codes, axis=1) for row in (STEADY, NEUTRAL_VISUAL))
    return Conditions(motion, room, (beats % PHRASE_BEATS).astype(np.float32), weights, variation)


STEADY = np.array([0.28, 0.28, 0, 0.5, 0.4, 0.9, 0, 0, 0, 0, 0.22, 0.22, 0.22, 0.22, 0.22, 1], np.float32)
"""Motion columns of one who gives 0.6 of all, arms half open, as a camera sees them: ``corpus/cases.py``."""


def speed(player: BundlePlayer, folder: Path) -> Row:
    """Milliseconds a hop on one core, over everything played, and the bundle's size."""
    times = np.array(player.hop_ms)
    return {
        "hops": len(times),
        "hop_ms_median": float(np.median(times)),
        "hop_ms_p95": float(np.percentile(times, 95)),
        "size_mb": bundle_size_mb(folder),
    }


def _around_the_middle(sound: Samples) -> tuple[Samples, Samples]:
    """The music before a step in the middle, and from one second after it."""
    middle, gap = len(sound) // 2, round(SETTLED_S * SAMPLE_RATE_HZ)
    return sound[gap:middle], sound[middle + gap :]


def _windows(cases: list[Case], sounds: list[Samples]) -> tuple[list[Samples], list[str]]:
    """All 2 s windows of the sounds, and the genre of each."""
    pairs = [
        (window, case.genre)
        for case, sound in zip(cases, sounds, strict=True)
        for window in windows_of(sound, WINDOW_SAMPLES)
    ]
    return [window for window, _ in pairs], [genre for _, genre in pairs]


def _named_right(judge: Logistic, windows: list[Samples], wanted: list[str]) -> float:
    named = judge.predict(np.array([window_features(window) for window in windows]))
    return 100 * _mean([float(one == other) for one, other in zip(named, wanted, strict=True)])


def _points(sounds: list[Samples], embedding: Embedding) -> Points:
    return np.concatenate([embedding.points(sound) for sound in sounds])


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))
