"""The camera picture for the stage page: JPEG, made once for all pages, newest only."""

import threading
import time
from collections.abc import Callable

import cv2
import numpy as np

from realtime.types import Image
from realtime.webrtc.latest_slot import LatestSlot

WIDTH = 480
QUALITY = 62


class PictureEncoder:
    """A thread that turns the newest picture into JPEG while a page is open.

    Args:
        fps: at most so many a second.
        deliver: takes JPEG bytes, frame index and the time it was taken; called in this thread.
        wanted: whether any page is open.
    """

    def __init__(
        self, fps: float, deliver: Callable[[bytes, int, float], None], wanted: Callable[[], bool]
    ) -> None:
        self._interval_s = 1.0 / fps
        self._deliver, self._wanted = deliver, wanted
        self._slot: LatestSlot[tuple[Image, int, float]] = LatestSlot()
        self._last_s = 0.0
        self._thread = threading.Thread(target=self._run, name="jpeg", daemon=True)
        self._thread.start()

    def put(self, image: Image, index: int, taken_s: float) -> None:
        """Offer a picture; returns at once."""
        now_s = time.perf_counter()
        if not self._wanted() or now_s - self._last_s < 0.8 * self._interval_s:
            return
        self._slot.put((image, index, taken_s))
        self._last_s = now_s

    def close(self) -> None:
        """Stop the thread."""
        self._slot.close()
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        for image, index, taken_s in self._slot:
            self._deliver(to_jpeg(image), index, taken_s)


def to_jpeg(image: Image) -> bytes:
    """A small JPEG of a BGR picture."""
    height, width = image.shape[:2]
    if width > WIDTH:
        size = (WIDTH, max(1, round(height * WIDTH / width)))
        image = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
    ok, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert ok, "an 8-bit BGR picture can always be written as JPEG"
    return data.tobytes()
