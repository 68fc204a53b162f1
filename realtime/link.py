"""Ableton Link: our beats to everybody in a Link session, and theirs to us. Optional (the ``link`` extra).

``Steering`` is the pure rule by which we lead a session; ``LinkPeer`` runs it on a thread of its own. The
etiquette of Link holds: joining changes nobody's tempo. We lead only a session that we found empty, or
when ``take_lead`` is called. Knows nothing of OSC or MIDI.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from configs.errors import SinkError
from realtime.types import Beat, TimedEvent

QUANTUM = 4
"""Beats after which phase repeats: a bar."""

SETTLE_S = 0.7
"""Between making a peer and enabling it: sooner, one in three joins has changed the session's tempo."""

LISTEN_S = 2.0
"""How long we listen for others before we take an empty session for empty."""

STEP_S = 0.02
JUMP_S = 0.04
"""Errors beyond this are jumped; smaller ones are steered out, as a jump is heard by everybody."""

DEAD_BAND_S = 0.0005
GAIN = 0.25
"""How much of an error of one beat goes into the tempo, per beat."""

MAX_BEND = 0.01
"""Steering bends the tempo by at most one percent."""

STALE_BEATS = 4.0
"""When our last beat is longer ago, we have nothing to say about where the beat is."""


class Session(Protocol):
    """What we use of a Link session."""

    tempo: float
    enabled: bool
    quantum: float

    @property
    def beat(self) -> float:
        """The session's position now, in beats."""
        ...

    @property
    def num_peers(self) -> int:
        """How many others there are."""
        ...

    def force_beat(self, beat: float) -> None:
        """Make ``beat`` the position now, for everybody."""
        ...


@dataclass(frozen=True)
class Snapshot:
    """Where a session was at one moment."""

    time_s: float
    beat: float
    bpm: float
    peers: int

    def beat_at(self, time_s: float) -> float:
        """Position in beats at ``time_s``, if the tempo stays."""
        return self.beat + (time_s - self.time_s) * self.bpm / 60


@dataclass(frozen=True)
class Move:
    """What to do to the session: a tempo, and a position if it must jump."""

    bpm: float
    force_beat: float | None = None


class Steering:
    """Keeps a session's beats on ours: pure."""

    def __init__(self) -> None:
        self._beats: deque[TimedEvent] = deque(maxlen=32)

    def take(self, events: Iterable[TimedEvent]) -> None:
        """Learn of beats, past or to come."""
        self._beats.extend(timed for timed in events if isinstance(timed.event, Beat))

    def position(self, time_s: float) -> tuple[float, float] | None:
        """Our (position in beats, BPM) at ``time_s``; None when our last beat is too long ago."""
        if not self._beats:
            return None
        nearest = min(self._beats, key=lambda timed: abs(timed.heard_at_s - time_s))
        beat = nearest.event
        assert isinstance(beat, Beat)
        since = (time_s - nearest.heard_at_s) * beat.bpm / 60
        if since > STALE_BEATS:
            return None
        return beat.bar * QUANTUM + beat.beat_in_bar - 1 + since, beat.bpm

    def error_s(self, session: Snapshot) -> float | None:
        """By how much the session's bar is behind ours, s; None when we do not know."""
        ours = self.position(session.time_s)
        if ours is None:
            return None
        position, bpm = ours
        behind = (position - session.beat + QUANTUM / 2) % QUANTUM - QUANTUM / 2
        return behind * 60 / bpm

    def move(self, session: Snapshot) -> Move | None:
        """What the leader does now; None: nothing."""
        ours, error_s = self.position(session.time_s), self.error_s(session)
        if ours is None or error_s is None:
            return None
        _, bpm = ours
        behind = error_s * bpm / 60
        if abs(error_s) > JUMP_S:
            return Move(bpm, session.beat + behind)
        bend = min(max(GAIN * behind, -MAX_BEND), MAX_BEND) if abs(error_s) > DEAD_BAND_S else 0.0
        return Move(bpm * (1 + bend)) if abs(bpm * (1 + bend) - session.bpm) > 0.005 else None


@dataclass(frozen=True)
class LinkReport:
    """How the session stands."""

    peers: int
    bpm: float
    leads: bool
    error_ms: float | None
    """By how much the session's bar is behind ours; None when we have no beats."""
    last_error: str


