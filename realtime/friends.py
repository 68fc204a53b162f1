"""Machines that keep our time, or whose time we keep: Link, MIDI clock, OS2L, as sinks and as a grid."""

from collections.abc import Callable, Sequence
from typing import Protocol

from configs.errors import ConfigError
from configs.schema import ShowConfig, parse_target
from realtime.grid import BeatGrid
from realtime.link import LinkPeer
from realtime.midi import MidiClockIn, MidiClockOut, open_output
from realtime.os2l import Os2lSink
from realtime.sinks import QuietSink
from realtime.types import TimedEvent


class Friend(Protocol):
    """What takes our beats."""

    def send(self, events: Sequence[TimedEvent]) -> None:
        """Learn of our beats."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class Leader(Protocol):
    """What gives a beat, on ``time.perf_counter``."""

    def tempo_bpm(self) -> float | None:
        """Its tempo, None while it has none."""
        ...

    def phase_at(self, time_s: float) -> float | None:
        """Its phase in beats, bar lines at multiples of 4."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class FriendSink(QuietSink):
    """Hands the score to a friend."""

    def __init__(self, name: str, friend: Friend) -> None:
        self.name, self._friend = name, friend

    def events(self, events: Sequence[TimedEvent]) -> None:
        """Beats before they are heard."""
        self._friend.send(events)

    def close(self) -> None:
        """Let the friend go."""
        self._friend.close()


class LeaderSink(QuietSink):
    """Only closes a leader when the show ends."""

    name = "leader"

    def __init__(self, leader: Leader) -> None:
        self._leader = leader

    def close(self) -> None:
        """Let the leader go."""
        self._leader.close()


def open_friends(config: ShowConfig) -> tuple[list[QuietSink], Leader | None]:
    """The friends a configuration names, and the one whose beat is played, if any.

    Raises:
        ConfigError: an address that is none, or a leader that was not named.
        SinkError: an extra that is not installed, a port that is not there.
    """
    friends, sinks = config.friends, list[QuietSink]()
    link = LinkPeer(lead=config.follow.sync != "link", lead_ms=friends.lead_ms) if friends.link else None
    if link is not None:
        sinks.append(FriendSink("Ableton Link", link))
    if friends.midi_out is not None:
        port = open_output(None if friends.midi_out == "first" else friends.midi_out)
        sinks.append(FriendSink("MIDI clock", MidiClockOut(port, lead_ms=friends.lead_ms)))
    if friends.os2l is not None:
        try:
            target = parse_target(friends.os2l)
        except ValueError as error:
            raise ConfigError(f"friends.os2l: {error}") from error
        sinks.append(FriendSink("OS2L", Os2lSink(target["host"], target["port"], lead_ms=friends.lead_ms)))
    if config.follow.sync == "none":
        return sinks, None
    if config.follow.sync == "link":
        if link is None:
            raise ConfigError("follow.sync = 'link' needs friends.link = true")
        return sinks, link
    if friends.midi_in is None:
        raise ConfigError("follow.sync = 'midi' needs friends.midi_in, the name of a MIDI port")
    leader = MidiClockIn(None if friends.midi_in == "first" else friends.midi_in)
    return [*sinks, LeaderSink(leader)], leader


def grid_of(leader: Leader, now_s: float, origin_s: Callable[[], float]) -> BeatGrid | None:
    """A leader's grid in show time, None while it has none.

    Args:
        leader: on ``time.perf_counter``.
        now_s: show time.
        origin_s: ``time.perf_counter`` at show time 0.
    """
    bpm, phase = leader.tempo_bpm(), leader.phase_at(now_s + origin_s())
    return None if bpm is None or phase is None else BeatGrid(now_s, bpm, phase, 1.0)
