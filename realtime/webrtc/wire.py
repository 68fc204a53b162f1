"""Messages on data channels and web sockets: JSON for what is said, bytes for what is drawn. Pure."""

import json
import math
from struct import Struct
from typing import Any

import numpy as np

from realtime.types import Beat, Event, Landmarks, Onset, Tempo

POSE, PICTURE, COLUMN = 1, 2, 3
"""First byte of a packed message."""

_POSE_HEAD = Struct("<BBHIdf")
_PICTURE_HEAD = Struct("<BxHId")
_COLUMN_HEAD = Struct("<BxHIdff")
SCALE = 8192
"""Coordinates are int16 in 1/8192 of the frame: -4 .. 4, finer than any camera sees."""


def event_message(event: Event, rtp: int, heard_at_s: float | None = None) -> dict[str, Any]:
    """An event as JSON fields.

    Args:
        event: of the score.
        rtp: RTP time stamp (48 kHz) of the moment it sounds.
        heard_at_s: server's clock of the moment it sounds at the stage's loudspeaker.
    """
    message: dict[str, Any] = {"rtp": rtp & 0xFFFFFFFF}
    if heard_at_s is not None:
        message["heard_at_s"] = round(heard_at_s, 6)
    match event:
        case Beat():
            message |= {"type": "beat", "beat_in_bar": event.beat_in_bar, "bar": event.bar}
            message |= {"bpm": round(event.bpm, 3), "confidence": round(event.confidence, 3)}
        case Tempo():
            message |= {"type": "tempo", "bpm": round(event.bpm, 3), "confidence": round(event.confidence, 3)}
        case Onset():
            message |= {"type": "onset", "strength": round(event.strength, 3)}
    return message


def to_json(message: dict[str, Any]) -> str:
    """Strict JSON: what is not finite becomes null."""
    return json.dumps(_finite(message), separators=(",", ":"), allow_nan=False)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    return str(value)


def pack_pose(landmarks: Landmarks, rtp: int, taken_s: float) -> bytes:
    """One person's pose: 20 bytes of head, then 33 x (x, y, z as int16, visibility as uint8).

    A joint that was not found has visibility 0.
    """
    points = np.asarray(landmarks.points, np.float32)
    found = np.isfinite(points).all(axis=1, keepdims=True)
    points = np.where(found, points, np.float32(0))
    joints = np.zeros(len(points), np.dtype([("xyz", "<i2", 3), ("visibility", "u1")]))
    joints["xyz"] = np.clip(np.round(points[:, :3] * SCALE), -32768, 32767)
    joints["visibility"] = np.clip(np.round(points[:, 3] * 255), 0, 255)
    head = _POSE_HEAD.pack(
        POSE, landmarks.person & 255, len(points), rtp & 0xFFFFFFFF, taken_s, landmarks.aspect
    )
    return head + joints.tobytes()


def pack_picture(jpeg: bytes, index: int, taken_s: float) -> bytes:
    """A JPEG with the frame's number and the server's time at which it was taken."""
    return _PICTURE_HEAD.pack(PICTURE, 0, index & 0xFFFFFFFF, taken_s) + jpeg


def pack_column(bands: np.ndarray, heard_at_s: float, peak_db: float, level_db: float, rtp: int) -> bytes:
    """One column of the spectrogram (uint8 bands, low first) with its level, and when it is heard."""
    head = _COLUMN_HEAD.pack(COLUMN, len(bands), rtp & 0xFFFFFFFF, heard_at_s, peak_db, level_db)
    return head + np.asarray(bands, np.uint8).tobytes()
