"""Looking through a browser's camera (``--source webrtc``): the stage server gives the pictures.

Only the pose tracker has a process; a thread carries the newest picture to it. Nobody connected is
nobody seen: the groove is held.
"""

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Protocol

import cv2
import numpy as np

from realtime.bell import ring
from realtime.shared_frames import FrameShape, SharedFrames
from realtime.types import Frame
from realtime.vision_process import POSE_SILENT_S, Child, ProcessVision

SHAPE = FrameShape(480, 640)


class BrowserSource(Protocol):
    """What gives the pictures: ``realtime.webrtc.camera.BrowserCamera``."""

    def frames(self) -> Iterator[Frame]:
        """Each newest picture as it comes, stamped on ``time.perf_counter``, until closed."""
        ...

    def close(self) -> None:
        """End ``frames``."""
        ...


class BrowserVision(ProcessVision):
    """The pose tracker beside the show, fed by whoever dances before a browser."""

    def _open_source(self) -> None:
        self.name = "browser camera"
        self.frames = SharedFrames(SHAPE)
        self._camera: BrowserSource | None = None

    @property
    def _children(self) -> tuple[Child, ...]:
        return (self.pose,)

    def attach(self, camera: BrowserSource) -> None:
        """The stage server is there: carry its pictures."""
        self._camera = camera
        threading.Thread(target=self._carry, args=(camera,), name="browser camera", daemon=True).start()

    def start(self, origin_s: float) -> None:
        """Begin: show time 0 is ``origin_s`` on ``time.perf_counter``."""
        self._origin_s = origin_s
        self.pose.sign()
        self._begun = True

    def _carry(self, camera: BrowserSource) -> None:
        """Fit each picture into the ring's shape and announce it."""
        for frame in camera.frames():
            if self._closing.is_set():
                return
            with contextlib.suppress(TypeError, AttributeError, OSError):  # ring or bell closed meanwhile
                self.frames.write(Frame(frame.index, frame.time_s - self._origin_s, fitted(frame.image)))
                ring(self._rope)

    def _watch_picture(self) -> None:
        """Pictures may stop at any time: a performer left. That is no fault."""
        newest = self.frames.newest
        if newest != self._newest:
            self._newest = newest
            self._picture.sign(time.perf_counter())

    def _keep_alive(self) -> None:
        if not self._due:
            return
        if self._picture.lasts_s(time.perf_counter()) > 0.5:
            self.pose.sign()  # nothing to look at: no wonder that it is silent
        if trouble := self.pose.trouble(POSE_SILENT_S):
            self._again(self.pose, trouble, self._start_pose)

    def close(self) -> None:
        """End the thread, the process, and free the pictures."""
        if self._camera is not None:
            self._camera.close()
        super().close()


def fitted(image: np.ndarray) -> np.ndarray:
    """The whole picture within 640 x 480, centred on black: a phone held upright stays upright."""
    scale = min(SHAPE.width / image.shape[1], SHAPE.height / image.shape[0])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    picture = np.zeros((SHAPE.height, SHAPE.width, 3), np.uint8)
    top, left = (SHAPE.height - size[1]) // 2, (SHAPE.width - size[0]) // 2
    picture[top : top + size[1], left : left + size[0]] = small
    return picture
