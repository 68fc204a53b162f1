"""Writes what a house bundle is examined on, as plain files: conditions, the band's own sound, true beats.

``evaluation`` scores files and knows no corpus; these are the files. Each case is ``NAME.npz`` (motion
``[16, T]``, visual ``[6, T]``, phase ``[T]`` in beats, style ``[10, T]``, variation ``[14, T]``, at code
rate), ``NAME.wav`` (the band, as this dancer would have it) and ``NAME.beats.txt`` (s). Folders:

- ``train``: songs a network may have learnt from, sound only; what judges are trained on
- ``songs``: takes of the examined split under a dancer whose energy changes every few seconds
- ``up``, ``down``: one step of the dancer's energy in the middle, 0.2 to 0.8 or back
- ``bright``, ``dark``: one step of the picture's light in the middle
- ``danced``: takes under dancers of a pool (``--dancers``, corpus/danced.py): the band hears what they do,
  the bundle what a tracker makes of it
- ``long``: a whole take of each genre under a steady dancer; how much a song's own key and timbre move
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from configs.genres import GENRES
from corpus.band.desk import controls_from_features, energy_column
from corpus.band.mix import smoothed
from corpus.band.render import SAMPLE_RATE, SAMPLES_PER_CODE
from corpus.takebank import TakeBank, TakeWindow
from features.motion import MOTION_FEATURES
from features.visual import VISUAL_FEATURES

Array = NDArray[np.float32]

CODE_RATE_HZ = SAMPLE_RATE / SAMPLES_PER_CODE
SONG_S, STEP_S = 20.0, 12.0
LOW, HIGH = 0.2, 0.8
STEADY_ENERGY = 0.6
ACTIVITY = 1.25
"""Energy is this many times the activity of a limb."""
REACTION_CODES = 43  # a body takes a quarter of a second to change


def motion_of(energy: Array) -> Array:
    """Clean motion columns ``[16, T]`` of a dancer of this energy ``[T]``: arms half open, no gestures.

    As a camera sees it: the columns of all-out dancing lie near 0.4, where the desk puts them back to 1.
    """
    column = energy_column(energy)
    activity = column / ACTIVITY
    levels: dict[str, Any] = {name: np.zeros_like(energy) for name in MOTION_FEATURES}
    levels |= dict.fromkeys(("energy", "energy_fast"), column)
    levels |= dict.fromkeys(("left_arm", "right_arm", "left_leg", "right_leg", "torso"), activity)
    levels["stillness"] = np.exp(-smoothed(activity, round(CODE_RATE_HZ)) / 0.05)
    for name, level in (("arm_openness", 0.5), ("arm_height", 0.4), ("body_height", 0.9), ("present", 1.0)):
        levels[name] = np.full_like(energy, level)
    return np.stack([levels[name] for name in MOTION_FEATURES]).astype(np.float32)


def visual_of(light: Array) -> Array:
    """Visual columns ``[6, T]`` of a room of this brightness ``[T]``, the colder the lighter."""
    levels = {name: np.full_like(light, 0.3) for name in VISUAL_FEATURES}
    levels |= {"brightness": light, "warmth": 1.0 - light, "hue_cos": 0 * light, "hue_sin": 0 * light}
    return np.stack([levels[name] for name in VISUAL_FEATURES]).astype(np.float32)


def wandering(rng: np.random.Generator, codes: int) -> Array:
    """An energy between 0.25 and 0.95 that changes every 3 s or so: ``[T]``."""
    changes = np.cumsum(rng.exponential(3.0, codes) * CODE_RATE_HZ + 86)
    level = rng.uniform(0.25, 0.95, codes)
    held = level[np.searchsorted(changes, np.arange(codes))]
    return smoothed(held.astype(np.float32), REACTION_CODES)


def step(codes: int, before: float, after: float) -> Array:
    """A level that changes in the middle, within a quarter of a second: ``[T]``."""
    curve = np.where(np.arange(codes) < codes // 2, before, after).astype(np.float32)
    return smoothed(curve, REACTION_CODES)


def write_case(
    folder: Path, window: TakeWindow, motion: Array, visual: Array, seen: Array | None = None
) -> None:
    """Write one case under the window's own name; ``seen``: what the bundle is told, if not ``motion``."""
    folder.mkdir(parents=True, exist_ok=True)
    controls = controls_from_features(motion, visual)
    name = f"{window.take.name}_{window.start_code}"
    write_conditions(folder / f"{name}.npz", window, motion if seen is None else seen, visual)
    soundfile.write(folder / f"{name}.wav", window.mix(controls), SAMPLE_RATE)
    write_beats(folder / f"{name}.beats.txt", window, window.start_code, motion.shape[1])


def write_conditions(path: Path, window: TakeWindow, motion: Array, visual: Array) -> None:
    """What a band needs to know to play a window, as ``evaluation`` reads it."""
    style = np.zeros((len(GENRES), motion.shape[1]), np.float32)
    style[window.genre] = 1.0
    np.savez_compressed(
        path,
        motion=motion,
        visual=visual,
        phase=window.stems.phase,
        style=style,
        variation=window.variation,
    )


