"""OSC messages and bundles to bytes and back. Knows nothing of sockets, targets or what a beat is.

python-osc writes; of its types only the four that every receiver must know (``i f s b``). Reading is our
own, for the bytes come from strangers: python-osc skips what it does not know and raises what it likes,
here whatever is not OSC 1.0 (opensoundcontrol.stanford.edu) raises ``OscError`` with a short fixed reason,
so that a thousand different broken packets give a handful of different reasons.
"""

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pythonosc.osc_message_builder import BuildError, OscMessageBuilder

Arg = int | float | str | bytes | bool | None

IMMEDIATELY = 1
"""The time tag that means "now"."""

MAX_UDP_BYTES = 65_507
MAX_DEPTH = 8
"""Bundles nested deeper than this are refused."""

UNIX_TO_NTP_S = 2_208_988_800
"""Seconds from 1900-01-01, where NTP counts from, to 1970-01-01."""

BUNDLE = b"#bundle\0"
_UINT32, _INT64, _FLOAT, _DOUBLE = (struct.Struct(code) for code in (">I", ">q", ">f", ">d"))
_INT32, _UINT64 = struct.Struct(">i"), struct.Struct(">Q")


class OscError(ValueError):
    """A value that cannot be sent as OSC, or bytes that are not OSC. The message is one reason."""


@dataclass(frozen=True, slots=True)
class Message:
    """One OSC message: an address such as ``/noverre/beat`` and its arguments."""

    address: str
    args: tuple[Arg, ...] = ()


def time_tag(unix_s: float) -> int:
    """NTP time tag (32.32 fixed point) of a Unix time in seconds."""
    seconds, fraction = divmod(unix_s, 1.0)
    return (int(seconds) + UNIX_TO_NTP_S) << 32 | int(fraction * 2**32)


def unix_s(tag: int) -> float:
    """Unix time in seconds of an NTP time tag."""
    return (tag >> 32) - UNIX_TO_NTP_S + (tag & 0xFFFFFFFF) / 2**32


def encode(message: Message) -> bytes:
    """The packet of one message.

    Raises:
        OscError: an address that is no OSC address, an integer beyond 32 bits, a float that is not
            finite, or an empty blob, or an argument of another type than int, float, str, bytes.
    """
    if not message.address.startswith("/"):
        raise OscError(f"an OSC address starts with '/': {message.address!r}")
    builder = OscMessageBuilder(_plain(message.address))
    for arg in message.args:
        builder.add_arg(*_typed(arg))
    try:
        return builder.build().dgram
    except (BuildError, OverflowError) as error:
        raise OscError("a number is too large for 32 bits") from error


def encode_bundle(packets: Sequence[bytes], tag: int = IMMEDIATELY) -> bytes:
    """A bundle of encoded messages (or bundles) that belong at time ``tag``."""
    parts = [BUNDLE, _UINT64.pack(tag)]
    for packet in packets:
        parts += (_UINT32.pack(len(packet)), packet)
    return b"".join(parts)


def _typed(arg: Arg) -> tuple[int | float | str | bytes, str]:
    """An argument with its OSC 1.0 type tag, checked: python-osc would send what receivers cannot read."""
    if isinstance(arg, bool | int):
        if not -(2**31) <= arg < 2**31:
            raise OscError("a number is too large for 32 bits")
        return int(arg), "i"
    if isinstance(arg, float):
        if not math.isfinite(arg):
            raise OscError("a float argument is not finite")
        return arg, "f"
    if isinstance(arg, str):
        return _plain(arg), "s"
    if isinstance(arg, bytes) and not arg:
        raise OscError("an empty blob cannot be sent")
    if isinstance(arg, bytes):
        return arg, "b"
    raise OscError(f"OSC 1.0 has no type for {type(arg).__name__}")


def _plain(text: str) -> str:
    """OSC strings are ASCII and end at the first NUL: other characters become ``?``."""
    return text.replace("\0", "?").encode("ascii", "replace").decode("ascii")


def decode(packet: bytes) -> list[tuple[int, Message]]:
    """The messages in a packet, each with the time tag of the bundle it came in.

    Raises:
        OscError: the packet is not OSC; the reason is one of a fixed few.
    """
    return list(_walk(packet, IMMEDIATELY, 0))


def _walk(packet: bytes, tag: int, depth: int) -> Iterator[tuple[int, Message]]:
    if len(packet) % 4 or not packet:
        raise OscError("length is not a multiple of four")
    if not packet.startswith(BUNDLE):
        yield tag, _decode_message(packet)
        return
    if depth == MAX_DEPTH:
        raise OscError("bundles are nested too deep")
    if len(packet) < 16:
        raise OscError("bundle without a time tag")
    (inner_tag,) = _UINT64.unpack_from(packet, 8)
    at = 16
    while at < len(packet):
        size, at = _read(_UINT32, packet, at)
        if at + size > len(packet):
            raise OscError("packet ends too early")
        yield from _walk(packet[at : at + size], inner_tag, depth + 1)
        at += size


def _decode_message(packet: bytes) -> Message:
    if packet[0:1] != b"/":
        raise OscError("neither an address nor a bundle")
    address, at = _read_string(packet, 0)
    if at == len(packet):  # old senders leave the type tags out when there is nothing to tag
        return Message(address)
    tags, at = _read_string(packet, at)
    if not tags.startswith(","):
        raise OscError("no type tags")
    args: list[Arg] = []
    for tag in tags[1:]:
        if tag not in "[]":  # arrays are read flat
            arg, at = _read_arg(tag, packet, at)
            args.append(arg)
    if at != len(packet):
        raise OscError("bytes after the last argument")
    return Message(address, tuple(args))


_FIXED = {"i": _INT32, "f": _FLOAT, "h": _INT64, "d": _DOUBLE, "t": _UINT64, "r": _UINT32, "m": _UINT32}
_CONSTANTS: dict[str, Arg] = {"T": True, "F": False, "N": None, "I": math.inf}


def _read_arg(tag: str, packet: bytes, at: int) -> tuple[Arg, int]:
    if tag in _FIXED:
        return _read(_FIXED[tag], packet, at)
    if tag in _CONSTANTS:
        return _CONSTANTS[tag], at
    if tag in "sS":
        return _read_string(packet, at)
    if tag == "c":
        code, at = _read(_UINT32, packet, at)
        return chr(code & 0x7F), at
    if tag == "b":
        size, at = _read(_UINT32, packet, at)
        if at + size > len(packet):
            raise OscError("packet ends too early")
        return packet[at : at + size], at + size + -size % 4
    raise OscError("unknown type tag")


def _read(form: struct.Struct, packet: bytes, at: int) -> tuple[int, int]:
    if at + form.size > len(packet):
        raise OscError("packet ends too early")
    return form.unpack_from(packet, at)[0], at + form.size


def _read_string(packet: bytes, at: int) -> tuple[str, int]:
    end = packet.find(b"\0", at)
    if end < 0:
        raise OscError("string without an end")
    try:
        return packet[at:end].decode("ascii"), end + 4 - (end - at) % 4
    except UnicodeDecodeError as error:
        raise OscError("string is not ASCII") from error
