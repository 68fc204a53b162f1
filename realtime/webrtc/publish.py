"""Sending the show once, by WHIP, to a media server that serves the many. Comes back after every failure."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import urljoin, urlsplit

import aiohttp
from aiortc import RTCPeerConnection, RTCSessionDescription

from realtime.webrtc.addresses import is_loopback
from realtime.webrtc.fanout import Fanout
from realtime.webrtc.peer import add_shared, new_peer, offer_text, packets_received

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
ANSWER_S = 10.0
CONNECT_S = 15.0
SILENCE_S = 12.0
LARGEST_ANSWER = 64 * 1024


class Streams(Protocol):
    """What is published."""

    sound: Fanout
    picture: Fanout


class PublishError(Exception):
    """The media server refused, or cannot be reached."""


class Publisher:
    """Keeps one WHIP session alive.

    Args:
        url: the WHIP endpoint.
        token: sent as Bearer token; None sends none.
        streams: sound and picture.
        say: told once that the media server cannot be reached, and when it is.
    """

    def __init__(
        self, url: str, token: str | None, streams: Streams, say: Callable[[str], None] = print
    ) -> None:
        self.url = url
        self.state = "waiting"
        self.reason = ""
        self.connects = 0
        self._streams, self._say = streams, say
        self._reached: bool | None = None
        """What the performer was told last."""
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._wait_s = FIRST_WAIT_S

    def report(self) -> dict[str, Any]:
        """For the page."""
        return {"url": self.url, "state": self.state, "reason": self.reason, "connects": self.connects}

    async def run(self) -> None:
        """Publish until cancelled; wait a little longer after every failure, never in step with others."""
        async with aiohttp.ClientSession(headers=self._headers) as http:
            while True:
                try:
                    await self._publish(http)
                    self.reason = "the media server ended the session"
                except Exception as error:  # aiortc meets a stranger's answer in its own ways
                    self.reason = str(error) or type(error).__name__
                self.state = "waiting"
                self._tell(False, f"The show is not published: {self.reason}. It is tried again and again.")
                await asyncio.sleep(self._wait_s * (0.75 + 0.5 * random.random()))
                self._wait_s = min(LONGEST_WAIT_S, 2 * self._wait_s)

    def _tell(self, reached: bool, text: str) -> None:
        if reached is not self._reached:
            self._reached = reached
            self._say(text)

    async def _publish(self, http: aiohttp.ClientSession) -> None:
        self.state = "connecting"
        peer, location = new_peer(), None
        try:
            add_shared(peer, "audio", self._streams.sound)
            add_shared(peer, "video", self._streams.picture)
            location, text = await self._offer(http, peer)
            await peer.setRemoteDescription(RTCSessionDescription(without_mdns(text), "answer"))
            await self._until_over(peer)
        finally:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(peer.close(), 5.0)
            if location is not None:
                with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                    async with asyncio.timeout(2.0), http.delete(location):
                        pass

    async def _offer(self, http: aiohttp.ClientSession, peer: RTCPeerConnection) -> tuple[str, str]:
        """The session's address, which will be deleted in the end, and the answer."""
        host = urlsplit(self.url).hostname or ""
        text = await offer_text(peer, ["127.0.0.1"] if is_loopback(host) else None)
        async with (
            asyncio.timeout(ANSWER_S),
            http.post(self.url, data=text, headers={"Content-Type": "application/sdp"}) as response,
        ):
            body = (await response.content.read(LARGEST_ANSWER)).decode("utf-8", "replace")
            if response.status != 201:
                raise PublishError(f"{self.url} answered {response.status}: {body[:120]!r}")
            return urljoin(str(response.url), response.headers.get("Location", "")), body

    async def _until_over(self, peer: RTCPeerConnection) -> None:
        deadline = asyncio.get_running_loop().time() + CONNECT_S
        while peer.connectionState != "connected":
            if peer.connectionState in ("failed", "closed") or asyncio.get_running_loop().time() > deadline:
                raise PublishError("the media server's answer led to no connection")
            await asyncio.sleep(0.05)
        self.state, self.reason, self._wait_s = "publishing", "", FIRST_WAIT_S
        self.connects += 1
        self._tell(True, f"The show is published by {urlsplit(self.url).hostname}.")
        packets, silent_s = -1, 0.0
        while peer.connectionState == "connected" and silent_s < SILENCE_S:
            await asyncio.sleep(0.5)
            now = packets_received(peer)
            silent_s = 0.0 if now != packets else silent_s + 0.5
            packets = now


def without_mdns(text: str) -> str:
    """A description without candidates whose addresses would have to be asked for by multicast."""
    lines = [
        line for line in text.splitlines() if not (line.startswith("a=candidate:") and ".local " in line)
    ]
    return "\r\n".join(lines) + "\r\n"
