"""Sounds from files, as every measure here expects them: mono float32 at 22,050 Hz. Knows no measures."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import ArrayLike, NDArray

from features.mel import SAMPLE_RATE_HZ

Samples = NDArray[np.float32]

AUDIO_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3")


def mono(samples: ArrayLike, name: str = "samples") -> Samples:
    """Mix ``[N]`` or ``[N, channels]`` down to float32 ``[N]``, the mean; refuse NaN and infinity."""
    array = np.asarray(samples, np.float32)
    if array.ndim == 2 and array.shape[1] <= 8:
        array = array.mean(axis=1)
    if array.ndim != 1:
        raise ValueError(
            f"{name} has shape {array.shape}; give mono [N] or [N, channels] with up to 8 channels"
        )
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} holds NaN or infinite samples; repair the file before scoring it")
    return array


def read_samples(path: Path | str, sample_rate_hz: int = SAMPLE_RATE_HZ) -> Samples:
    """Read a sound file as mono float32 ``[N]``: mix, then resample (soxr HQ), as librosa does."""
    try:
        samples, file_rate_hz = soundfile.read(str(path), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(
            f"cannot read {path} as sound ({error.error_string.strip()}); give a wav or flac"
        ) from error
    if len(samples) == 0:
        raise ValueError(f"{path} holds no samples; leave it out or render it again")
    mixed = mono(samples, str(path))
    if file_rate_hz == sample_rate_hz:
        return mixed
    return np.asarray(soxr.resample(mixed, file_rate_hz, sample_rate_hz, quality="HQ"), np.float32)


def sound_files(folder: Path | str) -> dict[str, Path]:
    """Every sound file under ``folder``, by its relative path without suffix, sorted."""
    root = Path(folder)
    if not root.is_dir():
        raise ValueError(f"{root} is no folder; give one that holds wav files")
    files = sorted(path for path in root.rglob("*") if path.suffix.lower() in AUDIO_SUFFIXES)
    if not files:
        raise ValueError(f"{root} holds no sound file ({', '.join(AUDIO_SUFFIXES)})")
    return {str(path.relative_to(root).with_suffix("")): path for path in files}


def paired_files(reference: Path | str, generated: Path | str) -> dict[str, tuple[Path, Path]]:
    """Files of the same name in two folders; every reference file must have its generated partner."""
    references, candidates = sound_files(reference), sound_files(generated)
    missing = [name for name in references if name not in candidates]
    if missing:
        raise ValueError(
            f"{generated} lacks {len(missing)} of {len(references)} files, the first is {missing[0]!r}; "
            "generate them or give a reference folder that holds only what was generated"
        )
    return {name: (path, candidates[name]) for name, path in references.items()}


def windows_of(samples: Samples, length: int, hop_samples: int | None = None) -> Iterator[Samples]:
    """Whole windows of ``length`` samples, every ``hop_samples`` (default: end to end)."""
    for start in range(0, len(samples) - length + 1, hop_samples or length):
        yield samples[start : start + length]
