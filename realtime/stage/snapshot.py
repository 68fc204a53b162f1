"""The state of a show as the page shows it: one dictionary, about ten times a second."""

from dataclasses import asdict, is_dataclass
from typing import Any, TypedDict


class Snapshot(TypedDict, total=False):
    """What ``StageServer.update`` takes. Every key may be left out; the page then shows a dash."""

    source: str
    source_fps: float
    pose_ms: float
    people: int
    bpm: float
    confidence: float
    """0..1, of the follower."""
    hop_ms: float
    """Computing time of the last hop."""
    budget_ms: float
    """What a hop may take."""
    reserve_ms: float
    """Music in hand beyond what is playing."""
    late_hops: int
    underruns: int
    cards: list[Any]
    """Reports of the further sound cards: name, present, underruns, drift_ppm."""
    dropped_frames: int
    latency_ms: dict[str, float]
    """Parts in order: capture, pose, window, engine, decode, crossfade, queue, device."""
    level_db: float
    osc: list[Any]
    """Reports of the OSC targets: dictionaries or dataclasses with name, profile, connected, sent, ..."""
    style: dict[str, float]
    """Weight of each style."""
    intensity: float
    mute: bool
    tempo_set: float | None
    """The performer's own tempo; None while the dancer leads."""
    song: int
    bundle: str
    backend: str
    recording: bool
    takes: list[Any]
    """Reports of takes, the newest first: name, seconds, bytes, began, state, reason."""
    dancers: list[Any]
    """A dictionary a place: bpm, confidence, people, energy; empty where nobody dances."""
    message: str
    """The last thing worth telling the performer."""


def plain(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot with dataclasses as dictionaries."""
    return {
        key: [asdict(item) if is_dataclass(item) and not isinstance(item, type) else item for item in value]
        if isinstance(value, list | tuple)
        else value
        for key, value in snapshot.items()
    }
