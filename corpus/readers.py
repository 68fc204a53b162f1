"""Reads the paper's data sets, AIST++ and TikTok, in the authors' preprocessed form. Knows no networks.

List files are plain text, one relative path a line, parallel across streams; a genre table has a row for each
line. Whatever ``python -m corpus prepare`` writes is read by the same code. A sample that is broken is named
and skipped, never silently repaired.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from configs.genres import GENRES

Array = NDArray[np.float32]

SAMPLE_RATE_HZ = 22050
PEAK = 0.95
QUIETEST_SCALE = 0.3


@dataclass(frozen=True)
class Form:
    """How a data set writes its motion: frames a second, numbers a frame, and whether it knows genres."""

    name: str
    motion_fps: int
    motion_width: int
    genres: bool


AIST = Form("aist", 60, 219, True)
"""24 SMPL joints as rotation matrices, then the translation."""
TIKTOK = Form("tiktok", 30, 75, False)
"""25 OpenPose joints as x, y, confidence."""
FORMS = {form.name: form for form in (AIST, TIKTOK)}


@dataclass(frozen=True)
class Sample:
    """One segment: motion ``[T, D]``, visual ``[1, V]``, genre index or None, mono samples at 22,050 Hz."""

    name: str
    motion: Array
    visual: Array
    genre: int | None
    samples: Array

    def genre_one_hot(self) -> Array | None:
        """``[10]``, or None where the data set knows no genres."""
        return None if self.genre is None else np.eye(len(GENRES), dtype=np.float32)[self.genre]


@dataclass(frozen=True)
class Skipped:
    """A sample that cannot be used, and why."""

    name: str
    reason: str


class SampleError(ValueError):
    """One sample is broken; the message says which file and what is wrong with it."""


class PairedSet:
    """The segments of one split of a data set in the authors' form.

    Args:
        folder: holds the list files; the paths in them are relative to it.
        form: ``AIST`` or ``TIKTOK``.
        split: "train" or "test".
        seconds: length of a segment, 2 to 4 as in the paper.

    Raises:
        ValueError: a list is missing, or the lists do not run parallel.
    """

    def __init__(self, folder: Path | str, form: Form, split: str, seconds: int = 2) -> None:
        self.folder, self.form, self.split, self.seconds = Path(folder), form, split, seconds
        lists = {stream: self._list(stream) for stream in ("audio", "motion", "video")}
        lengths = {stream: len(paths) for stream, paths in lists.items()}
        if len(set(lengths.values())) != 1:
            raise ValueError(f"the {split} lists of {self.folder} do not run parallel: {lengths}")
        self._paths = list(zip(lists["motion"], lists["video"], lists["audio"], strict=True))
        self._genres = self._genre_rows() if form.genres else None

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> Sample:
        """Read and check one segment.

        Raises:
            SampleError: naming the file and what is wrong.
        """
        motion_path, visual_path, audio_path = self._paths[index]
        frames = self.form.motion_fps * self.seconds
        motion = _array(self.folder / motion_path)
        if motion.size != frames * self.form.motion_width:
            raise SampleError(
                f"{motion_path} holds {motion.size} numbers of shape {motion.shape}; "
                f"{self.seconds} s of {self.form.name} motion are {frames} x {self.form.motion_width}"
            )
        visual = _array(self.folder / visual_path)
        if visual.size == 0 or visual.shape[-1] != visual.size:
            raise SampleError(
                f"{visual_path} has shape {visual.shape}; one visual feature a segment is [1, V]"
            )
        return Sample(
            self.name(index),
            motion.reshape(frames, self.form.motion_width),
            visual.reshape(1, -1),
            None if self._genres is None else self._genre(index),
            read_sound(self.folder / audio_path),
        )

    def name(self, index: int) -> str:
        """The segment's name, such as ``gBR_sBM_c01_d05_mBR3_ch02_seg4``."""
        return Path(self._paths[index][2]).stem

    def each(self) -> Iterator[tuple[int, Sample] | Skipped]:
        """Every segment with its index, or a ``Skipped`` in its place."""
        for index in range(len(self)):
            try:
                yield index, self[index]
            except SampleError as error:
                yield Skipped(self.name(index), str(error))

    def check(self) -> tuple[list[int], list[Skipped]]:
        """Indices of the segments that can be used, and those that cannot, with the reason."""
        good: list[int] = []
        bad: list[Skipped] = []
        for item in self.each():
            if isinstance(item, Skipped):
                bad.append(item)
            else:
                good.append(item[0])
        return good, bad

    def _list(self, stream: str) -> list[str]:
        path = self.folder / f"{self.form.name}_{stream}_{self.split}_segment.txt"
        if not path.is_file():
            raise ValueError(
                f"there is no list {path}; give the folder that holds the {self.form.name} lists"
            )
        return [line.strip() for line in path.read_text().splitlines() if line.strip()]

    def _genre_rows(self) -> Array:
        path = self.folder / f"{self.split}_genre.npy"
        if not path.is_file():
            raise ValueError(f"there is no genre table {path}")
        rows = np.load(path, allow_pickle=False)
        if rows.shape != (len(self), len(GENRES)):
            raise ValueError(
                f"{path} has shape {rows.shape}; {len(self)} segments need ({len(self)}, {len(GENRES)})"
            )
        return np.asarray(rows, np.float32)

    def _genre(self, index: int) -> int:
        assert self._genres is not None
        row = self._genres[index]
        if not (np.count_nonzero(row) == 1 and row.max() == 1):
            raise SampleError(f"the genre of {self.name(index)} is no one-hot row: {row.tolist()}")
        return int(row.argmax())


def read_sound(path: Path) -> Array:
    """Mono float32 samples at 22,050 Hz with a peak of 0.95, as the authors prepare them.

    Raises:
        SampleError: missing, unreadable, empty, or silent.
    """
    try:
        samples, rate_hz = soundfile.read(str(path), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, OSError) as error:
        raise SampleError(f"{path.name} cannot be read as sound: {error}") from error
    return prepared_sound(samples.mean(axis=1), rate_hz, path.name)


def prepared_sound(mono: Array, rate_hz: int, name: str) -> Array:
    """Resample ``[N]`` to 22,050 Hz and bring its peak to 0.95.

    Raises:
        SampleError: empty, not finite, or silent.
    """
    if len(mono) == 0 or not np.all(np.isfinite(mono)):
        raise SampleError(f"{name} is empty or holds NaN")
    if rate_hz != SAMPLE_RATE_HZ:
        mono = soxr.resample(mono, rate_hz, SAMPLE_RATE_HZ, quality="HQ")
    peak = float(np.abs(mono).max())
    if peak < 1e-4:
        raise SampleError(f"{name} is silent")
    return np.asarray(mono * (PEAK / peak), np.float32)


def training_crop(samples: Array, length: int, rng: np.random.Generator) -> Array:
    """A random crop of ``length`` samples at a random level (x 0.3 to 1), zero-padded where too short."""
    scaled = samples * np.float32(rng.uniform(QUIETEST_SCALE, 1.0))
    if len(scaled) <= length:
        return np.pad(scaled, (0, length - len(scaled)))
    start = int(rng.integers(0, len(scaled) - length + 1))
    return scaled[start : start + length]


def _array(path: Path) -> Array:
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise SampleError(f"{path.name} cannot be read as an array: {error}") from error
    if not np.issubdtype(array.dtype, np.number) or not np.all(np.isfinite(array)):
        raise SampleError(f"{path.name} holds NaN, infinity or no numbers")
    return np.asarray(array, np.float32)
