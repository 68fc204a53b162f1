"""What each command does: read, call the pure functions, show a table, write JSON and plots."""

import argparse
import json
from collections.abc import Mapping
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from configs.genres import GENRES
from configs.report import write_section
from evaluation import plots
from evaluation.alignment import Alignment, alignment_of, heard_beats
from evaluation.audio import paired_files, read_samples
from evaluation.embedding import load_embedding
from evaluation.house import examine
from evaluation.house_table import house_table
from evaluation.latency import latency_of, stage_times
from evaluation.listening import build_test
from evaluation.losses import losses_table, read_log
from evaluation.mos import mos_table, read_key, read_ratings
from evaluation.paper import beside_published, measure, render
from evaluation.rhythm import nearest
from evaluation.score import score_folders
from evaluation.steering import steering_of
from evaluation.tables import Cell, Table, as_json, markdown, with_ours
from evaluation.trace import read_trace

SHEET_CLIPS = 6


def score(chosen: argparse.Namespace) -> None:
    """``score``: the full table, the published ones beside, a spectrogram sheet."""
    generated = named_folders(chosen.generated)
    table = score_folders(
        chosen.reference,
        generated,
        load_embedding(chosen.vggish),
        chosen.database,
        lambda line: print(f"… {line}"),
    )
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    tables = [
        table,
        *(with_ours(key, [{**row, "method": str(row["method"])} for row in rows]) for key in chosen.compare),
    ]
    _show(tables, chosen.json)
    if chosen.plots:
        chosen.plots.mkdir(parents=True, exist_ok=True)
        _sheet(chosen.plots / "spectrograms.png", chosen.reference, generated)
        columns = {
            name: [_number(row[name]) for row in rows] for name in ("coverage", "hit", "genre accuracy")
        }
        plots.score_bars(
            chosen.plots / "scores.png", table.title, [str(row["method"]) for row in rows], columns
        )


def alignment(chosen: argparse.Namespace) -> None:
    """``alignment``: how well heard (and announced) beats fall on the dancer's."""
    trace, samples = read_trace(chosen.trace), read_samples(chosen.audio)
    found = alignment_of(samples, trace)
    columns = ("measure", *found)
    rows = [
        (name, *(_cell(getattr(result, name)) for result in found.values())) for name in _fields(Alignment)
    ]
    _show([Table(f"Alignment of {chosen.audio}", columns, tuple(rows), ALIGNMENT_NOTE)], None)
    _write_json(chosen.json, {name: asdict(result) for name, result in found.items()})
    if chosen.plots:
        chosen.plots.mkdir(parents=True, exist_ok=True)
        truth, heard = trace.true_beats_s(), heard_beats(samples, trace)
        errors_ms = 1e3 * (heard - truth[nearest(truth, heard)]) if len(heard) else np.zeros(0)
        lock = found["heard"].lock_s
        plots.beat_error_plot(
            chosen.plots / "alignment.png", heard, errors_ms, f"Beats heard in {chosen.audio}", lock
        )


def steering(chosen: argparse.Namespace) -> None:
    """``steering``: how surely and how soon the sound answers the dancer's energy."""
    found = steering_of(read_samples(chosen.audio), read_trace(chosen.trace))
    summary: dict[str, Any] = {
        "steps": len(found.trials),
        "detection rate": found.detection_rate,
        "right way rate": found.right_way_rate,
        "false alarm rate": found.false_alarm_rate,
        "median ms": found.delay_ms(50),
        "p95 ms": found.delay_ms(95),
        "from the movement, median ms": found.from_movement_ms(50),
        "from the movement, p95 ms": found.from_movement_ms(95),
    }
    rows = tuple((name, value) for name, value in summary.items())
    note = "A false alarm is the same detector firing within 2 s of a moment without a step."
    _show([Table(f"Steering of {chosen.audio}", ("measure", "value"), rows, note)], None)
    _write_json(chosen.json, summary | {"trials": [asdict(trial) for trial in found.trials]})
    if chosen.plots:
        chosen.plots.mkdir(parents=True, exist_ok=True)
        delays = [1e3 * trial.delay_s for trial in found.trials if trial.delay_s is not None]
        if delays:
            plots.stage_times_plot(
                chosen.plots / "steering.png", {"movement to audible change": delays}, "Steering"
            )


def latency(chosen: argparse.Namespace) -> None:
    """``latency``: the distribution of every stage, and the live failures."""
    trace = read_trace(chosen.trace)
    found = latency_of(trace)
    columns = ("stage", "count", "median ms", "p95 ms", "p99 ms", "worst ms")
    rows = tuple(
        (stage, times.count, times.median_ms, times.p95_ms, times.p99_ms, times.worst_ms)
        for stage, times in found.stages.items()
    )
    counts = ("late_hops", "underruns", "dropped_frames")
    told = [f"{name.replace('_', ' ')}: {_cell(getattr(found, name))}" for name in counts]
    _show(
        [Table(f"Latency of {chosen.trace}", columns, rows, f"{found.hops} hops. " + ", ".join(told) + ".")],
        None,
    )
    _write_json(chosen.json, asdict(found))
    if chosen.plots:
        chosen.plots.mkdir(parents=True, exist_ok=True)
        plots.stage_times_plot(chosen.plots / "latency.png", stage_times(trace), f"Latency of {chosen.trace}")


