"""MIDI clock out, from the score's beats, and in, as a tempo to follow. Optional.

When to tick is realtime/midi_clock.py's; ports come from mido with python-rtmidi (the ``midi`` extra).
Where neither can open one, a sentence says so.
"""

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from configs.errors import SinkError
from realtime.midi_clock import CLOCK, STOP, ClockFollower, ClockPlan, Told
from realtime.osc.schedule import Schedule
from realtime.osc.scheduler import IDLE_S, Scheduler
from realtime.types import Beat, TimedEvent

LATE_S = 0.002
"""Ticks later than this are counted; none is left out, or the receiver would lose its place."""


class Port(Protocol):
    """Where bytes go: one method wide."""

    def send(self, data: bytes) -> None:
        """Hand one MIDI message over."""
        ...

    def close(self) -> None:
        """Let the port go."""
        ...


@dataclass(frozen=True)
class MidiReport:
    """How a MIDI clock fared so far."""

    port: str
    ticks: int
    late: int
    running: bool
    last_error: str


class MidiClockOut:
    """Sends MIDI clock to one port so that the receiver's beats are those that are heard.

    Args:
        port: where to, see ``open_output``.
        name: for reports.
        lead_ms: how much earlier than the sound ticks are sent.
        clock: seconds, the clock of ``TimedEvent.heard_at_s``.
        threaded: False leaves the sending to whoever calls ``work`` (tests).
    """

    AHEAD_S = 0.05
    """Ticks are fixed this long before they are due; later news moves only those after."""

    def __init__(
        self,
        port: Port,
        name: str = "midi",
        *,
        lead_ms: float = 0.0,
        clock: Callable[[], float] = time.perf_counter,
        threaded: bool = True,
    ) -> None:
        self._port, self._name, self._clock = port, name, clock
        self._lead_s = lead_ms / 1000
        self._lock = threading.Lock()
        self._beats: deque[TimedEvent] = deque(maxlen=64)
        self._plan = ClockPlan()
        self._schedule: Schedule[int] = Schedule(capacity=1024)
        self._ticks = self._late = 0
        self._error = ""
        self._scheduler = Scheduler(self.work, "midi-clock", clock) if threaded else None

    def send(self, events: Iterable[TimedEvent]) -> None:
        """Take the beats among ``events``; other events do not matter to a clock."""
        with self._lock:
            self._beats.extend(timed for timed in events if isinstance(timed.event, Beat))
        if self._scheduler is not None:
            self._scheduler.wake()

    def stop(self) -> None:
        """Stop the receiver now (mute, panic); the next downbeat starts it again."""
        with self._lock:
            self._beats.clear()
            self._schedule.clear()
            self._say(self._plan.stop(self._clock()))
        if self._scheduler is not None:
            self._scheduler.wake()

    def report(self) -> MidiReport:
        """The counters so far."""
        return MidiReport(self._name, self._ticks, self._late, self._plan.running, self._error)

    def work(self, now_s: float) -> float:
        """Send the ticks that are due; returns when to be called next."""
        with self._lock:
            self._take_beats()
            self._say(self._plan.due(now_s + self.AHEAD_S))
            due = list(self._schedule.pop_due(now_s))
            next_s = self._schedule.next_due_s
            running = self._plan.running
        for due_s, status in due:
            self._send(status, due_s)
        soon_s = now_s + (self.AHEAD_S / 2 if running or self._beats else IDLE_S)
        return min(soon_s, next_s) if next_s is not None else soon_s

    def close(self) -> None:
        """Stop the receiver and let the port go."""
        if self._scheduler is not None:
            self._scheduler.close()
        if self._plan.running:
            self._send(STOP, self._clock())
        with contextlib.suppress(OSError):
            self._port.close()

    def _take_beats(self) -> None:
        while self._beats:
            timed = self._beats.popleft()
            assert isinstance(timed.event, Beat)
            self._say(self._plan.beat(timed.event, timed.heard_at_s - self._lead_s))

    def _say(self, told: Told) -> None:
        for at_s, status in told:
            self._schedule.push(at_s, status)

    def _send(self, status: int, due_s: float) -> None:
        try:
            self._port.send(bytes((status,)))
        except Exception as error:  # the driver's own kinds: a cable that was pulled must not end the show
            self._error = f"{self._name}: {error}"
            return
        self._ticks += status == CLOCK
        self._late += self._clock() - due_s > LATE_S


class MidiClockIn:
    """Follows the MIDI clock of one input port.

    Args:
        port: name of the port, or None for the first.
        clock: seconds, for the time of arrival.

    Raises:
        SinkError: no port, in a sentence.
    """

    def __init__(self, port: str | None = None, clock: Callable[[], float] = time.perf_counter) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self._follower = ClockFollower()
        mido = _mido()
        try:
            self._port = mido.open_input(port, callback=self._take)
        except Exception as error:  # the driver's own kinds
            raise SinkError(_no_port("input", port, mido.get_input_names, error)) from error

    def tempo_bpm(self) -> float | None:
        """See ClockFollower."""
        with self._lock:
            return self._follower.tempo_bpm()

    def phase_at(self, time_s: float) -> float | None:
        """See ClockFollower."""
        with self._lock:
            return self._follower.phase_at(time_s)

    def close(self) -> None:
        """Let the port go."""
        self._port.close()

    def _take(self, message: Any) -> None:
        now_s = self._clock()
        with self._lock:
            self._follower.feed(bytes(message.bytes()), now_s)


class _MidoPort:
    """A mido output as a Port."""

    def __init__(self, mido: Any, opened: Any) -> None:
        self._from_bytes = mido.Message.from_bytes
        self._opened = opened

    def send(self, data: bytes) -> None:
        """Hand one MIDI message over."""
        self._opened.send(self._from_bytes(data))

    def close(self) -> None:
        """Let the port go."""
        self._opened.close()


def open_output(name: str | None = None) -> Port:
    """A MIDI output by name, or the first one.

    Raises:
        SinkError: in a sentence, when there is none or it cannot be opened.
    """
    mido = _mido()
    try:
        return _MidoPort(mido, mido.open_output(name))
    except Exception as error:  # the driver's own kinds
        raise SinkError(_no_port("output", name, mido.get_output_names, error)) from error


def _mido() -> Any:
    try:
        import mido
        import rtmidi  # noqa: F401 (mido needs it to find ports, and says so less clearly)
    except ImportError as error:
        raise SinkError(
            f"MIDI needs the midi extra ({error.name} is missing): pip install mido python-rtmidi"
        ) from error
    return mido


def _no_port(way: str, name: str | None, names: Callable[[], list[str]], error: Exception) -> str:
    try:
        there = names()
    except Exception:  # not even a list: no MIDI system at all
        there = []
    wanted = f"MIDI {way} {name!r}" if name else f"a MIDI {way}"
    remedy = f"there are: {', '.join(there)}" if there else "this machine has no MIDI ports"
    reason = " ".join(str(error).split())[:120]
    return f"{wanted} cannot be opened ({reason}): {remedy}"
