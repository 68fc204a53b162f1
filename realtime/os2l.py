"""OS2L: beats for lighting programs that speak VirtualDJ's "Open Sound to Light" (os2l.org).

The lighting program listens (QLC+: port 9996), we connect: JSON objects in a TCP stream, one a beat:
``{"evt":"beat","change":false,"pos":12,"bpm":120.0,"strength":90}``. Knows nothing of OSC, but for its
thread and its patience with dead receivers.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from realtime.osc.schedule import Schedule
from realtime.osc.scheduler import IDLE_S, Scheduler
from realtime.osc.transport import TcpTransport, Transport
from realtime.types import Beat, TimedEvent

PORT = 9996
TEMPO_CHANGE_BPM = 0.5
STALE_S = 0.1
"""A beat that could only be sent later than this is not sent."""


@dataclass(frozen=True)
class Os2lReport:
    """How the receiver fared so far."""

    name: str
    connected: bool
    sent: int
    dropped: int
    last_error: str


class Os2lSink:
    """Tells one lighting program of every beat when it is heard, minus a lead.

    Args:
        host, port: where the lighting program listens.
        lead_ms: how much earlier than the sound the beat arrives.
        clock: seconds, the clock of ``TimedEvent.heard_at_s``.
        threaded: False leaves the sending to whoever calls ``work`` (tests).
        transport: the way there; None opens a TCP connection.
    """

    def __init__(
        self,
        host: str,
        port: int = PORT,
        *,
        lead_ms: float = 0.0,
        clock: Callable[[], float] = time.perf_counter,
        threaded: bool = True,
        transport: Transport | None = None,
    ) -> None:
        self._name = f"os2l://{host}:{port}"
        self._lead_s = lead_ms / 1000
        self._clock = clock
        self._transport = transport or TcpTransport(host, port, lambda packet: packet)
        self._schedule: Schedule[Beat] = Schedule(capacity=256)
        self._lock = threading.Lock()
        self._bpm = 0.0
        self._sent = self._stale = 0
        self._scheduler = Scheduler(self.work, "os2l", clock) if threaded else None

    def send(self, events: Iterable[TimedEvent]) -> None:
        """Plan the beats among ``events``."""
        with self._lock:
            for timed in events:
                if isinstance(timed.event, Beat):
                    self._schedule.push(timed.heard_at_s - self._lead_s, timed.event)
        if self._scheduler is not None:
            self._scheduler.wake()

    def flush(self) -> None:
        """Forget the beats that have not been sent."""
        with self._lock:
            self._schedule.clear()

    def report(self) -> Os2lReport:
        """The counters so far."""
        way = self._transport
        dropped = way.dropped + self._schedule.dropped + self._stale
        return Os2lReport(self._name, way.connected, self._sent, dropped, way.last_error)

    def work(self, now_s: float) -> float:
        """Send the beats that are due; returns when to be called next."""
        wanted_s = [now_s + IDLE_S, self._transport.pump(now_s)]
        with self._lock:
            due = list(self._schedule.pop_due(now_s))
            next_s = self._schedule.next_due_s
        for due_s, beat in due:
            if now_s - due_s > STALE_S:
                self._stale += 1
            else:
                self._sent += self._transport.send(beat_packet(beat, self._bpm), now_s)
                self._bpm = beat.bpm
        return min([*wanted_s, *([next_s] if next_s is not None else [])])

    def close(self) -> None:
        """End the thread and the connection."""
        if self._scheduler is not None:
            self._scheduler.close()
        self._transport.close()


def beat_packet(beat: Beat, bpm_before: float, beats_per_bar: int = 4) -> bytes:
    """One beat as OS2L says it.

    ``pos`` counts beats from the start, so that ``pos % 4 == 0`` is a downbeat; ``change`` tells that the
    tempo is another than it was; ``strength`` is our confidence in percent.
    """
    event = {
        "evt": "beat",
        "change": abs(beat.bpm - bpm_before) >= TEMPO_CHANGE_BPM,
        "pos": beat.bar * beats_per_bar + beat.beat_in_bar - 1,
        "bpm": round(beat.bpm, 2),
        "strength": round(100 * min(max(beat.confidence, 0.0), 1.0)),
    }
    return json.dumps(event, separators=(",", ":")).encode("ascii") + b"\n"
