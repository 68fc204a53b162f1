"""A tiny writer of standard MIDI files. Knows notes, programs and tempo; nothing of the band's sound."""

import struct
from collections.abc import Iterable
from typing import NamedTuple

TICKS_PER_BEAT = 960
DRUM_CHANNEL = 9


class MidiEvent(NamedTuple):
    """A channel or meta message (status byte first) at an absolute tick."""

    tick: int
    message: bytes


def note(tick: int, ticks: int, channel: int, key: int, velocity: int) -> tuple[MidiEvent, MidiEvent]:
    """Note on and note off."""
    on = MidiEvent(tick, bytes((0x90 | channel, key, max(1, min(127, velocity)))))
    return on, MidiEvent(tick + max(1, ticks), bytes((0x80 | channel, key, 0)))


def program(tick: int, channel: int, number: int) -> MidiEvent:
    """Choose a General MIDI program, 0-based (on the drum channel: a kit)."""
    return MidiEvent(tick, bytes((0xC0 | channel, number)))


def tempo(tick: int, seconds_per_beat: float) -> MidiEvent:
    """The tempo from ``tick`` on, to the microsecond."""
    return MidiEvent(tick, b"\xff\x51\x03" + round(seconds_per_beat * 1e6).to_bytes(3, "big"))


def named(text: str) -> MidiEvent:
    """The track's name."""
    data = text.encode("ascii", "replace")
    return MidiEvent(0, b"\xff\x03" + variable_length(len(data)) + data)


def variable_length(value: int) -> bytes:
    """MIDI's variable-length quantity."""
    out = [value & 0x7F]
    while value := value >> 7:
        out.append(0x80 | (value & 0x7F))
    return bytes(reversed(out))


def track(events: Iterable[MidiEvent]) -> bytes:
    """One track chunk; note-offs come before note-ons of the same tick, meta and program first."""
    order = {0xF: 0, 0xC: 1, 0x8: 2, 0x9: 3}
    body = b""
    last = 0
    for event in sorted(events, key=lambda e: (e.tick, order[e.message[0] >> 4])):
        body += variable_length(event.tick - last) + event.message
        last = event.tick
    body += b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(body)) + body


def midi_file(tracks: Iterable[Iterable[MidiEvent]], ticks_per_beat: int = TICKS_PER_BEAT) -> bytes:
    """A format 1 file."""
    chunks = [track(events) for events in tracks]
    return b"MThd" + struct.pack(">IHHH", 6, 1, len(chunks), ticks_per_beat) + b"".join(chunks)
