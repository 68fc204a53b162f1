"""Performers beside the show's own: each has eyes, follower, state and stream; all share one engine call.

Guests dance before browsers. They come and go during a show; an empty place costs nothing. What the
performer turns holds for all, but for the beat: taps, nudges and a set tempo are the first dancer's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np

from realtime.controls import Controls
from realtime.pipeline import Hop, Pipeline, Rendered, State
from realtime.score import timed
from realtime.types import Block, TimedEvent
from realtime.vision import Vision

END_FADE_S = 0.1


class Place(Protocol):
    """Where a guest is heard: ``realtime.stage.performer.Performer``."""

    def play(self, block: Block, heard_at_s: float) -> None:
        """The next block."""
        ...

    def events(self, events: Sequence[TimedEvent]) -> None:
        """The score of the block just given."""
        ...


class Eyes(Vision, Protocol):
    """What looks at one place's camera."""

    def start(self, origin_s: float) -> None:
        """Show time 0 is ``origin_s`` on ``time.perf_counter``."""
        ...


@dataclass
class Guest:
    """One place beside the show's own."""

    vision: Eyes
    place: Place
    occupied: Callable[[], bool]
    """Whether somebody dances there."""
    state: State | None = None
    rendered: Rendered | None = None
    people: int = 0


class Guests:
    """All places beside the show's own.

    Args:
        pipeline: the show's.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._guests: list[Guest] = []
        self._playing: list[Guest] = []

    def __len__(self) -> int:
        return len(self._guests)

    @property
    def dancing(self) -> int:
        """Guests in the hop that was rendered last."""
        return len(self._playing)

    def add(self, guest: Guest) -> None:
        """One more place."""
        self._guests.append(guest)

    def play_with(self, pipeline: Pipeline) -> None:
        """Another bundle's step from now on."""
        self._pipeline = pipeline

    def begin(self, origin_s: float) -> None:
        """The show begins: its time 0 is ``origin_s`` on ``time.perf_counter``."""
        for guest in self._guests:
            guest.vision.start(origin_s)

    def look(self, until_s: float) -> None:
        """Let frames taken up to ``until_s`` reach each guest's follower, as soon as they are known."""
        for guest in self._guests:
            for seen in guest.vision.observe(until_s):
                guest.people = len(seen.people)
                if guest.state is not None:
                    guest.state = self._pipeline.observe(guest.state, seen)

    def turns(self, hop: Hop) -> list[tuple[State, Hop]]:
        """State and hop of each guest who dances now, in the order in which ``take`` wants them back."""
        own = replace(hop, observations=(), controls=_own(hop.controls))
        self._playing = [guest for guest in self._guests if guest.occupied()]
        turns = []
        for guest in self._playing:
            if guest.state is None:
                guest.state = self._pipeline.start(own.controls, hop.now_s)
            turns.append((guest.state, own))
        return turns

    def take(self, stepped: Sequence[tuple[Rendered, State]]) -> None:
        """What the engine made of ``turns``."""
        for guest, (rendered, state) in zip(self._playing, stepped, strict=True):
            guest.rendered, guest.state = rendered, state

    def hold(self, hop: Hop) -> None:
        """The engine failed: each guest's reserve."""
        self.take([self._pipeline.hold(state, own) for state, own in self.turns(hop)])

    def play(self, origin_s: float) -> None:
        """Give each guest's block and score to its place; who has left fades out."""
        for guest in self._guests:
            rendered = guest.rendered
            if rendered is None:
                continue
            if guest in self._playing:
                block, heard_at_s = rendered.block, origin_s + rendered.heard_s
                guest.place.play(block, heard_at_s)
                guest.place.events(timed(rendered.score, block, heard_at_s, rendered.sample_rate))
            else:
                guest.place.play(*_ending(rendered, origin_s))
                guest.rendered, guest.state, guest.people = None, None, 0

    def report(self) -> list[dict[str, Any]]:
        """How each guest is followed, for the page; an empty place is an empty dictionary."""
        return [
            {
                "bpm": guest.rendered.grid.bpm,
                "confidence": guest.rendered.grid.confidence,
                "people": guest.people,
                "energy": guest.rendered.energy,
            }
            if guest.rendered is not None
            else {}
            for guest in self._guests
        ]

    def close(self) -> None:
        """Let all eyes go."""
        for guest in self._guests:
            guest.vision.close()


def _own(controls: Controls) -> Controls:
    """The controls as a guest has them: the beat is the guest's own."""
    return replace(controls, bpm=None, taps_s=(), nudge_beats=0.0)


def _ending(rendered: Rendered, origin_s: float) -> tuple[Block, float]:
    """The reserve of the last block, faded out, and when it is heard."""
    block, rate = rendered.block, rendered.sample_rate
    length = min(len(block.reserve), round(END_FADE_S * rate))
    fade = np.linspace(1.0, 0.0, length, dtype=np.float32)
    heard_at_s = origin_s + rendered.heard_s + len(block.samples) / rate
    return Block(block.end_sample, block.reserve[:length] * fade), heard_at_s
