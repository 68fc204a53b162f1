"""Listeners in a process of their own: ``python -m tests.realtime.stage.whep_clients URL COUNT SECONDS``.

Real aiortc peers on loopback. Each notes for every RTP packet of sound when the kernel had it and when it
was decrypted; the first also decodes and keeps its sound. Prints one JSON object.
"""

import asyncio
import base64
import functools
import json
import socket
import struct
import sys
import time
from typing import Any

import aiohttp
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from tests.realtime.webrtc.namespace import only_loopback

SO_TIMESTAMPNS = 35
"""Linux: the kernel notes when it received a datagram, on the wall clock."""
GAP_S = 0.06


class Listener:
    """One WHEP session."""

    def __init__(self, decodes: bool, picture: bool) -> None:
        self.decodes, self.picture = decodes, picture
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.arrivals: list[tuple[float, int, int]] = []
        """``time.perf_counter`` second, sequence number, time stamp of packets as they were decrypted."""
        self.on_wire: list[tuple[float, int]] = []
        """The kernel's second and the sequence number of every packet of sound."""
        self.pictures = 0
        self.messages: list[dict[str, Any]] = []
        self.sound: list[np.ndarray] = []
        self.first_pts_rtp: int | None = None
        self.asked_s = 0.0
        self.error = ""

    async def join(self, http: aiohttp.ClientSession, url: str) -> None:
        self.asked_s = time.perf_counter()
        receiver = self.peer.addTransceiver("audio", direction="recvonly").receiver
        if self.picture:
            self.peer.addTransceiver("video", direction="recvonly")
        self.peer.createDataChannel("noverre").on("message", self._on_message)
        self.peer.on("track", self._on_track)
        self._tap(receiver)
        await self.peer.setLocalDescription(await self.peer.createOffer())
        self._note_kernel_times(receiver)
        while True:
            headers = {"Content-Type": "application/sdp"}
            async with http.post(url, data=self.peer.localDescription.sdp, headers=headers) as answer:
                text = await answer.text()
                if answer.status == 201:
                    break
                if answer.status != 429:
                    raise RuntimeError(f"{answer.status} {text}")
            await asyncio.sleep(int(answer.headers["Retry-After"]))
        await self.peer.setRemoteDescription(RTCSessionDescription(text, "answer"))

    def _tap(self, receiver: Any) -> None:
        handle = receiver._handle_rtp_packet

        async def tapped(packet: Any, arrival_time_ms: int) -> None:
            self.arrivals.append((time.perf_counter(), packet.sequence_number, packet.timestamp))
            if self.decodes:
                await handle(packet, arrival_time_ms=arrival_time_ms)

        receiver._handle_rtp_packet = tapped

    def _note_kernel_times(self, receiver: Any) -> None:
        """Read the sockets with ``recvmsg``, which tells when the kernel had each datagram."""
        loop = asyncio.get_running_loop()
        for protocol in receiver.transport.transport.iceGatherer._connection._protocols:
            sock = protocol.transport._sock
            sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            loop._remove_reader(sock.fileno())  # asyncio's own
            loop._add_reader(sock.fileno(), self._read, sock, protocol)

    def _read(self, sock: socket.socket, protocol: Any) -> None:
        while True:
            try:
                data, notes, _, address = sock.recvmsg(2048, 64)
            except OSError:
                return
            self._note(data, notes)
            protocol.datagram_received(data, address)

    def _note(self, data: bytes, notes: list[tuple[int, int, bytes]]) -> None:
        """The header of an SRTP packet is not encrypted; types 64 to 95 are RTCP (RFC 5761)."""
        is_rtp = len(data) > 12 and data[0] >> 6 == 2 and not 64 <= data[1] & 127 < 96
        if not is_rtp or data[1] & 127 != self._sound_type:
            return
        for _, kind, value in notes:
            if kind == SO_TIMESTAMPNS:
                seconds, nanoseconds = struct.unpack("qq", value)
                self.on_wire.append((seconds + nanoseconds * 1e-9, int.from_bytes(data[2:4])))

    @functools.cached_property
    def _sound_type(self) -> int:
        """The payload type of Opus in our own offer."""
        for line in self.peer.localDescription.sdp.splitlines():
            if line.startswith("a=rtpmap:") and "opus/48000" in line:
                return int(line.removeprefix("a=rtpmap:").split()[0])
        return -1

    def _on_message(self, text: str) -> None:
        self.messages.append({**json.loads(text), "got_s": time.perf_counter()})

    def _on_track(self, track: Any) -> None:
        if track.kind == "video" or self.decodes:
            self.task = asyncio.ensure_future(self._take(track))

    async def _take(self, track: Any) -> None:
        try:
            while True:
                frame = await track.recv()
                if track.kind == "video":
                    self.pictures += 1
                else:
                    self.sound.append(frame.to_ndarray().reshape(-1, 2)[:, 0].copy())
        except Exception:
            return

    def report(self) -> dict[str, Any]:
        times = np.array([arrival for arrival, _, _ in self.arrivals])
        sequence = np.array([number for _, number, _ in self.arrivals])
        stamps = np.array([stamp for _, _, stamp in self.arrivals], np.int64)
        if len(times) < 2:
            return {"packets": len(times), "error": self.error or "no sound"}
        return {
            "packets": len(times),
            "joined_s": float(times[0] - self.asked_s),
            "lost": int(np.sum((np.diff(sequence) % 65536) - 1)),
            **gaps("read", times + time.time() - time.perf_counter()),
            **gaps("wire", np.array([arrival for arrival, _ in self.on_wire])),
            "steps": sorted({int(step) for step in np.diff(stamps) % 2**32}),
            "pictures": self.pictures,
            "beats": sum(message["type"] == "beat" for message in self.messages),
        }


def gaps(name: str, times_s: np.ndarray) -> dict[str, Any]:
    """Holes above 60 ms in the arrival of packets, ``[when it ended, length]`` each, on the wall clock, s."""
    steps_s = np.diff(times_s) if len(times_s) > 1 else np.full(1, np.inf)
    found = np.flatnonzero(steps_s > GAP_S)
    return {
        f"{name}_gaps": len(found),
        f"{name}_holes": [[float(times_s[index + 1]), float(steps_s[index])] for index in found],
        f"{name}_worst_ms": 1000 * float(steps_s.max()),
    }


async def main(url: str, count: int, seconds: float, picture: bool) -> None:
    listeners = [Listener(index == 0, picture) for index in range(count)]
    async with aiohttp.ClientSession() as http:
        for listener in listeners:
            try:
                await listener.join(http, url)
            except Exception as error:
                listener.error = repr(error)
        await asyncio.sleep(seconds)
        reports = [listener.report() for listener in listeners]
        first = listeners[0]
        sound = np.concatenate(first.sound) if first.sound else np.zeros(0, np.int16)
        result = {
            "listeners": reports,
            "messages": first.messages,
            "arrivals": first.arrivals,
            "first_rtp": first.arrivals[0][2] if first.arrivals else None,
            "sound": base64.b64encode(sound.astype("<i2").tobytes()).decode(),
        }
        await asyncio.gather(*(listener.peer.close() for listener in listeners))
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    only_loopback()
    address, count, seconds = sys.argv[1:4]
    asyncio.run(main(address, int(count), float(seconds), "picture" in sys.argv[4:]))
