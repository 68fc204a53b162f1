"""The score and the state of the show to every OSC target, on time.

``send`` and its sisters only plan and return at once; one thread sends. Knows nothing of audio or cameras:
when something is heard is told to it, in the seconds of ``time.perf_counter``.
"""

import math
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import numpy as np

from realtime.osc.cues import Cue, Energy, Phase, Pose, Status, Style
from realtime.osc.framing import length_prefixed, slip
from realtime.osc.lane import Lane, TargetReport
from realtime.osc.log import OscLog
from realtime.osc.scheduler import IDLE_S, Scheduler
from realtime.osc.targets import Target
from realtime.osc.transport import TcpTransport, Transport, UdpTransport
from realtime.types import Landmarks, TimedEvent

REPEAT_S = 2.0
"""Style and status are said when they change, and again this often: a desk may have been restarted."""

BEATS_PER_BAR = 4


def open_transport(target: Target) -> Transport:
    """The transport a target asks for. Nothing is connected yet."""
    assert target.port is not None
    if target.transport == "udp":
        return UdpTransport(target.host, target.port)
    return TcpTransport(target.host, target.port, slip if target.transport == "slip" else length_prefixed)


class OscSink:
    """Sends the score to ``targets`` so that each message arrives when it is heard, minus the target's lead.

    Args:
        targets: who is told; none is fine (then only the log is written).
        log: gets every message that left; without targets those of the generic profile. Not closed here.
        clock: seconds, the same clock as ``TimedEvent.heard_at_s``.
        wall: Unix time in seconds, for the time tags of bundles.
        threaded: False leaves the sending to whoever calls ``work`` (tests, virtual time).
        transport: opens the way to a target.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        *,
        log: OscLog | None = None,
        clock: Callable[[], float] = time.perf_counter,
        wall: Callable[[], float] = time.time,
        threaded: bool = True,
        transport: Callable[[Target], Transport] = open_transport,
    ) -> None:
        self._clock = clock
        lane = partial(Lane, unix_offset_s=lambda: wall() - clock(), told=log)
        self._lanes = [lane(target, transport(target)) for target in targets]
        if not targets and log is not None:
            self._lanes = [lane(Target("log", name="log"), _Nowhere())]
        self._lock = threading.Lock()
        self._said: dict[type, tuple[str, float]] = {}
        self._scheduler = Scheduler(self.work, "osc-sink", clock) if threaded and self._lanes else None

    def send(self, events: Iterable[TimedEvent]) -> None:
        """Plan events of the score; each is sent when its time has come."""
        with self._lock:
            for timed in events:
                for lane in self._lanes:
                    lane.plan(timed.event, timed.heard_at_s)
        self._wake()

    def send_pose(self, landmarks: Landmarks) -> None:
        """Send one person's pose of one frame now. A missing pose sends nothing; a missing joint is zeros."""
        points = np.asarray(landmarks.points, np.float32)
        if points.shape != (33, 4):
            raise ValueError(f"a pose is [33, 4] landmarks, not {list(points.shape)}")
        found = np.isfinite(points).all(axis=1, keepdims=True)
        if np.any(found):
            self._tell(Pose(landmarks.person, np.where(found, points, np.float32(0))))

    def send_state(
        self,
        style: str | None = None,
        energy: float | None = None,
        phase: float | None = None,
        status: str | None = None,
    ) -> None:
        """Send the state of the show now; call it once a hop or more often. None is not sent.

        Args:
            style: name, or a blend's description; sent when it changes and every two seconds.
            energy: 0..1.
            phase: position in beats, bar lines at multiples of 4; sent as position in the bar.
            status: one word or sentence; sent when it changes and every two seconds.
        """
        cues: list[Cue] = []
        if energy is not None and math.isfinite(energy):
            cues.append(Energy(min(max(float(energy), 0.0), 1.0)))
        if phase is not None and math.isfinite(phase):
            cues.append(Phase(float(phase) % BEATS_PER_BAR))
        cues += [Style(style)] if style is not None and self._is_news(Style, style) else []
        cues += [Status(status)] if status is not None and self._is_news(Status, status) else []
        if cues:
            self._tell(*cues)

    def flush(self) -> None:
        """Forget the events that have not been sent: the future they told of has changed."""
        with self._lock:
            for lane in self._lanes:
                lane.clear()

    def report(self) -> list[TargetReport]:
        """How every target fared so far."""
        with self._lock:
            return [lane.report() for lane in self._lanes]

    def work(self, now_s: float) -> float:
        """Send all that is due at ``now_s``; returns when to be called next. The thread's work."""
        wanted_s = [now_s + IDLE_S]
        for lane in self._lanes:
            wanted_s.append(lane.transport.pump(now_s))
            with self._lock:
                due = lane.take_due(now_s)
            follow_ups = [more for due_s, item in due for more in lane.deliver(due_s, item, self._clock())]
            with self._lock:
                for due_s, item in follow_ups:
                    lane.push(due_s, item)
                if lane.next_due_s is not None:
                    wanted_s.append(lane.next_due_s)
        return min(wanted_s)

    def catch_up(self, now_s: float) -> None:
        """Send all that is due by ``now_s`` as if each had been sent at its own time.

        For a show in virtual time, which has no thread (``threaded=False``) and jumps from hop to hop.
        """
        for lane in self._lanes:
            while lane.next_due_s is not None and lane.next_due_s <= now_s:
                for due_s, item in lane.take_due(lane.next_due_s):
                    for follow_up in lane.deliver(due_s, item, due_s):
                        lane.push(*follow_up)

    def close(self) -> None:
        """End the thread and close every connection. What has not been sent is forgotten."""
        if self._scheduler is not None:
            self._scheduler.close()
        self.work(self._clock())
        for lane in self._lanes:
            lane.transport.close()

    def _tell(self, *cues: Cue) -> None:
        now_s = self._clock()
        with self._lock:
            for lane in self._lanes:
                for cue in cues:
                    lane.tell(cue, now_s)
        self._wake()

    def _is_news(self, kind: type, text: str) -> bool:
        now_s = self._clock()
        before, said_s = self._said.get(kind, (None, 0.0))
        if text == before and now_s - said_s < REPEAT_S:
            return False
        self._said[kind] = (text, now_s)
        return True

    def _wake(self) -> None:
        if self._scheduler is not None:
            self._scheduler.wake()


class _Nowhere:
    """The transport of a show that only logs."""

    connected, last_error, dropped = True, "", 0

    def send(self, packet: bytes, now_s: float) -> bool:
        """Nothing is lost here."""
        return True

    def pump(self, now_s: float) -> float:
        """Nothing is ever under way."""
        return math.inf

    def close(self) -> None:
        """Nothing was open."""
