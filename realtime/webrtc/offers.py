"""Judging an SDP offer before a peer connection sees it. Pure text in, text or a reason out.

Nothing an offer says makes this machine send a packet anywhere: candidates are taken out of it, and
the peer is found by the connectivity checks that it sends itself, with the right password.
"""

import re
from dataclasses import dataclass

from aiortc import sdp

MOST_SECTIONS = 4
_CANDIDATE = re.compile(r"^a=(candidate:|end-of-candidates)")


class OfferError(ValueError):
    """An offer that is not answered; ``status`` is the HTTP status that says why."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


@dataclass(frozen=True)
class Offer:
    """What is asked for, and the offer without its candidates."""

    text: str
    kinds: tuple[str, ...]
    """Media sections, in order: audio, video, application."""


def read_offer(body: bytes, sends: bool) -> Offer:
    """Check an offer.

    Args:
        body: the request's body.
        sends: True for a performer (who sends media), False for a listener (who receives it).

    Raises:
        OfferError: 400 for what is no SDP, 406 for SDP that cannot be served here.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise OfferError(400, "the body is not text; send the SDP offer") from error
    if not text.startswith("v=0"):
        raise OfferError(400, "the body is not SDP; it begins with v=0")
    lines = [line for line in text.replace("\r\n", "\n").split("\n") if not _CANDIDATE.match(line)]
    text = "\r\n".join(line for line in lines if line) + "\r\n"
    try:
        description = sdp.SessionDescription.parse(text)
    except Exception as error:  # the parser raises whatever a malformed line makes it trip over
        raise OfferError(400, f"the SDP cannot be read: {type(error).__name__}") from error
    _check(description, sends)
    return Offer(text, tuple(media.kind for media in description.media))


def _check(description: sdp.SessionDescription, sends: bool) -> None:
    media = description.media
    if not media:
        raise OfferError(406, "the offer has no media section")
    if len(media) > MOST_SECTIONS:
        raise OfferError(
            406, f"the offer has {len(media)} media sections; at most {MOST_SECTIONS} are served"
        )
    kinds = [section.kind for section in media]
    if any(kind not in ("audio", "video", "application") for kind in kinds):
        raise OfferError(406, "only audio, video and a data channel are served")
    if len(set(kinds)) != len(kinds):
        raise OfferError(406, "one section each of audio, video and data channel is served")
    for section in media:
        if section.ice is None or not section.ice.usernameFragment or not section.ice.password:
            raise OfferError(400, "the offer lacks ICE credentials")
        if section.dtls is None or not section.dtls.fingerprints:
            raise OfferError(400, "the offer lacks a DTLS fingerprint")
        if not section.rtp.muxId:
            raise OfferError(406, "media sections need a=mid; use BUNDLE")
        if section.kind != "application" and not section.rtcp_mux:
            raise OfferError(406, "media sections need a=rtcp-mux")
    if len(media) > 1 and not any(group.semantic == "BUNDLE" for group in description.group):
        raise OfferError(406, "several media sections need a=group:BUNDLE")
    _check_direction(media, sends)


def _check_direction(media: list[sdp.MediaDescription], sends: bool) -> None:
    allowed = ("sendonly", "sendrecv", None) if sends else ("recvonly", "sendrecv", None)
    if sends and not any(section.kind == "video" for section in media):
        raise OfferError(406, "a performer sends video; the offer has none")
    for section in media:
        if section.kind != "application" and section.direction not in (*allowed, "inactive"):
            asked = "sendonly" if sends else "recvonly"
            raise OfferError(406, f"the {section.kind} section must be {asked}, not {section.direction}")


def read_fragment(body: bytes) -> tuple[str | None, str | None]:
    """ICE user name and password of a trickled SDP fragment (RFC 8840); None where it has none.

    Raises:
        OfferError: 400 if it is no fragment.
    """
    try:
        lines = body.decode("utf-8").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise OfferError(400, "the body is not text; send an SDP fragment") from error
    if not any(line.startswith("a=") for line in lines):
        raise OfferError(400, "the body is not an SDP fragment")
    values = dict(line[2:].split(":", 1) for line in lines if line.startswith("a=ice-") and ":" in line)
    return values.get("ice-ufrag"), values.get("ice-pwd")
