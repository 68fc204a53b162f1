"""Blocks of the show laid out on the 48 kHz time line that listeners hear. Pure: knows no clock, no thread.

A media sample is a position on that line; it never runs backwards and has no holes: what the show
did not deliver in time is silence.
"""

from collections import deque

import numpy as np

from realtime.types import Block, Samples
from realtime.webrtc.upsample import OUTPUT_RATE, Upsampler

TOLERANCE_S = 0.04
"""Blocks that are due within this of the end of the one before are joined to it."""
FADE = 240
"""5 ms: the ramp where sound is cut, so that a flush does not click."""
LIMIT = 2 * OUTPUT_RATE
"""Two seconds wait at most; a show that runs further ahead loses its oldest sound."""


class Timeline:
    """From show samples to media samples, and from both to the time of hearing.

    Args:
        sample_rate: of the blocks, Hz.
        start_s: ``time.perf_counter`` second at which media sample 0 would be heard.
    """

    def __init__(self, sample_rate: int, start_s: float) -> None:
        self.position = 0
        """The next media sample to be taken."""
        self.silent_samples = 0
        """Media samples that had to be silence although a show was playing."""
        self.dropped_samples = 0
        """Samples that came too late or too many."""
        self._rate = sample_rate
        self._waiting: deque[Samples] = deque()
        self._waiting_count = 0
        self._anchor_media, self._anchor_s = 0, start_s
        self._upsampler: Upsampler | None = None
        self._stream_media, self._stream_show = 0, 0
        self._next_show = 0
        self._skip = 0
        self._playing = False

    @property
    def end(self) -> int:
        """The media sample after the last one known."""
        return self.position + self._waiting_count

    def heard_at_s(self, media: int) -> float:
        """When a media sample is heard, in ``time.perf_counter`` seconds."""
        return self._anchor_s + (media - self._anchor_media) / OUTPUT_RATE

    def media_at(self, heard_at_s: float) -> int:
        """The media sample that is heard at a time."""
        return self._anchor_media + round((heard_at_s - self._anchor_s) * OUTPUT_RATE)

    def media_of(self, show_sample: int) -> int:
        """Where a sample of the show lies, by the stream that is playing."""
        return self._stream_media + round((show_sample - self._stream_show) * OUTPUT_RATE / self._rate)

    def push(self, block: Block, heard_at_s: float) -> None:
        """Lay down a block whose first sample is heard at ``heard_at_s``."""
        due = self.media_at(heard_at_s)
        follows = self._upsampler is not None and block.start_sample == self._next_show
        if not follows or abs(due - self.media_of(block.start_sample)) > TOLERANCE_S * OUTPUT_RATE:
            self._begin(due, block.start_sample)
        assert self._upsampler is not None
        self._append(self._upsampler.push(block.samples))
        self._anchor_media, self._anchor_s = self.media_of(block.start_sample), heard_at_s
        self._next_show = block.end_sample
        self._playing = True
        self._shed(self.end - self.position - LIMIT)

    def _begin(self, due: int, show_sample: int) -> None:
        """Start a new stream of blocks at media sample ``due``."""
        if self._upsampler is not None and due >= self.end:
            self._append(self._upsampler.finish())
        if due < self.end:
            self._cut(max(due, self.position))
        elif due > self.end:
            self._append(np.zeros(min(due - self.end, LIMIT), np.float32))
        self._skip = max(0, self.end - due)
        self._upsampler = Upsampler(self._rate)
        self._stream_media, self._stream_show = self.end - self._skip, show_sample

    def _append(self, samples: Samples) -> None:
        skipped = min(self._skip, len(samples))
        if skipped:
            self._skip -= skipped
            self.dropped_samples += skipped
            samples = samples[skipped:]
        if len(samples):
            self._waiting.append(samples)
            self._waiting_count += len(samples)

    def _cut(self, media: int) -> None:
        """Forget everything from ``media`` on, with a short ramp before it."""
        kept = self._joined()[: media - self.position].copy()
        ramp = min(FADE, len(kept))
        if ramp:
            kept[-ramp:] *= np.linspace(1.0, 0.0, ramp, dtype=np.float32)
        self._waiting = deque([kept]) if len(kept) else deque()
        self._waiting_count = len(kept)

    def _shed(self, count: int) -> None:
        if count > 0:
            rest = self._joined()[count:]
            self._waiting, self._waiting_count = deque([rest]), len(rest)
            self.dropped_samples += count
            self._stream_media -= count
            self._anchor_media -= count

    def _joined(self) -> Samples:
        return np.concatenate([*self._waiting, np.zeros(0, np.float32)])

    def ready(self, count: int) -> bool:
        """Whether ``count`` more samples are known."""
        return self._waiting_count >= count

    def take(self, count: int) -> Samples:
        """The next ``count`` samples; silence stands for what is not known."""
        taken = np.zeros(count, np.float32)
        filled = 0
        while filled < count and self._waiting:
            head = self._waiting[0]
            part = min(count - filled, len(head))
            taken[filled : filled + part] = head[:part]
            filled += part
            if part == len(head):
                self._waiting.popleft()
            else:
                self._waiting[0] = head[part:]
        self._waiting_count -= filled
        self.position += count
        if filled < count:
            self._end_stream(count - filled)
        return taken

    def _end_stream(self, missing: int) -> None:
        """Sound ran out: what comes next is placed anew, by the time at which it is heard."""
        self.silent_samples += missing if self._playing else 0
        self._upsampler = None

    def rest(self) -> None:
        """The show has stopped on purpose: silence is no longer a failure."""
        self._playing = False
