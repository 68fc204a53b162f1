"""An RTP sender that encodes nothing: it puts its own header on packets that were encoded for all.

Replaces aiortc's sender, which encodes once a listener. Written against aiortc 1.16.
"""

import asyncio
import contextlib
import random
import time
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from aiortc import RTCRtpSender, clock
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpSendParameters
from aiortc.rtp import (
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
)

from realtime.webrtc.packets import MediaPacket, mid_extension, rtp_bytes

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
HISTORY = 256
"""Packets kept for retransmission: some seconds of picture."""


class Station(Protocol):
    """What a sender needs of the stream it forwards."""

    timestamp_origin: int

    def join(self, sender: "SharedSender") -> None:
        """Begin to receive packets."""

    def leave(self, sender: "SharedSender") -> None:
        """Receive no more."""

    def want_keyframe(self) -> None:
        """A listener cannot decode without a whole picture."""

    def timestamp_at(self, time_s: float) -> int:
        """Media clock of what is presented at a ``time.perf_counter`` second."""


@dataclass
class Reception:
    """What a listener reports about its line (RFC 3550, section 6.4)."""

    lost: int = 0
    jitter_ticks: int = 0
    round_trip_s: float | None = None


class SharedSender(RTCRtpSender):
    """One listener's share of a ``Station``."""

    def __init__(self, kind: str, transport: RTCDtlsTransport, station: Station) -> None:
        super().__init__(kind, transport)
        self.reception = Reception()
        self.packets_sent = 0
        self._octets_sent = 0
        self._station = station
        self._sequence = random.randrange(1 << 15)
        self._payload_type, self._extension, self._cname = 0, b"", ""
        self._history: deque[tuple[int, bytes]] = deque(maxlen=HISTORY if kind == "video" else 0)
        self._awaits_keyframe = kind == "video"
        self._reports: asyncio.Task[None] | None = None
        self._report_ntp, self._report_sent_s = 0, 0.0

    async def send(self, parameters: RTCRtpSendParameters) -> None:
        """Start: called by the peer connection once the line is encrypted."""
        if self._reports is not None:
            return
        ids = {extension.uri: extension.id for extension in parameters.headerExtensions}
        self._payload_type = parameters.codecs[0].payloadType or 0
        self._extension = mid_extension(ids.get(MID_URI), parameters.muxId)
        self._cname = parameters.rtcp.cname or ""
        self.transport._register_rtp_sender(self, parameters)
        self._reports = asyncio.create_task(self._report())
        self._station.join(self)

    async def stop(self) -> None:
        """Leave the station, say goodbye."""
        if self._reports is None:
            return
        self._station.leave(self)
        self.transport._unregister_rtp_sender(self)
        self._reports.cancel()
        await asyncio.gather(self._reports, return_exceptions=True)
        with contextlib.suppress(ConnectionError):
            await self.transport._send_rtp(bytes(RtcpByePacket(sources=[self._ssrc])))

    async def forward(self, packet: MediaPacket) -> None:
        """Send one packet to this listener. A broken line is the session's business, not ours."""
        if self._awaits_keyframe:
            if not packet.keyframe:
                return
            self._awaits_keyframe = False
        timestamp = self._station.timestamp_origin + packet.timestamp
        last = len(packet.payloads) - 1
        for index, payload in enumerate(packet.payloads):
            data = rtp_bytes(
                payload,
                payload_type=self._payload_type,
                marker=index == last and self.kind == "video",
                sequence=self._sequence,
                timestamp=timestamp,
                ssrc=self._ssrc,
                extension=self._extension,
            )
            self._history.append((self._sequence, data))
            self._sequence = (self._sequence + 1) & 0xFFFF
            self.packets_sent += 1
            self._octets_sent += len(payload)
            with contextlib.suppress(ConnectionError):
                await self.transport._send_rtp(data)

    async def _report(self) -> None:
        """Sender reports tie the media clock to the time of presentation, so that picture and sound meet."""
        while True:
            await asyncio.sleep(0.5 + random.random())
            self._report_sent_s = time.perf_counter()
            ntp = clock.current_ntp_time()
            self._report_ntp = ntp >> 16 & 0xFFFFFFFF
            timestamp = self._station.timestamp_origin + self._station.timestamp_at(self._report_sent_s)
            info = RtcpSenderInfo(
                ntp_timestamp=ntp,
                rtp_timestamp=timestamp & 0xFFFFFFFF,
                packet_count=self.packets_sent & 0xFFFFFFFF,
                octet_count=self._octets_sent & 0xFFFFFFFF,
            )
            name = RtcpSourceInfo(ssrc=self._ssrc, items=[(1, self._cname.encode())])
            report = bytes(RtcpSrPacket(ssrc=self._ssrc, sender_info=info))
            with contextlib.suppress(ConnectionError):
                await self.transport._send_rtp(report + bytes(RtcpSdesPacket(chunks=[name])))

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
            for report in packet.reports:
                if report.ssrc == self._ssrc:
                    self._take_report(report.packets_lost, report.jitter, report.lsr, report.dlsr)
        elif isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            await self._send_again(set(packet.lost))
        elif isinstance(packet, RtcpPsfbPacket) and packet.fmt in (RTCP_PSFB_PLI, RTCP_PSFB_FIR):
            self._station.want_keyframe()

    def _take_report(self, lost: int, jitter_ticks: int, last_report: int, since: int) -> None:
        self.reception.lost, self.reception.jitter_ticks = lost, jitter_ticks
        if last_report and last_report == self._report_ntp:
            round_trip_s = time.perf_counter() - self._report_sent_s - since / 65536
            self.reception.round_trip_s = max(0.0, round_trip_s)

    async def _send_again(self, lost: set[int]) -> None:
        for sequence, data in list(self._history):
            if sequence in lost:
                with contextlib.suppress(ConnectionError):
                    await self.transport._send_rtp(data)
