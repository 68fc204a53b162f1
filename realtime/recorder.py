"""Records picture and sound, in sync, into an MP4 that plays anywhere and survives a crash.

H.264 and AAC in fragments of a second: whatever stops the program, at most the last fragment is
lost. Encoding has a thread of its own and a bounded queue; when it cannot keep up, pictures are
dropped and counted, sound never.
"""

import queue
import threading
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler

from configs.errors import SinkError
from realtime.sinks import QuietSink
from realtime.types import Block, Image, Samples
from realtime.vision import Observation

VIDEO_TICKS = 90_000
AUDIO_RATE = 48_000
QUEUE_ITEMS = 240

Item = tuple[str, float, Image | Samples]
"""``("frame", show time, picture)`` or ``("block", show time heard, samples)``."""

FRAGMENT_S = 1


class Recorder(QuietSink):
    """Writes the show to ``path``.

    A frame's time is its show time; a block's is the show time at which it is heard. So the file
    shows and sounds what the audience saw and heard.

    Raises:
        SinkError: the file cannot be written.
    """

    def __init__(
        self, path: Path, sample_rate: int, origin_s: Callable[[], float], say: Callable[[str], None] = print
    ) -> None:
        self.name = f"recording {path}"
        self.dropped_frames = 0
        self.failed: str | None = None
        self._sample_rate, self._origin_s, self._say = sample_rate, origin_s, say
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
            self._container = av.open(str(path), "w", format="mp4", options=flags)
        except (OSError, av.FFmpegError) as error:
            raise SinkError(f"--record {str(path)!r} cannot be written: {error}") from error
        self._queue: queue.Queue[Item | None] = queue.Queue(QUEUE_ITEMS)
        self._video: av.VideoStream | None = None
        self._audio: av.AudioStream | None = None
        self._held: list[Item] = []
        self._audio_pts: int | None = None
        self._last_video_pts = -1
        self._thread = threading.Thread(target=self._work, name="recorder", daemon=True)
        self._thread.start()

    def watch(self, observation: Observation, image: Image) -> None:
        """Take a frame, or drop it when the encoder is behind."""
        if self._queue.qsize() > QUEUE_ITEMS // 2:
            self.dropped_frames += 1
            return
        self._put(("frame", observation.time_s, image.copy()))

    def play(self, block: Block, heard_at_s: float) -> None:
        """Take a block."""
        self._put(("block", heard_at_s - self._origin_s(), block.samples))

    def _put(self, item: Item) -> None:
        if self.failed:
            return
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            self.dropped_frames += 1

    def _work(self) -> None:
        try:
            while (item := self._queue.get()) is not None:
                self._take(item)
            self._finish()
        except (OSError, av.FFmpegError) as error:
            self.failed = str(error)
            self._say(f"{self.name} ends here ({error}); the show goes on")

    def _take(self, item: Item) -> None:
        if self._video is None:  # streams must be known before the first packet: wait for a picture
            self._held.append(item)
            if item[0] == "frame":
                self._open_streams(item[2].shape)
                for held in self._held:
                    self._encode(held)
                self._held.clear()
            elif len(self._held) > QUEUE_ITEMS:
                self._open_streams((480, 640, 3))
            return
        self._encode(item)

    def _open_streams(self, shape: tuple[int, ...]) -> None:
        height, width = (side // 2 * 2 for side in shape[:2])  # H.264 wants even sides
        video = self._container.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.time_base = Fraction(1, VIDEO_TICKS)
        video.codec_context.options = {"preset": "ultrafast", "crf": "23", "tune": "zerolatency"}
        video.codec_context.gop_size = 30 * FRAGMENT_S
        video.codec_context.thread_count = 1
        audio = self._container.add_stream("aac", rate=AUDIO_RATE)
        audio.bit_rate, audio.layout = 160_000, "stereo"
        self._resampler = AudioResampler("fltp", "stereo", AUDIO_RATE, 1024)
        self._video, self._audio = video, audio

    def _encode(self, item: Item) -> None:
        kind, time_s, payload = item
        if kind == "frame":
            self._encode_frame(time_s, payload.astype(np.uint8, copy=False))
        else:
            self._encode_block(time_s, payload.astype(np.float32, copy=False))

    def _encode_frame(self, time_s: float, image: Image) -> None:
        assert self._video is not None
        image = np.ascontiguousarray(image[: self._video.height, : self._video.width])
        frame = av.VideoFrame.from_ndarray(image, "bgr24")
        frame.pts = max(self._last_video_pts + 1, round(max(0.0, time_s) * VIDEO_TICKS))
        frame.time_base = Fraction(1, VIDEO_TICKS)
        self._last_video_pts = frame.pts
        self._container.mux(self._video.encode(frame))

    def _encode_block(self, heard_s: float, samples: Samples) -> None:
        assert self._audio is not None
        if self._audio_pts is None:  # the sound begins where it was first heard; then it is contiguous
            self._audio_pts = 0
            lead = np.zeros(max(0, round(heard_s * self._sample_rate)), np.float32)
            samples = np.concatenate([lead, samples])
        stereo = np.ascontiguousarray(np.stack([samples, samples]).astype(np.float32))
        frame = av.AudioFrame.from_ndarray(stereo, "fltp", "stereo")
        frame.sample_rate, frame.pts = self._sample_rate, self._audio_pts
        frame.time_base = Fraction(1, self._sample_rate)
        self._audio_pts += len(samples)
        for resampled in self._resampler.resample(frame):
            self._container.mux(self._audio.encode(resampled))

    def _finish(self) -> None:
        if self._video is None and self._held:
            self._open_streams((480, 640, 3))
            for held in self._held:
                self._encode(held)
        if self._video is not None and self._audio is not None:
            for resampled in self._resampler.resample(None):
                self._container.mux(self._audio.encode(resampled))
            self._container.mux(self._audio.encode(None))
            self._container.mux(self._video.encode(None))
        self._container.close()

    def close(self) -> None:
        """Encode what is queued and complete the file."""
        self._queue.put(None)
        self._thread.join(timeout=10.0)
