"""The paper's table on windows of unheard songs: every system, with and without what it sees, and the nulls.

Reads the folders that ``python -m corpus windows`` writes; knows no corpus and no training.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from configs.bundle import load_bundle
from evaluation.audio import Samples, paired_files, read_samples, sound_files
from evaluation.baselines import BASELINES, baseline
from evaluation.bundle_player import BundlePlayer, Conditions, read_conditions
from evaluation.embedding import Embedding
from evaluation.genre import genre_of
from evaluation.score import COLUMNS, Clip, analyse, annotated_beats, note, score_clips
from evaluation.tables import Cell, Table, with_ours
from evaluation.window_player import WindowPlayer

WINDOW_CODES = 344
SAME_SONG = "random window of the same song"
BLIND: tuple[tuple[str, Callable[[Conditions], Conditions]], ...] = (
    ("without motion", Conditions.without_motion),
    ("without visual", Conditions.without_visual),
)
"""What a system is not shown: nobody dances, the room is grey."""

Play = Callable[[Conditions], Samples]
Progress = Callable[[str], None]
Sounds = dict[str, dict[str, Samples]]
"""System -> clip -> samples."""


def render(
    windows: Path, bundles: dict[str, Path | str], folders: dict[str, Path | str], progress: Progress
) -> Sounds:
    """The sound of every system for every window.

    Args:
        windows: folder of ``python -m corpus windows``.
        bundles: name -> bundle, of the house or of the paper's networks. Each is played again without what it
            sees, unless "without" is in its name: such a network was taught without it.
        folders: name -> sounds made elsewhere, such as a codec's copies.
        progress: told one line a system.

    Raises:
        ValueError: a folder lacks a window, or a bundle wants what windows do not hold.
    """
    truth = {name: read_samples(path) for name, path in sound_files(windows / "truth").items()}
    shown = {name: read_conditions(windows / "conditions" / f"{name}.npz") for name in truth}
    sounds: Sounds = {"ground truth": truth}
    for system, folder in (folders | {SAME_SONG: windows / "same_song"}).items():
        pairs = paired_files(windows / "truth", folder)
        sounds[system] = {name: read_samples(pair[1]) for name, pair in pairs.items()}
    for system, bundle in bundles.items():
        play, inputs = player(bundle)
        progress(f"playing {system}")
        sounds[system] = {name: play(one)[-len(truth[name]) :] for name, one in shown.items()}
        for blind, hide in BLIND if "without" not in system else ():
            if blind.removeprefix("without ") in inputs:
                progress(f"playing {system}, {blind}")
                row = {name: play(hide(one))[-len(truth[name]) :] for name, one in shown.items()}
                sounds[f"{system}, {blind}"] = row
    for seed, (name, samples) in enumerate(truth.items()):
        for null in BASELINES:
            sounds.setdefault(null, {})[name] = baseline(null, len(samples), seed)
    return sounds


def player(bundle: Path | str) -> tuple[Play, set[str]]:
    """What plays a bundle of either kind, and the names of its inputs."""
    manifest = load_bundle(bundle).manifest
    inputs = {tensor.name for tensor in manifest.inputs}
    if "phase" in inputs:
        house = BundlePlayer(bundle)
        before = WINDOW_CODES + manifest.layout.block  # one hop more, for its crossfade
        return lambda one: house.play(one, first_code=max(0, one.motion.shape[1] - before)), inputs
    return WindowPlayer(bundle).play, inputs


def measure(windows: Path, sounds: Sounds, embedding: Embedding, progress: Progress) -> Table:
    """One row a system: the paper's measures, LORIS's, and those with a tolerance in time."""
    originals = sound_files(windows / "truth")
    database = sound_files(windows / "database")
    known = [_heard(name, read_samples(path), embedding) for name, path in database.items()]
    truth = [
        analyse(name, samples, embedding, annotated_beats(originals[name]))
        for name, samples in sounds["ground truth"].items()
    ]
    rows: list[dict[str, Cell]] = [score_clips("ground truth", truth, truth, known)]
    for system, clips in sounds.items():
        if system != "ground truth":
            progress(f"scoring {system}")
            heard = [analyse(name, clips[name], embedding) for name in sounds["ground truth"]]
            rows.append(score_clips(system, truth, heard, known))
    return Table(
        f"{len(truth)} windows of 2 s of songs that no network was shown",
        COLUMNS,
        tuple(tuple(row[column] for column in COLUMNS) for row in rows),
        note(truth, embedding),
    )


def beside_published(table: Table, main: str) -> list[Table]:
    """The paper's six tables and LORIS's with our rows under theirs.

    Args:
        table: what ``measure`` gave.
        main: the system that stands for the paper's network in the tables of its ablations.
    """
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    ours = [row for row in rows if row["method"] == main]
    seen = [row for row in rows if str(row["method"]).startswith(main)]
    wanted = {
        "comparison": rows,
        "tiktok": ours,
        "modality": seen,
        "length": ours,
        "losses": ours,
        "architecture": ours,
        "loris": rows,
    }
    return [with_ours(key, chosen) for key, chosen in wanted.items()]


def _heard(name: str, samples: Samples, embedding: Embedding) -> Clip:
    """A clip of the database: only its place in the embedding and its genre are asked for."""
    none = np.zeros(0)
    return Clip(name, samples, none, none, none, embedding.points(samples), genre_of(name))