def write_beats(path: Path, window: TakeWindow, start_code: int, codes: int) -> None:
    """The beats of ``codes`` codes of the window's take, a line each, in seconds from ``start_code`` on."""
    beats_s = np.asarray(window.take.beats_s) - start_code / CODE_RATE_HZ
    inside = beats_s[(beats_s >= 0) & (beats_s < codes / CODE_RATE_HZ)]
    path.write_text("".join(f"{beat:.5f}\n" for beat in inside))


def write_cases(
    corpus: Path, out: Path, split: str, takes: int, seed: int, dancers: Path | None = None
) -> int:
    """Write all folders: ``takes`` windows of every genre in each.

    Args:
        dancers: a pool of danced motion, for ``danced``; None: no such cases.

    Returns:
        How many cases were written.
    """
    rng = np.random.default_rng(seed)
    learnt, examined = TakeBank(corpus, "train"), TakeBank(corpus, split)
    for genre in range(len(GENRES)):
        for window in _windows(learnt, genre, 2 * takes, SONG_S, rng):
            _write_song(out / "train", window, wandering(rng, len(window.stems.phase)))
        for window in _windows(examined, genre, takes, SONG_S, rng):
            _write_song(out / "songs", window, wandering(rng, len(window.stems.phase)))
        for window in _windows(examined, genre, takes, STEP_S, rng):
            _write_steps(out, window)
        longest = _longest(learnt, genre)
        _write_song(out / "long", longest, np.full(len(longest.stems.phase), STEADY_ENERGY, np.float32))
    if dancers is not None:
        _write_danced(out / "danced", examined, takes, dancers, np.random.default_rng([seed, 0xDA]))
    return len(list(out.glob("*/*.npz")))


def _write_danced(folder: Path, bank: TakeBank, takes: int, dancers: Path, rng: np.random.Generator) -> None:
    """Takes under the dancers of a pool in turn, from some moment of theirs."""
    with np.load(dancers, allow_pickle=False) as pool:
        clean, seen = pool["clean"], pool["seen"]
    visual = visual_of(np.full(round(SONG_S * CODE_RATE_HZ), 0.5, np.float32))
    codes = visual.shape[1]
    if clean.shape[2] < codes:
        raise ValueError(f"{dancers}: its dancers dance for less than {SONG_S:g} s")
    for genre in range(len(GENRES)):
        for turn, window in enumerate(_windows(bank, genre, takes, SONG_S, rng)):
            who = (genre * takes + turn) % len(clean)
            start = int(rng.integers(clean.shape[2] - codes + 1))
            exact, tracked = (
                each[who, :, start : start + codes].astype(np.float32) for each in (clean, seen)
            )
            write_case(folder, window, exact, visual, tracked)


def _write_song(folder: Path, window: TakeWindow, energy: Array) -> None:
    """A case whose dancer has this energy, in a room of middling light."""
    write_case(folder, window, motion_of(energy), visual_of(np.full_like(energy, 0.5)))


def _write_steps(out: Path, window: TakeWindow) -> None:
    """The four cases of one window in which one thing changes in the middle, all else fixed."""
    codes = len(window.stems.phase)
    still = motion_of(np.full(codes, STEADY_ENERGY, np.float32))
    _write_song(out / "up", window, step(codes, LOW, HIGH))
    _write_song(out / "down", window, step(codes, HIGH, LOW))
    write_case(out / "bright", window, still, visual_of(step(codes, LOW, HIGH)))
    write_case(out / "dark", window, still, visual_of(step(codes, HIGH, LOW)))


def _longest(bank: TakeBank, genre: int) -> TakeWindow:
    """The longest take of a genre, whole."""
    codes = {n: take.codes for n, take in enumerate(bank.takes) if take.song.genre == GENRES[genre]}
    number = max(codes, key=codes.__getitem__)
    return bank.cut(number, 0, codes[number])


def _windows(
    bank: TakeBank, genre: int, count: int, seconds: float, rng: np.random.Generator
) -> list[TakeWindow]:
    """Windows of one genre from different moments, the takes in turn."""
    codes = round(seconds * CODE_RATE_HZ)
    return [bank.window_of(GENRES[genre], turn, codes, rng) for turn in range(count)]


def add_command(commands: Any) -> None:
    """Add ``cases`` to the sub-commands of ``python -m corpus``."""
    command: argparse.ArgumentParser = commands.add_parser(
        "cases", help="write what `python -m evaluation house` examines a bundle on"
    )
    command.add_argument(
        "--corpus", type=Path, required=True, help="a corpus built by `python -m corpus build`"
    )
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--split", default="test", choices=("train", "validation", "test"))
    command.add_argument("--takes", type=int, default=3, help="windows of every genre in each folder")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--dancers", type=Path, help="a pool of `python -m corpus.danced`")
    command.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> None:
    """Write the cases and say how many; a refusal ends the program with its sentence."""
    try:
        count = write_cases(
            chosen.corpus, chosen.out, chosen.split, chosen.takes, chosen.seed, chosen.dancers
        )
    except (ValueError, OSError) as error:
        raise SystemExit(f"corpus cases: {error}") from error
    print(f"{count} cases in {chosen.out}")
