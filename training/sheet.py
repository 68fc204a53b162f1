"""The picture by which ears are spared: truth above reconstruction above generated, for each genre."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from configs.genres import GENRES
from corpus.takebank import TakeBank
from features.mel import HOP_SAMPLES, SAMPLE_RATE_HZ, log_mel
from models.codec import Codec
from models.streaming import StreamingGenerator
from training.house_data import Example, collated, example

CODES = 640
"""Nearly four seconds; fully convolutional networks take any length."""
ROWS = ("truth", "codec", "generated")


def genre_examples(takes: TakeBank, seed: int = 5, codes: int = CODES) -> dict[str, Example]:
    """One window of each genre, all movement known."""
    rng = np.random.default_rng(seed)
    found: dict[str, Example] = {}
    while len(found) < len(GENRES):
        window = example(rng, takes, codes, now=codes)
        found.setdefault(GENRES[int(window.style[:, 0].argmax())], window)
    return {genre: found[genre] for genre in GENRES}


@torch.no_grad()
def three_sounds(window: Example, codec: Codec, generator: StreamingGenerator) -> list[np.ndarray]:
    """Truth, codec's reconstruction, and generated samples of one window."""
    *inputs, samples = collated([window])
    made: Tensor = codec.decoder(codec.quantiser(generator(*inputs)).features, inputs[-1])
    copied, _ = codec(samples)
    return [sound[0].numpy() for sound in (samples, copied, made)]


def draw_sheet(windows: dict[str, Example], codec: Codec, generator: StreamingGenerator, path: Path) -> None:
    """Write the sheet as PNG, and each genre's three sounds as WAV beside it."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from scipy.io import wavfile

    figure, axes = plt.subplots(
        len(windows) * 3, 1, figsize=(11, 3.2 * len(windows)), sharex=True, layout="constrained"
    )
    for index, (genre, window) in enumerate(windows.items()):
        for row, sound in enumerate(three_sounds(window, codec, generator)):
            axis = axes[3 * index + row]
            seconds = len(sound) // HOP_SAMPLES * HOP_SAMPLES / SAMPLE_RATE_HZ
            picture = log_mel(sound, floor=1e-4)
            axis.imshow(
                picture, origin="lower", aspect="auto", vmin=-3, vmax=0.5, extent=(0, seconds, 0, 128)
            )
            axis.set_ylabel(f"{genre}\n{ROWS[row]}" if row == 0 else ROWS[row], fontsize=7)
            axis.set_yticks([])
            whole = np.clip(np.round(sound * 32_767), -32_768, 32_767).astype(np.int16)
            wavfile.write(path.with_name(f"{genre}_{ROWS[row]}.wav"), SAMPLE_RATE_HZ, whole)
    axes[-1].set_xlabel("seconds; 128 mel bands upwards")
    figure.savefig(path, dpi=60)
    plt.close(figure)


def draw_curves(logs: dict[str, Path], path: Path) -> None:
    """Write the scalars of trainings (name -> `scalars.jsonl`) as PNG: one panel a training."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(
        1, len(logs), figsize=(5 * len(logs), 3.4), layout="constrained", squeeze=False
    )
    for axis, (name, log) in zip(axes[0], logs.items(), strict=True):
        for scalar, points in read_scalars(log).items():
            if "mel" in scalar or scalar == "feature/l1":
                axis.plot(*zip(*points, strict=True), label=scalar, linewidth=1)
        axis.set(title=name, xlabel="step", ylim=(0, 0.9))
        axis.grid(alpha=0.3)
        axis.legend(fontsize=7)
    figure.savefig(path, dpi=80)
    plt.close(figure)


def read_scalars(log: Path) -> dict[str, list[tuple[int, float]]]:
    """(step, value) by scalar; of steps written twice, as after a crash, the last."""
    found: dict[str, dict[int, float]] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        for name, value in row.items():
            if "/" in name:
                found.setdefault(name, {})[row["step"]] = value
    return {name: sorted(points.items()) for name, points in found.items()}
