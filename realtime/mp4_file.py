"""An MP4 that plays after a crash: H.264 and AAC in fragments of a second, each whole on disk or absent.

Knows times and pixels; nothing of shows, queues or threads.
"""

import contextlib
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.video.frame import PictureType

from realtime.output_file import OutputFile
from realtime.types import Image, Samples

VIDEO_TICKS = 90_000
AUDIO_RATE = 48_000
FRAGMENT_S = 0.5

HOLE_S = 0.05
"""Sound that comes later than this was preceded by silence: a lost card, an underrun."""

DRIFT_S = 0.003
"""A smaller difference is two crystals disagreeing; it is taken back a few samples a block."""

STRETCH_SAMPLES = 4

STALE_S = 2.0
"""Without a new picture for this long the last one is shown again, so that the sound gets to disk."""

SHAPE = (480, 640, 3)
"""Of the black picture, if sound comes long before the first frame."""

_OPTIONS = {
    "movflags": "frag_keyframe+empty_moov+default_base_moof",
    "frag_duration": str(round(FRAGMENT_S * 1e6)),
    "flush_packets": "1",
    "max_interleave_delta": str(round(FRAGMENT_S * 1e6)),
}


class Mp4File:
    """Pictures and sound with their times, written as they come.

    Raises:
        SinkError: the file cannot be written.
    """

    def __init__(self, path: Path, sample_rate: int) -> None:
        self.path = path
        self._sample_rate = sample_rate
        self._claim = OutputFile(path, f"--record {str(path)!r}")
        # av opens it when the first packet comes, by a name that cannot be taken for a protocol's (a:b.mp4)
        self._container = av.open(str(path.absolute()), "w", format="mp4", options=dict(_OPTIONS))
        self._video: av.VideoStream | None = None
        self._audio: av.AudioStream | None = None
        self._written_samples = 0
        self._last_image: Image | None = None
        self._last_pts = -1
        self._key_pts = -VIDEO_TICKS

    @property
    def opened(self) -> bool:
        """Whether a first picture has decided the size."""
        return self._video is not None

    def open_streams(self, shape: tuple[int, ...] = SHAPE) -> None:
        """Fix the size of the picture; needed before the first packet of either kind."""
        self._claim.begin()
        height, width = (side // 2 * 2 for side in shape[:2])  # H.264 wants even sides
        video = self._container.add_stream("libx264", rate=30)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.time_base = Fraction(1, VIDEO_TICKS)
        video.codec_context.options = {"preset": "ultrafast", "crf": "23", "tune": "zerolatency"}
        video.codec_context.gop_size = 600  # key frames are asked for by time, whatever the frame rate
        video.codec_context.thread_count = 1
        audio = self._container.add_stream("aac", rate=AUDIO_RATE)
        audio.bit_rate, audio.layout = 160_000, "stereo"
        self._resampler = AudioResampler("fltp", "stereo", AUDIO_RATE, 1024)
        self._video, self._audio = video, audio
        self._last_image = np.zeros((height, width, 3), np.uint8)

    def picture(self, time_s: float, image: Image) -> None:
        """A picture ``[H, W, 3]`` BGR shown from ``time_s`` on; times must not go back."""
        assert self._video is not None
        image = np.ascontiguousarray(image[: self._video.height, : self._video.width])
        frame = av.VideoFrame.from_ndarray(image, "bgr24")
        frame.pts = max(self._last_pts + 1, round(max(0.0, time_s) * VIDEO_TICKS))
        frame.time_base = Fraction(1, VIDEO_TICKS)
        if frame.pts - self._key_pts >= FRAGMENT_S * VIDEO_TICKS:
            frame.pict_type = PictureType.I
            self._key_pts = frame.pts
        self._last_pts, self._last_image = frame.pts, image
        self._container.mux(self._video.encode(frame))

    def sound(self, heard_s: float, samples: Samples) -> None:
        """Samples heard from ``heard_s`` on."""
        assert self._audio is not None
        samples = self._placed(heard_s, samples)
        stereo = np.ascontiguousarray(np.stack([samples, samples]).astype(np.float32))
        frame = av.AudioFrame.from_ndarray(stereo, "fltp", "stereo")
        frame.sample_rate, frame.pts = self._sample_rate, self._written_samples
        frame.time_base = Fraction(1, self._sample_rate)
        self._written_samples += len(samples)
        for resampled in self._resampler.resample(frame):
            self._container.mux(self._audio.encode(resampled))
        if heard_s - self._last_pts / VIDEO_TICKS > STALE_S and self._last_image is not None:
            self.picture(heard_s - 0.75 * STALE_S, self._last_image)

    def _placed(self, heard_s: float, samples: Samples) -> Samples:
        """Samples with silence before them, or stretched by a hair, so that they lie where they are heard."""
        ahead = round(heard_s * self._sample_rate) - self._written_samples
        if ahead > HOLE_S * self._sample_rate or self._written_samples == 0:
            return np.concatenate([np.zeros(max(0, ahead), np.float32), samples])
        if abs(ahead) > DRIFT_S * self._sample_rate and len(samples) > 1000:
            length = len(samples) + int(np.clip(ahead, -STRETCH_SAMPLES, STRETCH_SAMPLES))
            places = np.linspace(0, len(samples) - 1, length)
            return np.interp(places, np.arange(len(samples)), samples).astype(np.float32)
        return samples

    def close(self) -> None:
        """Complete the file; after a failed write, cut off what is not whole.

        Raises:
            OSError, av.FFmpegError: the end could not be written; the file plays up to there.
        """
        try:
            if self._video is not None and self._audio is not None:
                for resampled in self._resampler.resample(None):
                    self._container.mux(self._audio.encode(resampled))
                self._container.mux(self._audio.encode(None))
                self._container.mux(self._video.encode(None))
            self._container.close()
            self._claim.close()
        except (OSError, av.FFmpegError):
            self.abandon()
            raise

    def abandon(self) -> bool:
        """Close after a failed write: keep every whole fragment, drop the rest. Whether there is any."""
        with contextlib.suppress(OSError, av.FFmpegError):
            self._container.close()
        plays = False
        if self._claim.begun:  # else it may be an earlier recording
            with contextlib.suppress(OSError):
                trim_to_fragments(self.path)
                plays = self.path.stat().st_size > 0
        self._claim.close()
        return plays


def trim_to_fragments(path: Path) -> int:
    """Cut a fragmented MP4 after its last whole fragment; returns the bytes removed.

    What a killed program or a full disk leaves plays anyway in most players; after this, in all.
    """
    whole = whole_bytes(path)
    removed = path.stat().st_size - whole
    if removed:
        with path.open("r+b") as file:
            file.truncate(whole)
    return removed


def whole_bytes(path: Path) -> int:
    """Length of the part of a fragmented MP4 that ends with a whole fragment; 0: not one is whole.

    A fragment is a ``moof`` box followed by an ``mdat`` box (ISO/IEC 14496-12, 8.8).
    """
    size, offset, whole, plays = path.stat().st_size, 0, 0, False
    with path.open("rb") as file:
        while offset + 8 <= size:
            file.seek(offset)
            length, kind = struct.unpack(">I4s", file.read(8))
            if length == 1:
                length = struct.unpack(">Q", file.read(8).rjust(8, b"\0"))[0]
            if length < 8 or offset + length > size:
                break
            offset += length
            plays = plays or kind == b"mdat"
            if kind != b"moof":
                whole = offset
    return whole if plays else 0  # a header alone shows nothing
