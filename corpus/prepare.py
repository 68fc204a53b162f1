"""Makes training data in the authors' form from a folder of dance videos with sound.

Each video is cut into segments of 2 s: motion, picture features, sound; songs, not segments, are split into
train and test. A segment that cannot be used is named, with the reason, and counted. Who finds poses and
picture features is an argument; this module knows no networks.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from configs.genres import AIST_CODES, GENRES
from corpus.motion_forms import body_25, fill_gaps, read_openpose, read_smpl
from corpus.readers import AIST, FORMS, SAMPLE_RATE_HZ, Form, SampleError, Skipped, prepared_sound
from corpus.video import VIDEO_SUFFIXES, Image, VideoError, frames_of, sound_of
from features.resample import to_grid

Array = NDArray[np.float32]

PoseFinder = Callable[[float, Image], Array]
"""Time (s) and BGR picture of one frame to landmarks ``[33, 4]``, NaN where nobody is found."""
MakePoseFinder = Callable[[], PoseFinder]
"""A fresh finder for each video, for trackers remember."""
PictureFeatures = Callable[[list[Image]], Array]
"""The pictures of one segment to features ``[V]``: I3D's 2,048, or what stands in for them."""

Shot = tuple[float, Image]
"""A picture and its time (s)."""

MOST_MISSING = 0.2
LONGEST_GAP_S = 0.25


@dataclass(frozen=True)
class Options:
    """What to make, and of what.

    ``openpose`` and ``smpl`` are folders with files for each video, used in place of the pose finder:
    ``openpose/NAME/*_keypoints.json``, ``smpl/NAME.npz`` at 60 frames a second.
    """

    form: Form = FORMS["tiktok"]
    seconds: int = 2
    test_share: float = 0.1
    seed: int = 0
    openpose: Path | None = None
    smpl: Path | None = None

    def __post_init__(self) -> None:
        if self.seconds not in (2, 3, 4):
            raise ValueError(f"segments last 2, 3 or 4 s as in the paper, not {self.seconds}")
        if not 0 <= self.test_share < 1:
            raise ValueError(f"the test share is {self.test_share}; give 0 to below 1, such as 0.1")
        if self.form is AIST and self.smpl is None:
            raise ValueError(
                "AIST's form needs SMPL motion, which no pose tracker gives: name its folder (--smpl)"
            )


@dataclass
class Report:
    """What was made: segments by split, and everything that was left out."""

    train: int = 0
    test: int = 0
    skipped: list[Skipped] = field(default_factory=list)


@dataclass(frozen=True)
class Segment:
    """One finished segment."""

    name: str
    song: str
    genre: int | None


def prepare(
    videos: Path,
    out: Path,
    options: Options,
    make_pose_finder: MakePoseFinder,
    picture_features: PictureFeatures,
    progress: Callable[[str], None] = lambda line: None,
) -> Report:
    """Read every video under ``videos`` and write segments, lists and (where known) genres to ``out``.

    Raises:
        ValueError: there are no videos, or ``out`` already holds lists of this form.
    """
    files = sorted(path for path in videos.rglob("*") if path.suffix.lower() in VIDEO_SUFFIXES)
    if not files:
        raise ValueError(f"{videos} holds no video ({', '.join(VIDEO_SUFFIXES)})")
    if list(out.glob(f"{options.form.name}_*_segment.txt")):
        raise ValueError(f"{out} already holds {options.form.name} lists; give a new folder")
    for stream in ("audio", "motion", "video", "landmarks"):
        (out / stream).mkdir(parents=True, exist_ok=True)

    report, segments = Report(), []
    for number, path in enumerate(files, 1):
        progress(f"{number}/{len(files)} {path.name}")
        try:
            segments += _cut(path, out, options, make_pose_finder, picture_features, report)
        except (VideoError, SampleError, ValueError) as error:
            report.skipped.append(Skipped(path.name, str(error)))
    tests = held_out_songs([segment.song for segment in segments], options.test_share, options.seed)
    for split in ("train", "test"):
        chosen = [segment for segment in segments if (segment.song in tests) == (split == "test")]
        _write_lists(out, options.form, split, chosen)
        setattr(report, split, len(chosen))
    (out / "skipped.txt").write_text("".join(f"{item.name}: {item.reason}\n" for item in report.skipped))
    return report


def song_of(name: str) -> str:
    """What music a video is danced to: AIST's ``mBR3`` where the name holds one, else the video itself."""
    found = re.search(r"(?:^|_)(m[A-Z]{2}\d)(?:_|$)", name)
    return found[1] if found else name


def genre_index(name: str) -> int | None:
    """The genre told by AIST's ``gBR`` at the start of a name, or None."""
    found = re.match(r"g([A-Z]{2})_", name)
    return GENRES.index(AIST_CODES[found[1]]) if found and found[1] in AIST_CODES else None


def held_out_songs(songs: Iterable[str], share: float, seed: int) -> set[str]:
    """Songs held out: the given share of the different ones, at least one if there are two or more."""
    different = sorted(set(songs))
    if share == 0 or len(different) < 2:
        return set()
    count = min(len(different) - 1, max(1, round(share * len(different))))
    return {different[index] for index in np.random.default_rng(seed).permutation(len(different))[:count]}


