"""The trace: one JSON object a line, everything a show did, enough to replay it to the same bytes.

Records by ``kind``: ``show`` (configuration, bundle), ``truth`` (the virtual dancer's own beats; no
performing code reads it), ``frame``, ``hop``, ``beat``, ``onset``, ``end``. Poses are personal data:
see docs/security.md for what is kept and how to delete it.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from configs.errors import SourceError
from features.i3d import VALUES
from features.visual import VISUAL_FEATURES
from realtime.controls import Controls
from realtime.output_file import OutputFile
from realtime.pipeline import Hop, Rendered
from realtime.types import Beat, Landmarks, Onset
from realtime.vision import Observation

LONGEST_S = 1e7
"""No show lasts four months; a trace that says so is damaged."""


class TraceWriter:
    """Appends records to a file; a hop's records reach it together, whole or not at all.

    Args:
        path: of the file, made anew with the first records.
        say: told, once, when the disk takes no more; the trace ends there and the show goes on.

    Raises:
        SinkError: the file cannot be written.
    """

    def __init__(self, path: Path, say: Callable[[str], None] = print) -> None:
        self.path = path
        self.failed: str | None = None
        self._say = say
        self._pending = bytearray()
        self._file = OutputFile(path, f"--trace {str(path)!r}")

    def write(self, kind: str, **fields: Any) -> None:
        """One record, in memory until the next ``flush``."""
        if not self.failed:
            record = json.dumps({"kind": kind, **fields}, separators=(",", ":"))
            self._pending += record.encode() + b"\n"

    def flush(self) -> None:
        """Hand the records to the system: from then on a killed program does not lose them."""
        if self.failed:
            return
        try:
            self._file.append(bytes(self._pending))
        except OSError as error:  # the file ends with the last whole hop
            self.failed = f"the trace {str(self.path)!r} ends here ({error.strerror}); the show goes on"
            self._file.close()
            self._say(self.failed)
        self._pending.clear()

    def hop(self, hop: Hop, rendered: Rendered, stages_ms: dict[str, float]) -> None:
        """A hop: what it saw, when it is heard, what it made."""
        for seen in hop.observations:
            self.write("frame", **frame_record(seen))
        self.write(
            "hop",
            index=hop.index,
            now_s=hop.now_s,
            heard_s=hop.heard_s,
            frames=[seen.index for seen in hop.observations],
            controls=asdict(hop.controls),
            external=asdict(hop.external) if hop.external else None,
            phase=round(rendered.phase_beats, 5),
            bpm=round(rendered.grid.bpm, 3),
            confidence=round(rendered.grid.confidence, 4),
            energy=round(rendered.energy, 4),
            start_sample=rendered.block.start_sample,
            ms={stage: round(value, 3) for stage, value in stages_ms.items()},
        )
        self._events(hop, rendered)
        self.flush()

    def _events(self, hop: Hop, rendered: Rendered) -> None:
        for event in rendered.score:
            if isinstance(event, Beat | Onset):
                heard_s = hop.heard_s + (event.sample - rendered.block.start_sample) / rendered.sample_rate
                self.write(type(event).__name__.lower(), heard_s=heard_s, **asdict(event))

    def close(self) -> None:
        """Complete the file. A show that ended before its first hop leaves it as it was."""
        if self._file.begun:
            self.flush()
        self._file.close()


def frame_record(seen: Observation) -> dict[str, Any]:
    """An observation as JSON; poses were rounded when they were seen, so this is exact."""
    scenery = {} if seen.scenery is None else {"scenery": [round(float(value), 4) for value in seen.scenery]}
    return scenery | {
        "index": seen.index,
        "time_s": seen.time_s,
        "pose_ms": round(seen.pose_ms, 2),
        "visual": [round(float(value), 5) for value in seen.visual],
        "people": [
            {"person": one.person, "aspect": one.aspect, "points": _rounded(one.points)}
            for one in seen.people
        ],
    }


def _rounded(points: np.ndarray) -> list[list[float]]:
    return [[round(float(value), 5) for value in row] for row in points]


def observation_of(record: dict[str, Any]) -> Observation:
    """The observation a ``frame`` record tells of.

    Raises:
        KeyError, TypeError, ValueError: it tells of none.
    """
    time_s, index = show_time(record["time_s"]), int(record["index"])
    people = tuple(
        Landmarks(time_s, _array(one["points"], (33, 4)), float(one["aspect"]), int(one["person"]))
        for one in record["people"]
    )
    visual = _array(record["visual"], (len(VISUAL_FEATURES),))
    scenery = _array(record["scenery"], (VALUES,)) if "scenery" in record else None
    return Observation(index, time_s, people, visual, float(record["pose_ms"]), scenery)


def show_time(value: Any) -> float:
    """A time of a show, s.

    Raises:
        TypeError, ValueError: it is none.
    """
    if not abs(value) <= LONGEST_S:
        raise ValueError(f"{value} s is no time of a show")
    return float(value)


def _array(values: Any, shape: tuple[int, ...]) -> np.ndarray:
    array = np.array(values, np.float32)
    if array.shape != shape:
        raise ValueError(f"numbers of shape {list(array.shape)} where {list(shape)} belong")
    return array


def controls_of(record: dict[str, Any]) -> Controls:
    """The controls of a ``hop`` record."""
    fields = dict(record["controls"])
    fields["style"], fields["taps_s"] = tuple(fields["style"]), tuple(fields["taps_s"])
    return Controls(**fields)


def read_trace(path: Path) -> Iterator[dict[str, Any]]:
    """The records of a trace; a line cut short at the end by a crash is left out.

    Raises:
        SourceError: the file cannot be read, or a line in its midst is no record.
    """
    try:
        with path.open("rb") as file:
            number, broken = 0, ""
            for number, line in enumerate(file, start=1):
                if broken:
                    raise SourceError(f"trace {str(path)!r}: line {number - 1} is no record: {broken}")
                try:
                    yield _record_of(line)
                except ValueError as error:
                    broken = str(error)  # only the last line may be: the program was killed writing it
    except OSError as error:
        raise SourceError(f"trace {str(path)!r} cannot be read: {error.strerror}") from error


def _record_of(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(record, dict) or not isinstance(record.get("kind"), str):
        raise ValueError("it has no kind")
    return record


def is_trace(path: Path) -> bool:
    """Whether a file begins as a trace does; a pipe is none, and nothing of it is taken."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(14).startswith(b'{"kind":"show"')
    except (OSError, ValueError):  # a name that no file can have
        return False
