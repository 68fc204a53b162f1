"""Figures as PNG: spectrogram sheets, beat errors, latencies. Draws numbers that others measured."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from features.mel import HOP_SAMPLES, SAMPLE_RATE_HZ, log_mel

DARKEST, BRIGHTEST = -4.0, 1.0
INK = "#1b1b1f"
LINE_COLOURS = ("#2a6fbb", "#c8553d", "#3c8d5a", "#8a5fb0", "#c79a2b")


def _figure(width: float, height: float) -> Any:
    from matplotlib.figure import Figure  # no pyplot: no global state, no display

    return Figure(figsize=(width, height), dpi=110, layout="constrained")


def spectrogram_sheet(
    path: Path | str, rows: Mapping[str, Mapping[str, ArrayLike]], seconds: float | None = None
) -> None:
    """Log-mel spectrograms in one PNG: a panel for each name (a genre, a clip), its sounds one above another.

    Args:
        path: the PNG to write.
        rows: name -> {"truth": samples, "reconstruction": samples, "generated": samples}, mono at 22,050 Hz.
        seconds: show only the beginning.
    """
    if not rows:
        raise ValueError("a spectrogram sheet needs at least one sound")
    kinds = list(next(iter(rows.values())))
    columns = min(2, len(rows))
    bands = -(-len(rows) // columns)
    figure = _figure(7.0 * columns, 1.35 * bands * len(kinds) + 0.6)
    axes = figure.subplots(bands * len(kinds), columns, squeeze=False, sharex=True)
    image = None
    for index, (name, sounds) in enumerate(rows.items()):
        if list(sounds) != kinds:
            raise ValueError(f"{name} shows {list(sounds)}, others {kinds}; give every row the same sounds")
        for place, (kind, samples) in enumerate(sounds.items()):
            axis = axes[(index // columns) * len(kinds) + place][index % columns]
            image = _spectrogram(axis, np.asarray(samples, np.float32), seconds)
            axis.set_ylabel(kind, fontsize=8)
            if place == 0:
                axis.set_title(name, fontsize=10, loc="left", color=INK)
    for axis in axes.ravel():
        if not axis.has_data():
            axis.set_visible(False)
    for axis in axes[-1]:
        axis.set_xlabel("seconds", fontsize=8)
    figure.colorbar(image, ax=axes, label="log10 mel magnitude", shrink=0.6, pad=0.01)
    figure.savefig(path)


def _spectrogram(axis: Any, samples: np.ndarray, seconds: float | None) -> Any:
    if seconds is not None:
        samples = samples[: int(seconds * SAMPLE_RATE_HZ)]
    levels = log_mel(samples, 1e-4)
    length_s = levels.shape[1] * HOP_SAMPLES / SAMPLE_RATE_HZ
    axis.set_yticks([])
    axis.tick_params(labelsize=7)
    return axis.imshow(
        levels,
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=DARKEST,
        vmax=BRIGHTEST,
        extent=(0, length_s, 0, levels.shape[0]),
        interpolation="nearest",
    )


def score_bars(
    path: Path | str, title: str, methods: Sequence[str], columns: Mapping[str, Sequence[float | None]]
) -> None:
    """Grouped horizontal bars in percent: a group for each method, a bar for each measure it has."""
    figure = _figure(8.0, 0.5 + 0.28 * len(methods) * max(1, len(columns)))
    axis = figure.subplots()
    height = 0.8 / max(1, len(columns))
    for place, (name, values) in enumerate(columns.items()):
        at = np.arange(len(methods)) + (place - (len(columns) - 1) / 2) * height
        shown = [float("nan") if value is None else value for value in values]
        bars = axis.barh(at, shown, height * 0.9, label=name, color=LINE_COLOURS[place % len(LINE_COLOURS)])
        labels = ["–" if value is None or value != value else f"{value:.1f}" for value in values]
        axis.bar_label(bars, labels, fontsize=7, padding=2)
    axis.set_yticks(np.arange(len(methods)), methods, fontsize=8)
    axis.invert_yaxis()
    measured = [
        value for values in columns.values() for value in values if value is not None and value == value
    ]
    axis.set_xlim(0, 1.12 * max([100.0, *measured]))
    axis.set_xlabel("percent", fontsize=8)
    axis.set_title(title, fontsize=10, loc="left")
    axis.legend(fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def loss_curves(path: Path | str, logs: Mapping[str, Mapping[str, Sequence[tuple[int, float]]]]) -> None:
    """Every term of every training, a row a training and a panel a term; ``logs`` as ``losses.read_log``."""
    widest = max(len(curves) for curves in logs.values())
    figure = _figure(1.9 * widest, 1.7 * len(logs))
    axes = figure.subplots(len(logs), widest, squeeze=False)
    for row, (run, curves) in zip(axes, logs.items(), strict=True):
        for axis in row[len(curves) :]:
            axis.set_visible(False)
        for place, (name, points) in enumerate(curves.items()):
            axis = row[place]
            axis.plot(*zip(*points, strict=True), color=LINE_COLOURS[place % len(LINE_COLOURS)], linewidth=1)
            axis.set_title(f"{run} {name}", fontsize=7, loc="left")
            axis.tick_params(labelsize=6)
            axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def beat_error_plot(
    path: Path | str, heard_s: ArrayLike, errors_ms: ArrayLike, title: str, lock_s: float | None = None
) -> None:
    """Signed error of every heard beat over time, the two tolerances shaded; late is up."""
    figure = _figure(9.0, 3.2)
    axis = figure.subplots()
    axis.axhspan(-70, 70, color="#2a6fbb", alpha=0.10, label="±70 ms")
    axis.axhspan(-25, 25, color="#2a6fbb", alpha=0.18, label="±25 ms")
    axis.axhline(0, color=INK, linewidth=0.8)
    axis.plot(
        np.asarray(heard_s),
        np.asarray(errors_ms),
        "o",
        markersize=3.5,
        color=LINE_COLOURS[1],
        label="heard beat",
    )
    if lock_s is not None:
        axis.axvline(lock_s, color=LINE_COLOURS[2], linewidth=1.2, label=f"locked at {lock_s:.1f} s")
    axis.set_ylim(-200, 200)
    axis.set_xlabel("show time, s", fontsize=8)
    axis.set_ylabel("late (+) or early (-), ms", fontsize=8)
    axis.set_title(title, fontsize=10, loc="left")
    axis.legend(fontsize=7, frameon=False, ncols=4, loc="lower right")
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)


def stage_times_plot(path: Path | str, stages_ms: Mapping[str, ArrayLike], title: str) -> None:
    """Box plots of stage times in ms (whiskers at the 5th and 95th percentile), one row a stage."""
    figure = _figure(8.0, 0.9 + 0.38 * len(stages_ms))
    axis = figure.subplots()
    names = list(stages_ms)
    axis.boxplot(
        [np.asarray(stages_ms[name], np.float64) for name in names],
        orientation="horizontal",
        whis=(5, 95),
        flierprops={"markersize": 2, "alpha": 0.4},
        medianprops={"color": LINE_COLOURS[1]},
    )
    axis.set_yticks(range(1, len(names) + 1), names, fontsize=8)
    axis.invert_yaxis()
    axis.set_xlim(left=0)
    axis.set_xlabel("ms", fontsize=8)
    axis.set_title(title, fontsize=10, loc="left")
    axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)