def _cut(
    path: Path,
    out: Path,
    options: Options,
    make_pose_finder: MakePoseFinder,
    picture_features: PictureFeatures,
    report: Report,
) -> list[Segment]:
    """Cut one video into segments and write those that are sound."""
    sound, rate_hz = sound_of(path)
    given = _given_motion(path, options)
    finder = None if given is not None else make_pose_finder()
    segments: list[Segment] = []
    for index, shots in enumerate(_grouped(frames_of(path), options.seconds)):
        name, start_s = f"{path.stem}_seg{index}", index * options.seconds
        landmarks = None
        try:
            samples = _piece(sound, rate_hz, start_s, options.seconds, name)
            if finder is not None:
                landmarks = _seen(shots, finder, start_s, options)
                height, width = shots[0][1].shape[:2]
                motion = body_25(landmarks, width, height).reshape(len(landmarks), -1)
            else:
                assert given is not None
                motion = _slice(given, start_s, options)
            visual = picture_features([image for _, image in shots])
        except ValueError as error:
            report.skipped.append(Skipped(name, str(error)))
            continue
        _write_segment(out, name, samples, motion, visual, landmarks)
        segments.append(Segment(name, song_of(path.stem), genre_index(path.stem)))
    return segments


def _grouped(frames: Iterable[Shot], seconds: int) -> Iterator[list[Shot]]:
    """Pictures by segment; an unfinished last segment is left out."""
    group: list[Shot] = []
    end_s = seconds
    for time_s, image in frames:
        while time_s >= end_s:
            yield group
            group, end_s = [], end_s + seconds
        group.append((time_s, image))
    if group and group[-1][0] >= end_s - 0.1 * seconds:
        yield group


def _piece(sound: Array, rate_hz: int, start_s: float, seconds: int, name: str) -> Array:
    """The sound of one segment, as the authors prepare it; a few ms missing at a video's end are forgiven."""
    piece = sound[round(start_s * rate_hz) : round((start_s + seconds) * rate_hz)]
    if len(piece) < (seconds - 0.05) * rate_hz:
        raise SampleError("its sound ends early")
    return prepared_sound(piece, rate_hz, name)


def _seen(shots: list[Shot], finder: PoseFinder, start_s: float, options: Options) -> Array:
    """Landmarks ``[T, 33, 4]`` on the form's grid, as the pose finder sees them."""
    if not shots:
        raise SampleError("it holds no picture")
    poses = np.stack([finder(time_s, image) for time_s, image in shots])
    times_s = np.array([time_s for time_s, _ in shots])
    grid_s = start_s + np.arange(options.seconds * options.form.motion_fps) / options.form.motion_fps
    return fill_gaps(to_grid(times_s, poses, grid_s, LONGEST_GAP_S), MOST_MISSING)


def _write_segment(
    out: Path, name: str, samples: Array, motion: Array, visual: Array, landmarks: Array | None
) -> None:
    soundfile.write(out / "audio" / f"{name}.wav", samples, SAMPLE_RATE_HZ)
    np.save(out / "motion" / f"{name}.npy", motion)
    np.save(out / "video" / f"{name}.npy", visual.reshape(1, -1).astype(np.float32))
    if landmarks is not None:
        np.save(out / "landmarks" / f"{name}.npy", landmarks)


def _given_motion(path: Path, options: Options) -> Array | None:
    """Motion from files, on the form's grid: SMPL ``[T, 219]``, OpenPose ``[T, 25, 3]``; or None."""
    if options.form is AIST and options.smpl is not None:
        return read_smpl(options.smpl / f"{path.stem}.npz")
    if options.openpose is None:
        return None
    joints = read_openpose(options.openpose / path.stem)
    times_s = np.array([time_s for time_s, _ in frames_of(path)])
    if len(times_s) != len(joints):
        raise ValueError(f"{len(joints)} OpenPose files for {len(times_s)} pictures: not the same video")
    grid_s = np.arange(0, times_s[-1] + 1e-6, 1 / options.form.motion_fps)
    return to_grid(times_s, joints, grid_s, LONGEST_GAP_S)


def _slice(motion: Array, start_s: float, options: Options) -> Array:
    """One segment of given motion, its gaps closed: ``[T, D]``."""
    fps = options.form.motion_fps
    piece = motion[round(start_s * fps) : round((start_s + options.seconds) * fps)]
    if len(piece) < options.seconds * fps - 2:
        raise ValueError("its motion ends early")
    piece = np.concatenate([piece, np.repeat(piece[-1:], options.seconds * fps - len(piece), axis=0)])
    return fill_gaps(piece, MOST_MISSING).reshape(len(piece), -1)


def _write_lists(out: Path, form: Form, split: str, segments: list[Segment]) -> None:
    for stream, suffix in (("audio", "wav"), ("motion", "npy"), ("video", "npy")):
        lines = "".join(f"{stream}/{segment.name}.{suffix}\n" for segment in segments)
        (out / f"{form.name}_{stream}_{split}_segment.txt").write_text(lines)
    genres = [segment.genre for segment in segments]
    if segments and all(genre is not None for genre in genres):
        np.save(
            out / f"{split}_genre.npy",
            np.eye(len(GENRES), dtype=np.float32)[[g for g in genres if g is not None]],
        )
