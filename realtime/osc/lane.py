"""Everything about one target while the show runs: what waits for it, what it was told, how that went.

Pure but for its transport: time is an argument. Knows nothing of threads or of other targets.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from realtime.osc.cues import KINDS, Cue, Energy, Moment, Pose, Style
from realtime.osc.messages import IMMEDIATELY, Message, OscError, encode, encode_bundle, time_tag
from realtime.osc.profiles import Later
from realtime.osc.schedule import Schedule
from realtime.osc.targets import Target
from realtime.osc.transport import Transport
from realtime.types import Beat, FreeBeat, Tempo

LATE_S = 0.008
"""A timed message that leaves later than this is counted as late."""

STALE_S = 0.1
"""Later than this it is dropped: a light that flashes at the wrong time is worse than one that does not."""

Told = Callable[["Sent"], None]


@dataclass(frozen=True, slots=True)
class Sent:
    """One message as it left, for the log."""

    target: str
    kind: str
    message: Message
    due_s: float
    sent_s: float
    heard_at_s: float | None


@dataclass(frozen=True)
class TargetReport:
    """How one target fared so far. Times are of sending, after the moment it was due."""

    name: str
    profile: str
    transport: str
    connected: bool
    sent: int
    dropped: int
    late: int
    last_error: str
    delay_ms_median: float
    delay_ms_p95: float


@dataclass(frozen=True, slots=True)
class _Item:
    what: Cue | Message
    kind: str
    heard_at_s: float | None


class Lane:
    """One target's queue, profile and transport.

    Args:
        target: who.
        transport: the way there.
        unix_offset_s: what to add to the show's wall clock for Unix time, as a function (for time tags).
        told: called with each message that left.
    """

    def __init__(
        self,
        target: Target,
        transport: Transport,
        unix_offset_s: Callable[[], float] = lambda: 0.0,
        told: Told | None = None,
    ) -> None:
        self.target = target
        self.transport = transport
        self._unix_offset_s = unix_offset_s
        self._told = told
        self._schedule: Schedule[_Item] = Schedule()
        self._moment = Moment(prefix=target.prefix or "", base=target.base or 0)
        self._next_allowed_s: dict[tuple[str, int], float] = {}
        self._delays_s: deque[float] = deque(maxlen=4096)
        self._sent = self._late = self._dropped = 0
        self._error = ""

    @property
    def next_due_s(self) -> float | None:
        """When something is next to be said, None when nothing waits."""
        return self._schedule.next_due_s

    def plan(self, cue: Cue | FreeBeat, heard_at_s: float) -> None:
        """Tell ``cue`` so that it arrives the target's lead before ``heard_at_s``."""
        if isinstance(cue, FreeBeat):
            if self.target.claim == "followed":
                return
            cue = cue.beat
        if self._wanted(cue, heard_at_s):
            due_s = heard_at_s - self.target.lead_ms / 1000
            self._schedule.push(due_s, _Item(cue, KINDS[type(cue)], heard_at_s))

    def tell(self, cue: Cue, now_s: float) -> None:
        """Tell ``cue`` at once: it is a state, not a moment."""
        if self._wanted(cue, now_s):
            self._schedule.push(now_s, _Item(cue, KINDS[type(cue)], None))

    def clear(self) -> None:
        """Forget what waits (the future has changed), but release the buttons that are pressed."""
        waiting = list(self._schedule.pop_due(float("inf")))
        for due_s, item in waiting:
            if isinstance(item.what, Message):
                self._schedule.push(due_s, item)

    def take_due(self, now_s: float) -> list[tuple[float, _Item]]:
        """Remove what is due; deliver it with ``deliver``."""
        return list(self._schedule.pop_due(now_s))

    def deliver(self, due_s: float, item: _Item, now_s: float) -> list[tuple[float, _Item]]:
        """Say one thing that is due; returns what is to be planned next because of it."""
        if item.heard_at_s is not None and not self._in_time(due_s, now_s, item):
            return []
        said = [item.what] if isinstance(item.what, Message) else self._convert(item, now_s)
        now = [what for what in said if isinstance(what, Message)]
        if now:
            self._send(now, due_s, item, now_s)
        later = [what for what in said if isinstance(what, Later)]
        return [(due_s + what.after_s, _follow_up(what, item)) for what in later]

    def push(self, due_s: float, item: _Item) -> None:
        """Plan what ``deliver`` asked for."""
        self._schedule.push(due_s, item)

    def report(self) -> TargetReport:
        """The counters so far; cheap enough for every status line."""
        delays_ms = 1000 * np.array(self._delays_s) if self._delays_s else np.zeros(1)
        median_ms, p95_ms = np.percentile(delays_ms, (50, 95))
        return TargetReport(
            name=self.target.name,
            profile=self.target.profile,
            transport=self.target.transport or "",
            connected=self.transport.connected,
            sent=self._sent,
            dropped=self._dropped + self.transport.dropped + self._schedule.dropped,
            late=self._late,
            last_error=self.transport.last_error or self._error,
            delay_ms_median=float(median_ms),
            delay_ms_p95=float(p95_ms),
        )

    def _wanted(self, cue: Cue, at_s: float) -> bool:
        kind = KINDS[type(cue)]
        if kind not in self.target.events_on:
            return False
        if isinstance(cue, Beat) and cue.confidence < self.target.min_confidence:
            return False
        person = cue.person if isinstance(cue, Pose) else 0
        return self._allowed(kind, person, at_s)

    def _allowed(self, kind: str, person: int, at_s: float) -> bool:
        """The rate limit: a token that grows back; a little early (camera jitter) is not too often."""
        rate_hz = self.target.max_hz.get(kind)
        if rate_hz is None:
            return True
        interval_s = 1 / rate_hz
        next_s = self._next_allowed_s.get((kind, person), at_s)
        if at_s < next_s - 0.25 * interval_s:
            return False
        self._next_allowed_s[kind, person] = max(next_s, at_s - interval_s) + interval_s
        return True

    def _in_time(self, due_s: float, now_s: float, item: _Item) -> bool:
        delay_s = now_s - due_s
        if delay_s > STALE_S:
            self._late += 1
            self._dropped += 1
            self._error = f"a {item.kind} came {1000 * delay_s:.0f} ms too late and was not sent"
            return False
        self._late += delay_s > LATE_S
        self._delays_s.append(delay_s)
        return True

    def _convert(self, item: _Item, now_s: float) -> Iterable[Message | Later]:
        cue, moment = item.what, self._moment
        moment.lead_s = item.heard_at_s - now_s if item.heard_at_s is not None else 0.0
        match cue:
            case Beat():
                moment.beat, moment.bpm = cue, cue.bpm
            case Tempo():
                moment.bpm = cue.bpm
            case Energy():
                moment.energy = cue.level
            case Style():
                moment.style = cue.name
        return self.target.conventions.convert(cue, moment)  # type: ignore[arg-type]

    def _send(self, messages: list[Message], due_s: float, item: _Item, now_s: float) -> None:
        try:
            packets = [encode(message) for message in messages]
        except OscError as error:
            self._refuse(f"a {item.kind} could not be sent: {error}")
            return
        if self.target.bundles:
            packets = [encode_bundle(packets, self._tag(item))]
        limit = self.target.conventions.max_bytes
        for packet in packets:
            if len(packet) > limit:
                takes = f"{self.target.profile} takes at most {limit}"
                self._refuse(f"a {item.kind} of {len(packet)} bytes was not sent: {takes}")
                continue
            self._sent += self.transport.send(packet, now_s)
        if self._told:
            for message in messages:
                self._told(Sent(self.target.name, item.kind, message, due_s, now_s, item.heard_at_s))

    def _tag(self, item: _Item) -> int:
        if item.heard_at_s is None:
            return IMMEDIATELY
        return time_tag(item.heard_at_s + self._unix_offset_s())

    def _refuse(self, reason: str) -> None:
        self._dropped += 1
        self._error = reason


def _follow_up(later: Later, item: _Item) -> _Item:
    heard_at_s = None if item.heard_at_s is None else item.heard_at_s + later.after_s
    if isinstance(later.what, Message):
        return _Item(later.what, item.kind, None)  # a release is always sent, however late
    return _Item(later.what, KINDS[type(later.what)], heard_at_s)
