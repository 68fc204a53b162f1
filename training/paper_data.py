"""What the paper's networks are shown: the authors' data sets, one's own in their form, or the house corpus.

A batch is a function of seed and step, so that a resumed run sees what an unbroken one would have seen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from configs.genres import GENRES
from corpus.band.desk import controls_from_features
from corpus.band.render import SAMPLES_PER_CODE
from corpus.in_step import dance_to
from corpus.on_the_grid import Laid, all_laid
from corpus.readers import FORMS, PairedSet, SampleError, training_crop
from corpus.takebank import TakeBank
from features.motion import MOTION_FEATURES, MOTION_FPS
from features.visual import VISUAL_FEATURES
from training.ahead import Ahead
from training.curves import as_seen, visual_curves
from training.d2m import PaperBatch
from training.house_data import HISTORY_CODES, mixed
from training.settings import SettingsError

Array = NDArray[np.float32]


@dataclass(frozen=True)
class PaperData:
    """Which data, where it lies, and the codec whose codes are to be made."""

    kind: str = "house"  # aist, tiktok, or house
    folder: str = "build/corpus"
    codec: str = "build/paper/vqvae.pt"  # of this program, or as published
    motions: str = ""  # with house: a folder of motion capture, whose dancers are half of all
    windows: int = 0  # how many examples there are, to be learnt by heart; 0: ever new ones
    seed: int = 0
    workers: int = 1


@dataclass(frozen=True)
class Row:
    """One example: what the networks are given, and what they should answer."""

    motion: Array  # [frames, features]
    visual: Array  # [1, width]
    genre: Array | None  # [genres]
    samples: Array  # [N]


class Source(Protocol):
    """Random examples, and their sizes."""

    frames: int
    motion_features: tuple[str, ...]
    visual_features: tuple[str, ...]
    motion_width: int
    visual_width: int
    genres: int

    def draw(self, rng: np.random.Generator, length: int) -> Row:
        """One example with ``length`` samples."""
        ...


class PublishedSource:
    """AIST++ or TikTok in the authors' form; samples that cannot be read are named once and left out.

    Raises:
        ValueError: no list files, or not one usable segment.
    """

    motion_features: tuple[str, ...] = ()
    visual_features: tuple[str, ...] = ()

    def __init__(self, folder: Path, kind: str, seconds: int) -> None:
        self.set = PairedSet(folder, FORMS[kind], "train", seconds)
        self.good, bad = self.set.check()
        for skipped in bad:
            print(f"skipped {skipped.name}: {skipped.reason}")
        if not self.good:
            raise SettingsError(f"{folder} has no usable segment; {len(bad)} were skipped.")
        self.frames, self.motion_width = FORMS[kind].motion_fps * seconds, FORMS[kind].motion_width
        self.visual_width = self.set[self.good[0]].visual.shape[-1]
        self.genres = len(GENRES) if FORMS[kind].genres else 0

    def draw(self, rng: np.random.Generator, length: int) -> Row:
        """A random segment, its sound cropped and scaled at random."""
        sample = self.set[self.good[int(rng.integers(len(self.good)))]]
        sound = training_crop(sample.samples, length, rng)
        return Row(sample.motion, sample.visual, sample.genre_one_hot(), sound)


class HouseSource:
    """The band under dancers in step with it, all of whose movement is known: the paper has no future."""

    motion_features: tuple[str, ...] = MOTION_FEATURES
    visual_features: tuple[str, ...] = VISUAL_FEATURES
    motion_width, visual_width, genres = len(MOTION_FEATURES), len(VISUAL_FEATURES), len(GENRES)

    def __init__(self, folder: Path, seconds: int, split: str = "train", motions: str = "") -> None:
        self.takes = TakeBank(folder, split)
        self.recorded = recordings(motions)
        self.frames = int(MOTION_FPS * seconds)

    def draw(self, rng: np.random.Generator, length: int) -> Row:
        """A random window; motion at 30 fps, the picture's mean, the genre it is played in."""
        codes = -(-length // SAMPLES_PER_CODE)
        whole = codes + HISTORY_CODES
        window = self.takes.window(rng, whole)
        clean = dance_to(window.take, window.start_code, whole, rng, self.recorded)
        visual = visual_curves(rng, whole)
        samples = mixed(window, controls_from_features(clean, visual), HISTORY_CODES)
        seen = as_seen(rng, clean)[:, HISTORY_CODES:]
        at = np.linspace(0, codes - 1, self.frames).round().astype(int)
        genre = np.eye(len(GENRES), dtype=np.float32)[window.genre]
        shown = visual[:, HISTORY_CODES:].mean(axis=1, dtype=np.float32)[None]
        return Row(np.ascontiguousarray(seen[:, at].T), shown, genre, samples[:length])


def recordings(folder: str) -> list[Laid]:
    """The dances in a folder of motion capture, laid on their beats; none where no folder is named.

    Raises:
        SettingsError: the folder holds none, or one that cannot be read.
    """
    try:
        return all_laid(Path(folder)) if folder else []
    except ValueError as error:
        raise SettingsError(f"data, motions: {error}") from error


def open_source(data: PaperData, seconds: int) -> PublishedSource | HouseSource:
    """The source that ``data`` names.

    Raises:
        SettingsError: an unknown kind.
    """
    if data.kind in FORMS:
        return PublishedSource(Path(data.folder), data.kind, seconds)
    if data.kind == "house":
        return HouseSource(Path(data.folder), seconds, motions=data.motions)
    raise SettingsError(f"data, kind: {data.kind!r} is not one of house, {', '.join(FORMS)}.")


def paper_batches(data: PaperData, source: Source, batch: int, length: int) -> Callable[[int], PaperBatch]:
    """Step to a whole batch with ``length`` samples a row."""

    def make(step: int) -> PaperBatch:
        rows = [_readable(source, rng, length) for rng in _chances(data, batch, step)]
        genre = None if source.genres == 0 else _stacked([row.genre for row in rows])
        motion, visual = _stacked([row.motion for row in rows]), _stacked([row.visual for row in rows])
        return PaperBatch(motion, visual, genre, _stacked([row.samples for row in rows]))

    return Ahead(make, data.workers)


def paper_sound(data: PaperData, source: Source, batch: int, length: int) -> Callable[[int], Tensor]:
    """Step to samples ``[batch, length]``, for the codec."""
    batches = paper_batches(data, source, batch, length)
    return lambda step: batches(step).samples


def _chances(data: PaperData, batch: int, step: int) -> list[np.random.Generator]:
    """What each row of a step is drawn with: one generator for all, or that of each of the few windows."""
    if not data.windows:
        return [np.random.default_rng([data.seed, 5, step])] * batch
    first = step * batch
    return [np.random.default_rng([data.seed, 6, at % data.windows]) for at in range(first, first + batch)]


def _readable(source: Source, rng: np.random.Generator, length: int) -> Row:
    """The next example that can be read: a file may have broken since it was checked."""
    for _ in range(20):
        try:
            return source.draw(rng, length)
        except SampleError as error:
            print(f"skipped: {error}")
    raise SettingsError("twenty segments in a row cannot be read: is the data still there?")


def _stacked(rows: list[Array | None]) -> Tensor:
    return torch.from_numpy(np.stack([row for row in rows if row is not None]))
