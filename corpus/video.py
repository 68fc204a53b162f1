"""Pictures and sound of a video file, in order, with their times. Knows nothing of what is in them."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
Array = NDArray[np.float32]

VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v")


class VideoError(ValueError):
    """A file that cannot be used as a video with sound; the message says why."""


def frames_of(path: Path) -> Iterator[tuple[float, Image]]:
    """Every picture with its time in seconds, as ``[H, W, 3]`` BGR.

    Raises:
        VideoError: not a video, or broken before its first picture.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise VideoError(f"{path.name} has no pictures")
            for frame in container.decode(video=0):
                if frame.time is not None:
                    yield float(frame.time), np.asarray(frame.to_ndarray(format="bgr24"), np.uint8)
    except (av.FFmpegError, OSError) as error:
        raise VideoError(f"{path.name} cannot be read as a video: {error}") from error


def sound_of(path: Path) -> tuple[Array, int]:
    """The sound, mixed to mono, and its rate: float32 ``[N]``, Hz. Sample 0 is at time 0 of the pictures.

    Raises:
        VideoError: no sound, or broken.
    """
    pieces: list[Array] = []
    start_s: float | None = None
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise VideoError(f"{path.name} has no sound")
            rate_hz = int(container.streams.audio[0].rate)
            resampler = av.AudioResampler(format="flt", layout="mono", rate=rate_hz)
            for frame in container.decode(audio=0):
                start_s = float(frame.time or 0.0) if start_s is None else start_s
                pieces += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
            pieces += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    except (av.FFmpegError, OSError) as error:
        raise VideoError(f"{path.name} cannot be read as a video: {error}") from error
    if not pieces:
        raise VideoError(f"{path.name} has no sound")
    samples = np.concatenate(pieces).astype(np.float32)
    shift = round((start_s or 0.0) * rate_hz)
    return (np.pad(samples, (shift, 0)) if shift >= 0 else samples[-shift:]), rate_hz
