"""The trace: one JSON object a line, everything a show did, enough to replay it to the same bytes.

Records by ``kind``: ``show`` (configuration, bundle), ``truth`` (the virtual dancer's own beats; no
performing code reads it), ``frame``, ``hop``, ``beat``, ``onset``, ``end``. Poses are personal data:
see docs/security.md for what is kept and how to delete it.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from configs.errors import SinkError, SourceError
from realtime.controls import Controls
from realtime.pipeline import Hop, Rendered
from realtime.types import Beat, Landmarks, Onset
from realtime.vision import Observation


class TraceWriter:
    """Appends records to a file, flushed a hop at a time.

    Raises:
        SinkError: the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failed: str | None = None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("w", encoding="utf-8")
        except OSError as error:
            raise SinkError(f"--trace {str(path)!r} cannot be written: {error.strerror}") from error

    def write(self, kind: str, **fields: Any) -> None:
        """One record. A full disk ends the trace, never the show."""
        if self.failed:
            return
        try:
            self._file.write(json.dumps({"kind": kind, **fields}, separators=(",", ":")) + "\n")
        except OSError as error:
            self.failed = f"the trace ends here: {error.strerror}"

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
        if not self.failed:
            self._file.flush()

    def _events(self, hop: Hop, rendered: Rendered) -> None:
        for event in rendered.score:
            if isinstance(event, Beat | Onset):
                heard_s = hop.heard_s + (event.sample - rendered.block.start_sample) / rendered.sample_rate
                self.write(type(event).__name__.lower(), heard_s=heard_s, **asdict(event))

    def close(self) -> None:
        """Complete the file."""
        if not self.failed:
            self._file.close()


def frame_record(seen: Observation) -> dict[str, Any]:
    """An observation as JSON; poses were rounded when they were seen, so this is exact."""
    return {
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
    """The observation a ``frame`` record tells of."""
    people = tuple(
        Landmarks(record["time_s"], np.array(one["points"], np.float32), one["aspect"], one["person"])
        for one in record["people"]
    )
    visual = np.array(record["visual"], np.float32)
    return Observation(record["index"], record["time_s"], people, visual, record["pose_ms"])


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
        lines: Sequence[str] = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(f"trace {str(path)!r} cannot be read: {error}") from error
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
            if not isinstance(record, dict) or "kind" not in record:
                raise ValueError("no kind")
        except ValueError as error:
            if number == len(lines):
                return
            raise SourceError(f"trace {str(path)!r}: line {number} is no record: {error}") from error
        yield record


def is_trace(path: Path) -> bool:
    """Whether a file begins as a trace does."""
    try:
        with path.open("rb") as file:
            return file.read(14).startswith(b'{"kind":"show"')
    except OSError:
        return False
