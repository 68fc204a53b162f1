"""From source to observations: what was seen, when, by whom it was danced.

``InlineVision`` looks at every frame in turn, for the virtual clock. ``ProcessVision`` gives the
source and the pose tracker a process each, so that neither starves the sound. Both hand the show
the same ``Observation`` for the same frame.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from configs.schema import ShowConfig
from features.landmarks import Array
from features.visual import visual_features
from realtime.pose import PoseTracker
from realtime.scenery import open_scenery
from realtime.sources import DemoSource, Source
from realtime.types import Frame, Image, Landmarks

DECIMALS = 5
"""Observations are rounded when made, finer than a tracker sees, so that a trace holds them exactly."""


@dataclass(frozen=True)
class Observation:
    """One frame as the show knows it."""

    index: int
    time_s: float
    people: tuple[Landmarks, ...]
    visual: Array
    """``[6]``, see features/visual.py."""
    pose_ms: float = 0.0
    scenery: Array | None = None
    """``[2048]`` in the frame that brings new ones, for bundles that ask: see realtime/scenery.py."""


Watcher = Callable[[Observation, Image], None]
"""Called with every observation and its picture: preview, recorder, stage page."""


@dataclass
class VisionHealth:
    """Counters the status line shows."""

    frames: int = 0
    dropped_frames: int = 0
    restarts: int = 0
    ended: bool = False


class Vision(Protocol):
    """The seam between looking and playing."""

    name: str
    health: VisionHealth

    def observe(self, until_s: float) -> list[Observation]:
        """All observations of frames taken up to ``until_s`` that were not handed out before."""
        ...

    def close(self) -> None:
        """Stop looking."""
        ...


class Looker:
    """Turns one frame into one observation; the only code that does."""

    def __init__(self, config: ShowConfig) -> None:
        self._pose = PoseTracker(config.pose.model, config.pose.people, config.pose.confidence)
        self._scenery = open_scenery(Path(config.bundle), thread=config.clock == "real")

    def look(self, frame: Frame) -> Observation:
        """Find the people in ``frame`` and describe its light."""
        people = tuple(replace(one, points=_rounded(one.points)) for one in self._pose.track(frame))
        visual = _rounded(visual_features(frame.image))
        scenery = self._scenery.see(frame.image, frame.time_s) if self._scenery else None
        return Observation(frame.index, frame.time_s, people, visual, self._pose.compute_ms, scenery)

    def close(self) -> None:
        """Give the tracker's memory back."""
        self._pose.close()
        if self._scenery:
            self._scenery.close()


def _rounded(values: Array) -> Array:
    return np.round(values.astype(np.float64), DECIMALS).astype(np.float32)


class InlineVision:
    """Reads and looks at frames when asked for them, in the caller's thread: deterministic."""

    def __init__(self, source: Source, config: ShowConfig, watchers: tuple[Watcher, ...] = ()) -> None:
        self.name = source.name
        self.health = VisionHealth()
        self._source = source
        self._watchers = watchers
        self._looker = Looker(config)
        self._frames: Iterator[Frame] = source.frames()
        self._next: Frame | None = None

    @property
    def truth(self) -> dict[str, Any] | None:
        """What the virtual dancer really did, for the trace alone."""
        return self._source.truth if isinstance(self._source, DemoSource) else None

    def observe(self, until_s: float) -> list[Observation]:
        """Look at every frame taken up to ``until_s``."""
        seen = []
        while (frame := self._peek()) is not None and frame.time_s <= until_s + 1e-9:
            self._next = None
            observation = self._looker.look(frame)
            self.health.frames += 1
            for watch in self._watchers:
                watch(observation, frame.image)
            seen.append(observation)
        return seen

    def _peek(self) -> Frame | None:
        if self._next is None and not self.health.ended:
            self._next = next(self._frames, None)
            self.health.ended = self._next is None
        return self._next

    def close(self) -> None:
        """Let source and tracker go."""
        self._source.close()
        self._looker.close()
