"""What performs: a bundle, its engine, the step around both; and the one that follows at a bar line."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from configs.bundle import Manifest, load_bundle
from configs.errors import BundleError, NoverreError
from configs.schema import ShowConfig
from realtime.backend import open_backend
from realtime.backend.base import Backend
from realtime.controls import Controls
from realtime.guarded_pipeline import GuardedPipeline
from realtime.pipeline import Hop, Pipeline, Rendered
from realtime.priority import be_ordinary
from realtime.scenery import missing_scenery
from realtime.score import BEATS_PER_BAR

WARM_UP_HOPS = 3
CLOSE_S = 10.0
"""Longer than any engine takes to open from its cache."""

Say = Callable[[str], None]


@dataclass(frozen=True)
class Instrument:
    """Ready to play."""

    config: ShowConfig
    manifest: Manifest
    backend: Backend
    pipeline: Pipeline


def open_instrument(config: ShowConfig, say: Say) -> Instrument:
    """The bundle that a configuration names, with an engine.

    Raises:
        NoverreError: it cannot be had.
    """
    bundle = load_bundle(config.bundle)
    if told := missing_scenery(bundle.manifest):
        say(told)
    backend = open_backend(config.backend, bundle, config.threads, config.server, say)
    pipeline = GuardedPipeline(bundle.manifest, backend, config, say)
    return Instrument(config, bundle.manifest, backend, pipeline)


def warm_up(pipeline: Pipeline, controls: Controls, performers: int) -> None:
    """Silent hops of every size: engines allocate on their first window, and no hop must be late."""
    for count in range(1, performers + 1):
        states = [pipeline.start(controls)] * count
        for index in range(WARM_UP_HOPS):
            hop = Hop(index, 0.0, index * pipeline.hop_s, (), controls)
            states = [state for _, state in pipeline.step_together([(state, hop) for state in states])]


def at_bar_line(last: Rendered, hop_s: float) -> bool:
    """Whether the block after ``last`` begins nearer to a bar line than those before and after it."""
    beats = hop_s * last.grid.bpm / 60.0
    return (last.phase_beats + beats + beats / 2) % BEATS_PER_BAR < beats


@dataclass(frozen=True)
class Wish:
    """A bundle to change to, and what plays until then."""

    folder: Path
    now: Instrument
    controls: Controls
    performers: int


class NextInstrument:
    """The one that was asked for last: opened and warmed up beside the show, and kept until it is taken.

    One is opened at a time, whatever is asked for meanwhile; of wishes that wait only the last counts.

    Args:
        say: told why there is none.
        wait: open it at once, in the calling thread: for a virtual clock.
    """

    def __init__(self, say: Say, wait: bool) -> None:
        self._say, self._wait = say, wait
        self._lock = threading.Lock()
        self._wish: Wish | None = None
        self._ready: Instrument | None = None
        self._thread: threading.Thread | None = None

    def ask(self, wish: Wish) -> None:
        """Open a bundle; until it is ready, and if it cannot be had, the other plays on."""
        with self._lock:
            self._ready = None
            self._wish = wish if wish.folder.resolve() != wish.now.config.bundle.resolve() else None
            if self._wish is None or self._thread is not None:
                return
            thread = self._thread = threading.Thread(target=self._work, name="next bundle", daemon=True)
        thread.start()
        if self._wait:
            thread.join()

    def take(self) -> Instrument | None:
        """The one that is ready, once."""
        with self._lock:
            ready, self._ready = self._ready, None
        return ready

    @property
    def is_ready(self) -> bool:
        """Whether there is one to take."""
        return self._ready is not None

    def close(self) -> None:
        """Wish for nothing more, and wait until the one that is being opened is open."""
        with self._lock:
            self._wish, thread = None, self._thread
        if thread is not None:
            thread.join(timeout=CLOSE_S)

    def _work(self) -> None:
        be_ordinary()
        wish = None
        while (wish := self._newer(wish)) is not None:
            fresh = self._open(wish)
            with self._lock:
                if self._wish is wish:  # else it was taken back, or another one counts
                    self._ready = fresh

    def _newer(self, opened: Wish | None) -> Wish | None:
        """The wish that counts, if it was not opened already; None: there is none, and this thread ends."""
        with self._lock:
            if self._wish is opened:
                self._wish = None
            if self._wish is None:
                self._thread = None
            return self._wish

    def _open(self, wish: Wish) -> Instrument | None:
        now = wish.now
        try:
            fresh = open_instrument(now.config.model_copy(update={"bundle": wish.folder}), self._say)
            fit(fresh.manifest, now.manifest)
            warm_up(fresh.pipeline, wish.controls, wish.performers)
        except NoverreError as error:
            self._say(f"{error}: {now.manifest.name!r} plays on")
            return None
        return fresh


def fit(fresh: Manifest, now: Manifest) -> None:
    """Refuse a bundle that cannot follow in the midst of a show.

    Raises:
        BundleError: its blocks are of another length or rate.
    """
    for name in ("sample_rate", "hop_samples"):
        if getattr(fresh, name) != getattr(now, name):
            raise BundleError(
                f"bundle {fresh.name!r} has {name} {getattr(fresh, name)}, this show {getattr(now, name)}: "
                "start a show with it"
            )