class LinkPeer:
    """One peer in a Link session.

    Args:
        bpm: tempo until there are beats or others.
        lead: give our beats to the session, if we find it empty; False: only listen.
        lead_ms: how much earlier than the sound our beats fall.
        clock: seconds, the clock of ``TimedEvent.heard_at_s``.
        session: makes the session on the thread that will use it; None: aalink.
        threaded: False leaves the session to whoever calls ``step`` (tests).

    Raises:
        SinkError: the link extra is not installed.
    """

    def __init__(
        self,
        bpm: float = 120.0,
        *,
        lead: bool = True,
        lead_ms: float = 0.0,
        clock: Callable[[], float] = time.perf_counter,
        session: Callable[[float], Session] | None = None,
        threaded: bool = True,
    ) -> None:
        self._make_session = session or _aalink()
        self._bpm, self._wants_lead, self._lead_s, self._clock = bpm, lead, lead_ms / 1000, clock
        self._lock = threading.Lock()
        self._steering = Steering()
        self._snapshot: Snapshot | None = None
        self._leads = False
        self._error = ""
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="link", daemon=True)
        if threaded:
            self._thread.start()

    def send(self, events: Iterable[TimedEvent]) -> None:
        """Learn of our beats."""
        with self._lock:
            self._steering.take(events)

    def take_lead(self) -> None:
        """Give our beats to the session from now on, whoever is there."""
        self._leads = True

    def tempo_bpm(self) -> float | None:
        """The session's tempo; None until we have joined."""
        snapshot = self._snapshot
        return None if snapshot is None else snapshot.bpm

    def phase_at(self, time_s: float) -> float | None:
        """The session's position at ``time_s`` in beats, bar lines at multiples of 4; None: not joined."""
        snapshot = self._snapshot
        return None if snapshot is None else snapshot.beat_at(time_s)

    def report(self) -> LinkReport:
        """How the session stands."""
        snapshot = self._snapshot
        if snapshot is None:
            return LinkReport(0, self._bpm, False, None, self._error)
        with self._lock:
            error_s = self._steering.error_s(self._ours(snapshot))
        error_ms = None if error_s is None else 1000 * error_s
        return LinkReport(snapshot.peers, snapshot.bpm, self._leads, error_ms, self._error)

    def step(self, session: Session, joined_s: float) -> None:
        """Look at the session once and, if we lead, keep it on our beats. The thread's work."""
        now_s = self._clock()
        snapshot = Snapshot(now_s, session.beat, session.tempo, session.num_peers)
        listened = now_s - joined_s
        if self._wants_lead and listened >= LISTEN_S:
            self._wants_lead = False  # decided once: later guests find a session that is ours
            self._leads = self._leads or snapshot.peers == 0
        if self._leads and listened >= LISTEN_S:
            with self._lock:
                move = self._steering.move(self._ours(snapshot))
            if move is not None:
                self._apply(session, move)
        self._snapshot = snapshot

    def close(self) -> None:
        """Leave the session."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join(timeout=2.0)

    def _ours(self, snapshot: Snapshot) -> Snapshot:
        """The session as seen by beats that are to fall ``lead_ms`` before they are heard."""
        return Snapshot(snapshot.time_s + self._lead_s, snapshot.beat, snapshot.bpm, snapshot.peers)

    def _run(self) -> None:
        try:
            asyncio.run(self._take_part())
        except Exception as error:  # the library's own kinds: the show goes on without Link
            self._error = f"Link stopped: {error}"

    async def _take_part(self) -> None:
        session = self._make_session(self._bpm)
        session.quantum = QUANTUM
        await self._sleep(SETTLE_S)
        session.enabled = True
        joined_s = self._clock()
        while not self._closed.is_set():
            self.step(session, joined_s)
            await self._sleep(STEP_S)
        session.enabled = False

    async def _sleep(self, seconds: float) -> None:
        await asyncio.sleep(0 if self._closed.is_set() else seconds)

    @staticmethod
    def _apply(session: Session, move: Move) -> None:
        session.tempo = move.bpm
        if move.force_beat is not None:
            session.force_beat(move.force_beat)


def _aalink() -> Callable[[float], Session]:
    try:
        import aalink
    except ImportError as error:
        raise SinkError("Ableton Link needs the link extra: pip install aalink==0.2.3") from error

    def make(bpm: float) -> Any:
        return aalink.Link(bpm)

    return make
