"""Whether what a show recorded is there: films play to their end, the trace holds every hop."""

from dataclasses import dataclass
from pathlib import Path

import av

from configs.errors import SourceError
from realtime.trace import read_trace


@dataclass(frozen=True)
class Film:
    """A recording, decoded from beginning to end."""

    name: str
    picture_s: float
    sound_s: float
    error: str = ""


@dataclass(frozen=True)
class Kept:
    """All that a show left."""

    films: tuple[Film, ...]
    hops: int
    frames: int
    complete: bool
    """The trace has its last record."""
    trace_error: str = ""

    @property
    def film_s(self) -> float:
        """Sound in all films together, s."""
        return sum(film.sound_s for film in self.films)


def look_at(folder: Path, trace: Path) -> Kept:
    """Decode every film of a folder, read a trace."""
    films = tuple(film_of(path) for path in sorted(folder.glob("*.mp4")))
    kinds: dict[str, int] = {}
    error = ""
    try:
        for record in read_trace(trace):
            kinds[record["kind"]] = kinds.get(record["kind"], 0) + 1
    except SourceError as failure:
        error = str(failure)
    return Kept(films, kinds.get("hop", 0), kinds.get("frame", 0), kinds.get("end", 0) == 1, error)


def film_of(path: Path) -> Film:
    """Decode a film whole."""
    picture_s = sound_s = 0.0
    try:
        with av.open(str(path)) as container:
            for frame in container.decode():
                end_s = (frame.time or 0.0) + (
                    frame.samples / frame.sample_rate if isinstance(frame, av.AudioFrame) else 0.0
                )
                if isinstance(frame, av.AudioFrame):
                    sound_s = max(sound_s, end_s)
                else:
                    picture_s = max(picture_s, end_s)
    except (OSError, av.FFmpegError) as error:
        return Film(path.name, picture_s, sound_s, str(error))
    return Film(path.name, picture_s, sound_s)
