"""The picture by which ears are spared: truth above reconstruction above generated, for each genre."""

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
    made: Tensor = codec.decoder(codec.quantiser(generator(*inputs)).features)
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
