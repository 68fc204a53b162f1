"""Writes what the paper's table is measured on: 2-second windows of songs that no network was shown.

``evaluation`` scores files and knows no corpus; these are the files, each under the name of its take:

- ``truth``: NAME.wav (344 codes) and NAME.beats.txt (s), the band under a dancer in step with it
- ``conditions``: NAME.npz as ``cases.py`` writes them, two windows long: the first is what came before
- ``same_song``: NAME.wav, another moment of the same song under another dancer
- ``database``: windows of the songs that were learnt from, to retrieve genres from
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from configs.genres import GENRES
from corpus.band.desk import controls_from_features
from corpus.band.render import SAMPLE_RATE, SAMPLES_PER_CODE
from corpus.cases import visual_of, write_beats, write_conditions
from corpus.in_step import dance_to
from corpus.takebank import TakeBank, TakeWindow

Array = NDArray[np.float32]

WINDOW_CODES = 344
WINDOW_SAMPLES = WINDOW_CODES * SAMPLES_PER_CODE
DATABASE_SHARE = 2
"""Windows of learnt songs for each examined one."""


def write_windows(corpus: Path, out: Path, split: str, clips: int, seed: int) -> int:
    """Write all folders, ``clips`` windows of every genre.

    Returns:
        How many windows were written to ``truth``.
    """
    rng = np.random.default_rng([seed, 0xD2])
    learnt, examined = TakeBank(corpus, "train"), TakeBank(corpus, split)
    for name in ("truth", "conditions", "same_song", "database"):
        (out / name).mkdir(parents=True, exist_ok=True)
    for genre in GENRES:
        for number in range(clips):
            window = examined.window_of(genre, number, 2 * WINDOW_CODES, rng)
            name = f"{window.take.name}_{window.start_code + WINDOW_CODES}_{number}"
            _write(out, name, window, rng)
            samples, _, _ = played(examined.window_of(genre, number, 2 * WINDOW_CODES, rng), rng)
            soundfile.write(out / "same_song" / f"{name}.wav", samples, SAMPLE_RATE)
        for number in range(DATABASE_SHARE * clips):
            window = learnt.window_of(genre, number, 2 * WINDOW_CODES, rng)
            path = out / "database" / f"{window.take.name}_{window.start_code}_{number}.wav"
            soundfile.write(path, played(window, rng)[0], SAMPLE_RATE)
    return len(list((out / "truth").glob("*.wav")))


def played(window: TakeWindow, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """A dancer in step with a window of two: the last half's samples, and the whole's motion and picture."""
    codes = len(window.stems.phase)
    motion = dance_to(window.take, window.start_code, codes, rng)
    visual = visual_of(np.full(codes, rng.uniform(0.1, 0.9), np.float32))
    return window.mix(controls_from_features(motion, visual))[-WINDOW_SAMPLES:], motion, visual


def _write(out: Path, name: str, window: TakeWindow, rng: np.random.Generator) -> None:
    samples, motion, visual = played(window, rng)
    soundfile.write(out / "truth" / f"{name}.wav", samples, SAMPLE_RATE)
    write_conditions(out / "conditions" / f"{name}.npz", window, motion, visual)
    start_code = window.start_code + WINDOW_CODES
    write_beats(out / "truth" / f"{name}.beats.txt", window, start_code, WINDOW_CODES)


def add_command(commands: Any) -> None:
    """Add ``windows`` to the sub-commands of ``python -m corpus``."""
    command: argparse.ArgumentParser = commands.add_parser(
        "windows", help="write what `python -m evaluation paper` measures: 2-second windows of unheard songs"
    )
    command.add_argument(
        "--corpus", type=Path, required=True, help="a corpus built by `python -m corpus build`"
    )
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--split", default="test", choices=("train", "validation", "test"))
    command.add_argument("--clips", type=int, default=6, help="windows of every genre")
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> None:
    """Write the windows and say how many; a refusal ends the program with its sentence."""
    try:
        count = write_windows(chosen.corpus, chosen.out, chosen.split, chosen.clips, chosen.seed)
    except (ValueError, OSError) as error:
        raise SystemExit(f"corpus windows: {error}") from error
    print(f"{count} windows in {chosen.out}")