def house(chosen: argparse.Namespace) -> None:
    """``house``: all that is asked of a house bundle, measured on written cases."""
    unknown = [style for style in chosen.long if style not in GENRES]
    if unknown:
        raise ValueError(f"no style is called {unknown[0]!r}; there are {', '.join(GENRES)}")
    found = examine(
        chosen.bundle,
        chosen.corpus,
        load_embedding(chosen.vggish),
        chosen.long,
        lambda line: print(f"… {line}"),
    )
    _show([house_table(found.measures)], None)
    _write_json(chosen.json, found.measures)
    if chosen.plots:
        chosen.plots.mkdir(parents=True, exist_ok=True)
        plots.spectrogram_sheet(chosen.plots / "house.png", found.sounds, seconds=8.0)


def paper(chosen: argparse.Namespace) -> None:
    """``paper``: every system on windows of unheard songs, and the published tables with ours beside."""

    def told(line: str) -> None:
        print(f"… {line}", flush=True)

    bundles, folders = named_folders(chosen.bundle), named_folders(chosen.folder)
    sounds = render(chosen.windows, bundles, folders, told)
    table = measure(chosen.windows, sounds, load_embedding(chosen.vggish), told)
    main = next((name for name in bundles if name.startswith("paper")), next(iter(bundles), "ground truth"))
    tables = [table, *beside_published(table, main)]
    _show(tables, chosen.out / "table.json")
    (chosen.out / "table.md").write_text("\n".join(markdown(one) for one in tables))
    if chosen.page:
        write_section(chosen.page, "table", markdown(table))
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    columns = {name: [_number(row[name]) for row in rows] for name in ("coverage", "hit", "genre accuracy")}
    plots.score_bars(chosen.out / "scores.png", table.title, [str(row["method"]) for row in rows], columns)
    shown = {
        clip: {system: sounds[system][clip] for system in ("ground truth", *folders, *bundles)}
        for clip in list(sounds["ground truth"])[:: max(1, len(sounds["ground truth"]) // 2)][:2]
    }
    plots.spectrogram_sheet(chosen.out / "spectrograms.png", shown)


def losses(chosen: argparse.Namespace) -> None:
    """``losses``: did every term fall?"""
    logs = {name: read_log(path) for name, path in named_folders(chosen.log).items()}
    table = losses_table(logs)
    _show([table], None)
    _write_json(chosen.json, {"terms": as_json(table)["rows"], "curves": logs})
    if chosen.page:
        write_section(chosen.page, "losses", markdown(table))
    if chosen.plots:
        chosen.plots.mkdir(parents=True, exist_ok=True)
        plots.loss_curves(chosen.plots / "losses.png", logs)


def listen(chosen: argparse.Namespace) -> None:
    """``listen``: a folder to put on any web server, and the key to keep back."""
    built = build_test(named_folders(chosen.clips), chosen.study, chosen.out, chosen.seed)
    print(f"{built.page}: open it, or serve its folder; {built.clips} clips, names hidden.")
    print(f"{built.key}: keep it to yourself; `python -m evaluation mos CSV --key {built.key}` needs it.")


def mos(chosen: argparse.Namespace) -> None:
    """``mos``: what the listeners said."""
    beside = chosen.csv[0].parent / "key.json"
    key = chosen.key or (beside if beside.exists() else None)
    _show([mos_table(read_ratings(chosen.csv, read_key(key) if key else None))], chosen.json)


def named_folders(arguments: list[str]) -> dict[str, Path | str]:
    """``NAME=DIR`` or ``DIR`` (named after itself) -> name to folder; two of one name are refused."""
    folders: dict[str, Path | str] = {}
    for argument in arguments:
        name, separator, folder = argument.partition("=")
        name, path = (name, Path(folder)) if separator else (Path(argument).name, Path(argument))
        if name in folders:
            raise ValueError(f"two folders are called {name!r}; name them apart as NAME=DIR")
        folders[name] = path
    return folders


ALIGNMENT_NOTE = (
    "F-measures count after the lock, with 4 s granted after a tempo step; `_all` counts everything. "
    "Positive ms: heard later than danced. `octave` 2 or 0.5: the music runs at double or half the tempo."
)


def _sheet(path: Path, reference: Path, generated: Mapping[str, Path | str]) -> None:
    pairs = {name: paired_files(reference, folder) for name, folder in generated.items()}
    rows: dict[str, dict[str, Any]] = {}
    for clip, (original, _) in islice(next(iter(pairs.values())).items(), SHEET_CLIPS):
        sounds: dict[str, Any] = {"truth": read_samples(original)}
        rows[clip] = sounds | {name: read_samples(files[clip][1]) for name, files in pairs.items()}
    plots.spectrogram_sheet(path, rows, seconds=8.0)


def _show(tables: list[Table], json_path: Path | None) -> None:
    for table in tables:
        print("\n" + markdown(table))
    _write_json(json_path, {"tables": [as_json(table) for table in tables]})


def _write_json(path: Path | None, values: Any) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(_plain(values), indent=1, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    """JSON has no NaN: what was not measured is null."""
    if isinstance(value, dict):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


def _number(cell: Cell) -> float | None:
    return float(cell) if isinstance(cell, (int, float)) else None


def _cell(value: Any) -> Any:
    if isinstance(value, tuple):
        return ", ".join("never" if item is None else f"{item:.1f}" for item in value) or None
    return value


def _fields(kind: type[Alignment]) -> list[str]:
    return list(kind.__dataclass_fields__)
