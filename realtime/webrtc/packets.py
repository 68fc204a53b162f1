"""What is sent to everybody, and its form on the wire for one listener. Pure."""

from dataclasses import dataclass
from struct import pack

VP8_PAYLOAD = 1180
"""Bytes of a picture in one packet: fits an IPv6 path of 1,280 with SRTP and headers."""


@dataclass(frozen=True, slots=True)
class MediaPacket:
    """One access unit, encoded once: the payloads of its RTP packets and their common time stamp."""

    payloads: tuple[bytes, ...]
    timestamp: int
    """Media clock ticks (48 kHz sound, 90 kHz picture) from the stream's start."""
    keyframe: bool = True
    due_s: float = 0.0
    """``time.perf_counter`` second at which it should leave."""


def rtp_bytes(
    payload: bytes,
    *,
    payload_type: int,
    marker: bool,
    sequence: int,
    timestamp: int,
    ssrc: int,
    extension: bytes,
) -> bytes:
    """One RTP packet (RFC 3550, section 5.1); ``extension`` as ``mid_extension`` makes it, or empty."""
    first = 0x90 if extension else 0x80
    header = pack(
        "!BBHII",
        first,
        payload_type | (0x80 if marker else 0),
        sequence & 0xFFFF,
        timestamp & 0xFFFFFFFF,
        ssrc,
    )
    return header + extension + payload


def mid_extension(extension_id: int | None, mid: str) -> bytes:
    """A header extension that names the media section, one-byte form (RFC 8285, section 4.2)."""
    value = mid.encode()
    if extension_id is None or not 1 <= extension_id <= 14 or not 1 <= len(value) <= 16:
        return b""
    body = bytes([extension_id << 4 | len(value) - 1]) + value
    body += b"\0" * (-len(body) % 4)
    return pack("!HH", 0xBEDE, len(body) // 4) + body


def vp8_payloads(picture: bytes, picture_id: int) -> tuple[bytes, ...]:
    """A VP8 frame cut into RTP payloads (RFC 7741, section 4.2), with a 15-bit picture id."""
    tail = pack("!BH", 0x80, 0x8000 | picture_id & 0x7FFF)
    return tuple(
        (b"\x90" if start == 0 else b"\x80") + tail + picture[start : start + VP8_PAYLOAD]
        for start in range(0, len(picture), VP8_PAYLOAD)
    )
