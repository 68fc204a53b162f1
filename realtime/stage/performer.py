"""One performer's place on the stage: a camera that browsers feed, and the streams that listeners hear.

A ``Sink`` of its own. With several performers the show plays each one's music into that one's place.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from configs.schema import Stage
from realtime.stage.picture import PictureEncoder
from realtime.stage.spectrum import Spectrum
from realtime.types import Block, FreeBeat, Image, Tempo, TimedEvent
from realtime.vision import Observation
from realtime.webrtc.audio import AudioEncoder
from realtime.webrtc.camera import BrowserCamera
from realtime.webrtc.channel import POSE, SCORE, Channels
from realtime.webrtc.fanout import Fanout
from realtime.webrtc.opus import LOOK_AHEAD
from realtime.webrtc.vp8 import VideoEncoder
from realtime.webrtc.wire import event_message, pack_column, pack_picture, pack_pose, to_json

SOUND_DEPTH = 10
"""Packets of 20 ms that may wait for a busy network: 200 ms, then the oldest go."""
PICTURE_DEPTH = 3
POSES_PER_S = 15.0
"""Poses a second on data channels; pages get every one."""


class Performer:
    """Everything that belongs to one dancer, from the slot for the camera to the encoders.

    Args:
        config: the stage's.
        sample_rate: of the blocks, Hz.
        index: number of the place, from 0.
        origin_s: ``time.perf_counter`` second of show time 0.
        page: takes messages for open pages, in the event loop; JSON text or packed bytes.
        pages_open: how many pages look.
    """

    def __init__(
        self,
        config: Stage,
        sample_rate: int,
        index: int,
        origin_s: Callable[[], float],
        page: Callable[[str | bytes], None],
        pages_open: Callable[[], int],
    ) -> None:
        self.name = f"stage place {index}"
        self.index = index
        self._origin_s, self._page, self._pages_open = origin_s, page, pages_open
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pose_sent_s = 0.0
        self._told = Tempo(0.0, 0.0)
        self.camera = BrowserCamera(performer=index)
        self.channels = Channels()
        self.sound = Fanout(SOUND_DEPTH, self._audio_clock)
        self.picture = Fanout(PICTURE_DEPTH, self._video_clock, self._want_keyframe)
        self._spectrum = Spectrum(sample_rate)
        self.audio = AudioEncoder(
            sample_rate, config.audio_bitrate, self.sound.offer, lambda: self.sound.listeners > 0
        )
        self.video = VideoEncoder(
            config.video_bitrate, config.picture_fps, self.picture.offer, lambda: self.picture.listeners > 0
        )
        self._jpeg = PictureEncoder(config.picture_fps, self._on_jpeg, lambda: self._pages_open() > 0)

    def _audio_clock(self, time_s: float) -> int:
        return self.audio.media_at(time_s)

    def _video_clock(self, time_s: float) -> int:
        return self.video.timestamp_at(time_s)

    def _want_keyframe(self) -> None:
        self.video.want_keyframe()

    async def run(self) -> None:
        """Serve the listeners until cancelled; in the server's loop."""
        self._loop = asyncio.get_running_loop()
        try:
            await asyncio.gather(self.sound.run(), self.picture.run(), self.channels.run())
        finally:
            self._loop = None

    def _in_loop(self, work: Callable[..., None], *arguments: Any) -> None:
        loop = self._loop
        if loop is None:
            return
        try:
            loop.call_soon_threadsafe(work, *arguments)
        except RuntimeError:  # the loop closed in between: the server is going
            self._loop = None

    def play(self, block: Block, heard_at_s: float) -> None:
        """The next block; see ``Sink``."""
        self.audio.push(block, heard_at_s)
        if self._pages_open():
            self.audio.then(lambda: self._send_columns(block, heard_at_s))

    def _send_columns(self, block: Block, heard_at_s: float) -> None:
        timeline = self.audio.timeline
        for column in self._spectrum.columns(block):
            media = timeline.media_of(column.start_sample)
            packed = pack_column(
                column.bands,
                timeline.heard_at_s(media),
                column.peak_db,
                column.level_db,
                self.sound.timestamp_origin + media + LOOK_AHEAD,
            )
            self._in_loop(self._page, packed)

    def events(self, events: Sequence[TimedEvent]) -> None:
        """The score of the block just given; see ``Sink``."""
        chosen = tuple(one for one in events if not isinstance(one.event, FreeBeat))
        self.audio.then(lambda: self._send_events(chosen))

    def _send_events(self, events: Sequence[TimedEvent]) -> None:
        for timed in events:
            if isinstance(timed.event, Tempo) and not self._is_news(timed.event):
                continue
            sample = getattr(timed.event, "sample", None)
            media = (
                self.audio.media_at(timed.heard_at_s) if sample is None else self.audio.media_of(int(sample))
            )
            message = event_message(timed.event, self.sound.timestamp_origin + media, timed.heard_at_s)
            message["sent_rtp"] = (self.sound.timestamp_origin + self.sound.latest_timestamp) & 0xFFFFFFFF
            self._in_loop(self._say, to_json(message))

    def _is_news(self, tempo: Tempo) -> bool:
        """Beats tell the tempo too: it is said for itself only when it changed."""
        told = self._told
        changed = abs(tempo.bpm - told.bpm) >= 0.1 or abs(tempo.confidence - told.confidence) >= 0.1
        self._told = tempo if changed else told
        return changed

    def _say(self, text: str) -> None:
        self._page(text)
        self.channels.send(SCORE, text)

    def watch(self, observation: Observation, image: Image) -> None:
        """A frame and the people in it; see ``Sink``."""
        taken_s = self._origin_s() + observation.time_s
        self.video.put(image, taken_s)
        self._jpeg.put(image, observation.index, taken_s)
        if not self._pages_open() and not self.channels.count(POSE):
            return
        rtp = self.sound.timestamp_origin + self.audio.media_at(taken_s)
        poses = [pack_pose(person, rtp, taken_s) for person in observation.people]
        if poses:
            self._in_loop(self._show_poses, poses, taken_s)

    def _show_poses(self, poses: list[bytes], taken_s: float) -> None:
        due = taken_s - self._pose_sent_s >= 0.9 / POSES_PER_S or taken_s < self._pose_sent_s
        for pose in poses:
            self._page(pose)
            if due:
                self.channels.send(POSE, pose)
        self._pose_sent_s = taken_s if due else self._pose_sent_s

    def _on_jpeg(self, jpeg: bytes, index: int, taken_s: float) -> None:
        self._in_loop(self._page, pack_picture(jpeg, index, taken_s))

    def report(self) -> dict[str, Any]:
        """How the streams fare, for the page."""
        return {
            "dancing": self.camera.occupied and not self.camera.reserved,
            "sound_listeners": self.sound.listeners,
            "picture_listeners": self.picture.listeners,
            "advance_ms": round(self.audio.pacer.advance_s * 1000, 1),
            "silent_ms": round(self.audio.timeline.silent_samples / 48, 1),
            "dropped_packets": self.sound.dropped_packets + self.picture.dropped_packets,
            "late_packets": self.sound.late_packets,
            "channels": self.channels.report(),
            "opus_ms": round(1000 * self.audio.compute_s / max(1, self.audio.packets), 3),
            "vp8_ms": round(1000 * self.video.compute_s / max(1, self.video.pictures), 3),
        }

    def close(self) -> None:
        """Stop the threads."""
        self.camera.close()
        self.audio.close()
        self.video.close()
        self._jpeg.close()
