"""Peer connections as this stage wants them: no servers on the internet, chosen addresses, shared senders.

Written against aiortc 1.16 and aioice 0.13; the few private names it needs are all in this file.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from aiortc import (
    RTCBundlePolicy,
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.codecs import get_capabilities
from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtp import RtpPacket

from realtime.webrtc.offers import Offer, OfferError
from realtime.webrtc.sender import SharedSender, Station

OPUS_PARAMETERS = "stereo=1;sprop-stereo=1;minptime=10;useinbandfec=0"


def new_peer() -> RTCPeerConnection:
    """A connection that asks no server for its address."""
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))


def _prefer(transceiver: RTCRtpTransceiver, *names: str) -> None:
    known = get_capabilities(transceiver.kind).codecs
    transceiver.setCodecPreferences([codec for codec in known if codec.mimeType.lower() in names])


def share(transceiver: RTCRtpTransceiver, station: Station) -> SharedSender:
    """Let a transceiver forward what ``station`` has encoded, instead of encoding itself."""
    old = transceiver.sender
    sender = SharedSender(transceiver.kind, old.transport, station)
    sender._stream_id = old._stream_id
    transceiver.receiver._set_rtcp_ssrc(sender._ssrc)
    transceiver._RTCRtpTransceiver__sender = sender  # type: ignore[attr-defined]
    return sender


def add_shared(peer: RTCPeerConnection, kind: str, station: Station) -> SharedSender:
    """Offer to send what ``station`` has encoded."""
    transceiver = peer.addTransceiver(kind, direction="sendonly")
    _prefer(transceiver, "audio/opus" if kind == "audio" else "video/vp8")
    return share(transceiver, station)


def expect_video(peer: RTCPeerConnection) -> RTCRtpTransceiver:
    """Be ready to receive a performer's camera, and hand on each picture as soon as it is complete."""
    transceiver = peer.addTransceiver("video", direction="recvonly")
    _prefer(transceiver, "video/vp8", "video/h264", "video/rtx")
    receiver: Any = transceiver.receiver
    receiver._RTCRtpReceiver__jitter_buffer = PromptBuffer(capacity=512, is_video=True)
    return transceiver


def refuse(peer: RTCPeerConnection, kind: str) -> None:
    """Accept a media section but let nothing flow in it."""
    peer.addTransceiver(kind, direction="inactive")


async def answer(peer: RTCPeerConnection, offer: Offer, addresses: Sequence[str]) -> str:
    """The SDP answer, with all candidates in it.

    Raises:
        OfferError: 406 if no codec is shared, 400 if the offer is inconsistent.
    """
    try:
        await peer.setRemoteDescription(RTCSessionDescription(offer.text, "offer"))
        _use_addresses(peer, addresses)
        _let_them_begin(peer)
        await peer.setLocalDescription(_with_stereo(await peer.createAnswer()))
    except Exception as error:
        if type(error).__name__ == "OperationError":
            raise OfferError(
                406, "no codec is shared: offer Opus for sound, VP8 or H.264 for video"
            ) from error
        raise OfferError(400, f"the offer cannot be answered: {error or type(error).__name__}") from error
    return one_fingerprint(peer.localDescription.sdp)


def one_fingerprint(text: str) -> str:
    """A description with SHA-256 fingerprints only; Janus and GStreamer trip over aiortc's further ones."""
    lines = [line for line in text.splitlines() if not re.match("a=fingerprint:sha-(384|512)", line)]
    return "\r\n".join(lines) + "\r\n"


async def offer_text(peer: RTCPeerConnection, addresses: Sequence[str] | None) -> str:
    """An SDP offer with all candidates in it; ``addresses`` None means all of this machine's."""
    if addresses is not None:
        _use_addresses(peer, addresses)
    await peer.setLocalDescription(_with_stereo(await peer.createOffer()))
    return one_fingerprint(peer.localDescription.sdp)


def _with_stereo(description: RTCSessionDescription) -> RTCSessionDescription:
    """The description with music's parameters for Opus; aiortc's codecs are shared and left alone."""
    lines = []
    for line in description.sdp.splitlines():
        lines.append(line)
        if found := re.match(r"a=rtpmap:(\d+) opus/48000/2$", line):
            lines.append(f"a=fmtp:{found[1]} {OPUS_PARAMETERS}")
    return RTCSessionDescription("\r\n".join(lines) + "\r\n", description.type)


def _transports(peer: RTCPeerConnection) -> set[RTCDtlsTransport]:
    transports = {transceiver.receiver.transport for transceiver in peer.getTransceivers()}
    return transports | ({peer.sctp.transport} if peer.sctp is not None else set())


def _let_them_begin(peer: RTCPeerConnection) -> None:
    """Answer ``a=setup:passive`` where the offer leaves the choice: GStreamer 1.22 cannot be called by us."""
    for transport in _transports(peer):
        if transport._role == "auto":
            transport._set_role("server")


def _use_addresses(peer: RTCPeerConnection, addresses: Sequence[str]) -> None:
    """Gather host candidates on these addresses alone (aioice knows no such option)."""
    for transport in _transports(peer):
        _gather_on(transport.transport.iceGatherer._connection, list(addresses))


def _gather_on(connection: Any, own: list[str]) -> None:
    gather = connection.get_component_candidates

    async def chosen(component: int, addresses: Any) -> Any:
        return await gather(component=component, addresses=own)

    connection.get_component_candidates = chosen


def packets_received(peer: RTCPeerConnection) -> int:
    """Datagrams that came from the peer so far: a peer that vanished sends none."""
    return sum(report.packetsReceived for t in _transports(peer) for report in t._get_stats().values())


class PromptBuffer(JitterBuffer):
    """Gives out a picture at its last packet; aiortc's own waits for the next picture to begin."""

    def _remove_frame(self, sequence_number: int) -> JitterFrame | None:
        frame = super()._remove_frame(sequence_number)
        return frame if frame is not None else self._whole_frame()

    def _whole_frame(self) -> JitterFrame | None:
        packets: list[RtpPacket] = []
        for count in range(self._capacity):
            packet = self._packets[((self._origin or 0) + count) % self._capacity]
            if packet is None or (packets and packet.timestamp != packets[0].timestamp):
                return None
            packets.append(packet)
            if packet.marker:
                data = b"".join(vars(piece)["_data"] for piece in packets)
                self.remove(len(packets))
                return JitterFrame(data, packet.timestamp)
        return None


def ice_credentials(text: str) -> Mapping[str, str]:
    """``ice-ufrag`` and ``ice-pwd`` of a description."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, colon, value = line.removeprefix("a=").partition(":")
        if colon and name in ("ice-ufrag", "ice-pwd"):
            found.setdefault(name, value)
    return found
