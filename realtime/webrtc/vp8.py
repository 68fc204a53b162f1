"""The picture as VP8, encoded once for all listeners, in a thread that always takes the newest.

Knows nothing of landmarks: the overlay is drawn by whoever looks.
"""

import threading
import time
from collections.abc import Callable
from fractions import Fraction

import av
from av.video.frame import PictureType

from realtime.types import Image
from realtime.webrtc.latest_slot import LatestSlot
from realtime.webrtc.packets import MediaPacket, vp8_payloads

CLOCK_RATE = 90_000
MOST_FPS = 30.0


class Vp8Encoder:
    """libvpx in its real-time mode; pictures of a new size start a new stream.

    Args:
        bitrate: bit/s.
    """

    def __init__(self, bitrate: int) -> None:
        self._bitrate = bitrate
        self._codec: av.VideoCodecContext | None = None
        self._picture_id = 0

    def encode(self, image: Image, timestamp: int, whole: bool) -> MediaPacket | None:
        """One picture ``[H, W, 3]`` BGR; ``whole`` asks for one that needs no other."""
        height, width = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
        frame = av.VideoFrame.from_ndarray(image[:height, :width].copy(), format="bgr24")
        frame = frame.reformat(format="yuv420p")
        frame.pts, frame.time_base = timestamp, Fraction(1, CLOCK_RATE)
        if self._codec is None or (self._codec.width, self._codec.height) != (width, height):
            self._codec, whole = self._open(width, height), True
        frame.pict_type = PictureType.I if whole else PictureType.NONE
        packets = self._codec.encode(frame)
        data = b"".join(bytes(packet) for packet in packets)
        if not data:
            return None
        self._picture_id = (self._picture_id + 1) & 0x7FFF
        keyframe = any(packet.is_keyframe for packet in packets)
        return MediaPacket(vp8_payloads(data, self._picture_id), timestamp, keyframe)

    def _open(self, width: int, height: int) -> av.VideoCodecContext:
        codec = av.CodecContext.create("libvpx", "w")
        assert isinstance(codec, av.VideoCodecContext)
        codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
        codec.bit_rate, codec.gop_size = self._bitrate, 3000
        codec.time_base = Fraction(1, CLOCK_RATE)
        codec.framerate = Fraction(30)
        codec.qmin, codec.qmax = 4, 56
        codec.thread_count = 1
        codec.options = {
            "deadline": "realtime",
            "cpu-used": "-10",
            "lag-in-frames": "0",
            "error-resilient": "1",
            "static-thresh": "100",
            "bufsize": str(self._bitrate),
        }
        return codec


class VideoEncoder:
    """Pictures in, VP8 packets out; encodes only while somebody watches.

    Args:
        bitrate: bit/s.
        fps: at most so many pictures a second.
        deliver: takes each packet; called in the encoder's thread.
        wanted: whether anybody watches.
    """

    def __init__(
        self,
        bitrate: int,
        fps: float,
        deliver: Callable[[MediaPacket], None],
        wanted: Callable[[], bool],
    ) -> None:
        self.pictures = 0
        self.compute_s = 0.0
        self._encoder = Vp8Encoder(bitrate)
        self._origin_s = time.perf_counter()
        self._interval_s = 1.0 / min(fps, MOST_FPS)
        self._deliver, self._wanted = deliver, wanted
        self._slot: LatestSlot[tuple[Image, float]] = LatestSlot()
        self._whole = True
        self._last_s = 0.0
        self._thread = threading.Thread(target=self._run, name="vp8", daemon=True)
        self._thread.start()

    def timestamp_at(self, time_s: float) -> int:
        """The 90 kHz media clock at a ``time.perf_counter`` second."""
        return max(0, round((time_s - self._origin_s) * CLOCK_RATE))

    def want_keyframe(self) -> None:
        """Make the next picture a whole one."""
        self._whole = True

    def put(self, image: Image, time_s: float) -> None:
        """Offer the picture taken at ``time.perf_counter`` second ``time_s``; returns at once."""
        if not self._wanted() or time_s - self._last_s < 0.8 * self._interval_s:
            return
        self._slot.put((image, time_s))
        self._last_s = time_s

    def close(self) -> None:
        """Stop the thread."""
        self._slot.close()
        self._thread.join(timeout=2.0)

    def _run(self) -> None:
        for image, time_s in self._slot:
            started_s = time.thread_time()
            whole, self._whole = self._whole, False
            packet = self._encoder.encode(image, self.timestamp_at(time_s), whole)
            self.compute_s += time.thread_time() - started_s
            self.pictures += 1
            if packet is not None:
                self._deliver(packet)
