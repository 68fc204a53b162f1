"""The preview window: picture, landmarks, beat flash and level. Drawn with OpenCV on the main thread."""

import os
import sys

import cv2
import numpy as np

from features.landmarks import SKELETON
from realtime.sinks import QuietSink
from realtime.status import ShowStatus
from realtime.types import Image, Landmarks
from realtime.vision import Observation

TITLE = "Noverre"
FLASH_BEATS = 0.18
VISIBLE = 0.4


def display_available() -> bool:
    """Whether a window could be opened on this machine."""
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def draw(image: Image, people: tuple[Landmarks, ...], status: ShowStatus, mirror: bool = True) -> Image:
    """The overlay on a copy of ``image``.

    Args:
        image: ``[H, W, 3]`` BGR.
        people: poses found in it.
        status: what plays.
        mirror: flip left and right, as a mirror does.
    """
    picture = np.ascontiguousarray(image[:, ::-1] if mirror else image).copy()
    for person in people:
        _draw_pose(picture, person, mirror)
    height, width = picture.shape[:2]
    if status.phase_beats % 1.0 < FLASH_BEATS and status.confidence >= 0.5:
        colour = (80, 200, 255) if int(status.phase_beats) % 4 else (80, 80, 255)
        cv2.rectangle(picture, (0, 0), (width - 1, height - 1), colour, max(4, height // 60))
    _draw_level(picture, status.level_db)
    text = f"{status.bpm:.0f} BPM  {status.confidence:.0%}  {status.style}"
    scale = height / 480
    for colour, thickness in (((0, 0, 0), 5), ((255, 255, 255), 2)):
        cv2.putText(
            picture, text, (int(14 * scale), int(34 * scale)), cv2.FONT_HERSHEY_SIMPLEX, 0.8 * scale, colour,
            max(1, int(thickness * scale)), cv2.LINE_AA,
        )  # fmt: skip
    return picture


def _draw_pose(picture: Image, person: Landmarks, mirror: bool) -> None:
    height, width = picture.shape[:2]
    across = 1.0 - person.points[:, 0] if mirror else person.points[:, 0]
    places = np.stack([across * width, person.points[:, 1] * height], axis=-1).round().astype(int)
    for one, other in SKELETON:
        if min(person.points[one, 3], person.points[other, 3]) > VISIBLE:
            start, end = (int(v) for v in places[one]), (int(v) for v in places[other])
            cv2.line(picture, tuple(start), tuple(end), (120, 255, 160), max(2, height // 240), cv2.LINE_AA)


def _draw_level(picture: Image, level_db: float) -> None:
    height, width = picture.shape[:2]
    share = float(np.clip((level_db + 60) / 60, 0.0, 1.0))
    bar = max(4, height // 80)
    cv2.rectangle(picture, (0, height - bar), (int(share * width), height), (160, 255, 120), -1)


class Preview(QuietSink):
    """Keeps the newest picture; ``show`` paints it, from the main thread only."""

    name = "preview"

    def __init__(self, mirror: bool) -> None:
        self._mirror = mirror
        self._newest: tuple[Observation, Image] | None = None

    def watch(self, observation: Observation, image: Image) -> None:
        """Remember the frame."""
        self._newest = (observation, image)

    def show(self, status: ShowStatus) -> bool:
        """Paint; False when the performer pressed q or Escape."""
        if self._newest is not None:
            observation, image = self._newest
            cv2.imshow(TITLE, draw(image, observation.people, status, self._mirror))
        return (cv2.waitKey(1) & 0xFF) not in (27, ord("q"))

    def close(self) -> None:
        """Close the window, if one was ever opened."""
        if self._newest is not None and display_available():
            cv2.destroyAllWindows()
