"""Listeners as their own program: ``python -m realtime.soak.listener URL COUNT``, until its input ends.

Real aiortc peers that receive, decrypt and decode the show's sound over WHEP, on this machine only. Prints
one JSON object: packets, losses, and every gap, with its time on the clock all processes share.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from typing import Any

import aiohttp
import aioice.ice
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

GAP_S = 0.06
"""Three packets of 20 ms: a browser's buffer bridges that."""
MOST_GAPS = 10_000
JOIN_S = 60.0


@dataclass
class Received:
    """What one listener got."""

    packets: int = 0
    lost: int = 0
    frames: int = 0
    """Decoded, 20 ms each."""
    beats: int = 0
    joined_s: float = 0.0
    gaps: list[tuple[float, float]] = field(default_factory=list)
    """Wall time at the end of a gap, its length."""
    error: str = ""


class Listener:
    """One WHEP session."""

    def __init__(self) -> None:
        self.got = Received()
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._last_s, self._last_number = 0.0, -1

    async def join(self, http: aiohttp.ClientSession, url: str) -> None:
        """Negotiate; waits where it is told to."""
        asked_s = time.perf_counter()
        receiver = self.peer.addTransceiver("audio", direction="recvonly").receiver
        self.peer.createDataChannel("noverre").on("message", self._on_message)
        self.peer.on("track", lambda track: asyncio.ensure_future(self._take(track)))
        self._tap(receiver, asked_s)
        await self.peer.setLocalDescription(await self.peer.createOffer())
        offer = self.peer.localDescription.sdp
        while True:
            async with http.post(url, data=offer, headers={"Content-Type": "application/sdp"}) as answer:
                text = await answer.text()
                if answer.status == 201:
                    break
                if answer.status not in (429, 503) or time.perf_counter() - asked_s > JOIN_S:
                    raise RuntimeError(f"{answer.status} {text}")
            await asyncio.sleep(float(answer.headers.get("Retry-After", 1)))
        await self.peer.setRemoteDescription(RTCSessionDescription(text, "answer"))

    def _tap(self, receiver: Any, asked_s: float) -> None:
        handle = receiver._handle_rtp_packet

        async def tapped(packet: Any, arrival_time_ms: int) -> None:
            self._note(packet.sequence_number, time.perf_counter(), asked_s)
            await handle(packet, arrival_time_ms=arrival_time_ms)

        receiver._handle_rtp_packet = tapped

    def _note(self, number: int, now_s: float, asked_s: float) -> None:
        got = self.got
        if got.packets == 0:
            got.joined_s = now_s - asked_s
        else:
            got.lost += max(0, (number - self._last_number) % 65536 - 1)
            if now_s - self._last_s > GAP_S and len(got.gaps) < MOST_GAPS:
                got.gaps.append((now_s, now_s - self._last_s))
        got.packets += 1
        self._last_s, self._last_number = now_s, number

    def _on_message(self, text: str) -> None:
        self.got.beats += json.loads(text).get("type") == "beat"

    async def _take(self, track: Any) -> None:
        with contextlib.suppress(MediaStreamError):
            while True:
                await track.recv()
                self.got.frames += 1


async def listen(url: str, count: int) -> list[Received]:
    """Join ``count`` times, listen until standard input ends."""
    listeners = [Listener() for _ in range(count)]
    async with aiohttp.ClientSession() as http:
        for one in listeners:
            try:
                await one.join(http, url)
            except Exception as error:
                one.got.error = f"{type(error).__name__}: {error}"
        await asyncio.to_thread(sys.stdin.read)
        reports = [one.got for one in listeners]
        for one in listeners:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(one.peer.close(), 2.0)
    return reports


def main(url: str, count: int) -> None:
    """As another machine would: no packet leaves this one, and the show's priority is not inherited."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, 0)
    json.dump([asdict(one) for one in asyncio.run(listen(url, count))], sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
