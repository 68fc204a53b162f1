"""Records picture and sound, in sync, into an MP4 that plays anywhere and survives a crash.

Encoding has a thread of its own and a bounded queue: when it cannot keep up, pictures are dropped and
counted; sound only when half a minute of it waits. Whatever stops the program, at most about the last
second is lost; a full disk ends the recording, playable, and never the show.
"""

import queue
import threading
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from realtime.mp4_file import Mp4File
from realtime.sinks import QuietSink
from realtime.types import Block, Image, Samples
from realtime.vision import Observation

QUEUE_ITEMS = 150
QUEUE_PICTURES = 30
"""A second: about 30 MB at 640x480."""

WAIT_BLOCKS = 40
"""Blocks (10 s) that wait for a first picture; then the recording begins in the dark."""

CLOSE_S = 10.0

Item = tuple[str, float, Image | Samples]
"""``("picture", show time, image)`` or ``("sound", show time heard, samples)``."""


class Recorder(QuietSink):
    """Writes the show to ``path``.

    A picture's time is its show time; a block's is the show time at which it is heard. So the file
    shows and sounds what the audience saw and heard.

    Args:
        path: the file.
        sample_rate: of the blocks, Hz.
        origin_s: ``time.perf_counter`` second of show time 0.
        say: told if the recording ends before the show.
        begins_s: show time at which the file begins; pictures taken before it are left out.

    Raises:
        SinkError: the file cannot be written.
    """

    def __init__(
        self,
        path: Path,
        sample_rate: int,
        origin_s: Callable[[], float],
        say: Callable[[str], None] = print,
        begins_s: float = 0.0,
    ) -> None:
        self.name = f"recording {path}"
        self.dropped_frames = 0
        self.failed: str | None = None
        self.begins_s = begins_s
        self._origin_s, self._say = origin_s, say
        self._file = Mp4File(path, sample_rate)
        self._queue: queue.Queue[Item | None] = queue.Queue(QUEUE_ITEMS)
        self._pictures_put = self._pictures_taken = 0
        self._held: list[Item] = []
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    def watch(self, observation: Observation, image: Image) -> None:
        """Take a picture, or drop it when the encoder is behind."""
        time_s = observation.time_s - self.begins_s
        if time_s < 0:
            return
        if self._pictures_put - self._pictures_taken >= QUEUE_PICTURES:
            self.dropped_frames += 1
        elif self._put(("picture", time_s, image.copy())):
            self._pictures_put += 1

    def play(self, block: Block, heard_at_s: float) -> None:
        """Take a block."""
        self._put(("sound", heard_at_s - self._origin_s() - self.begins_s, block.samples))

    def _put(self, item: Item) -> bool:
        if self.failed:
            return False
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            self.dropped_frames += 1
            return False
        return True

    def _work(self) -> None:
        try:
            while (item := self._queue.get()) is not None:
                self._pictures_taken += item[0] == "picture"
                self._take(item)
            self._begin()
            self._file.close()
        except (OSError, av.FFmpegError, ValueError) as error:
            self.failed = str(error)
            end = "ends here, playable" if self._file.abandon() else "has come to nothing"
            self._say(f"{self.name} {end} ({error}); the show goes on")

    def _take(self, item: Item) -> None:
        if self._file.opened:
            return self._encode(item)
        self._held.append(item)  # streams must be known before the first packet: wait for a picture
        if item[0] == "picture":
            self._begin(item[2].shape)
        elif len(self._held) > WAIT_BLOCKS:
            self._begin((480, 640, 3))

    def _begin(self, shape: tuple[int, ...] = (480, 640, 3)) -> None:
        """Open the streams and encode what waited for them."""
        if not self._file.opened and self._held:
            self._file.open_streams(shape)
        for held in self._held:
            self._encode(held)
        self._held.clear()

    def _encode(self, item: Item) -> None:
        kind, time_s, payload = item
        if kind == "picture":
            self._file.picture(time_s, payload.astype(np.uint8, copy=False))
        else:
            self._file.sound(time_s, payload.astype(np.float32, copy=False))

    def close(self) -> None:
        """Encode what is queued and complete the file."""
        while self._thread.is_alive():
            try:
                self._queue.put(None, timeout=0.2)
                break
            except queue.Full:
                continue
        self._thread.join(timeout=CLOSE_S)
