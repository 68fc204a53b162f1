"""Open stage pages: each gets the newest state, picture and pose, and every beat; each may turn the controls.

A slow page misses pictures, never holds up the show or another page.
"""

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from aiohttp import WSMsgType, web

from realtime.controls import Control
from realtime.stage.commands import LONGEST, CommandError, read_command, to_control
from realtime.stage.guard import Buckets, RefusedError
from realtime.webrtc.wire import PICTURE, to_json

PROTOCOL = "noverre.v1"
MOST_PAGES = 16
QUEUE = 200
"""Messages that may wait for a page: beats, columns, poses of a few seconds."""
LONGEST_DELAY_MS = 10_000
SEND_S = 5.0
"""A page that takes nothing for so long is closed."""


class Page:
    """One open web socket and what waits for it."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.place = 0
        """The performer whose picture, score and sound it shows."""
        self.missed = 0
        self._queue: deque[str | bytes] = deque()
        self._picture: bytes | None = None
        self._state: str | None = None
        self._news = asyncio.Event()

    def offer(self, message: str | bytes) -> None:
        """Queue a message; a picture replaces the one that waits."""
        if isinstance(message, bytes) and message[0] == PICTURE:
            self.missed += self._picture is not None
            self._picture = message
        else:
            self._queue.append(message)
            if len(self._queue) > QUEUE:
                self._queue.popleft()
                self.missed += 1
        self._news.set()

    def offer_state(self, text: str) -> None:
        """The newest state; an older one that waits is replaced."""
        self._state = text
        self._news.set()

    async def write(self) -> None:
        """Send what waits until the page is gone or takes nothing any more."""
        with contextlib.suppress(ConnectionError, TimeoutError, RuntimeError):
            while not self.socket.closed:
                await self._news.wait()
                self._news.clear()
                async with asyncio.timeout(SEND_S):
                    await self._write_waiting()
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.socket.close(), 1.0)

    async def _write_waiting(self) -> None:
        while self._queue:
            await self._send(self._queue.popleft())
        state, self._state = self._state, None
        if state is not None:
            await self.socket.send_str(state)
        picture, self._picture = self._picture, None
        if picture is not None:
            await self.socket.send_bytes(picture)

    async def _send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            await self.socket.send_str(message)
        else:
            await self.socket.send_bytes(message)


class Hub:
    """All open pages.

    Args:
        put: where controls go.
        origin_s: ``time.perf_counter`` second of show time 0.
        state: the newest state as JSON fields.
        places: how many performers there may be.
    """

    def __init__(
        self,
        put: Callable[[Control], None],
        origin_s: Callable[[], float],
        state: Callable[[], dict[str, Any]],
        places: int = 1,
    ) -> None:
        self._put, self._origin_s, self._state, self._places = put, origin_s, state, places
        self._pages: set[Page] = set()
        self.heard_ms: dict[int, float] = {}
        """For each place the delay a page has measured, from our send to its loudspeaker; smoothed."""
        self.on_heard: Callable[[int, float], None] = lambda place, delay_ms: None
        """Told ``heard_ms`` when it changes."""

    @property
    def pages(self) -> int:
        """How many pages are open."""
        return len(self._pages)

    def watching(self, place: int) -> int:
        """How many pages show a performer."""
        return sum(page.place == place for page in tuple(self._pages))

    def send(self, place: int, message: str | bytes) -> None:
        """To every page that shows this performer; in the event loop."""
        for page in self._pages:
            if page.place == place:
                page.offer(message)

    def publish_state(self) -> None:
        """Send everybody the newest state."""
        if self._pages:
            text = to_json(self._state())
            for page in self._pages:
                page.offer_state(text)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """One page, from its hello to its end."""
        if len(self._pages) >= MOST_PAGES:
            raise RefusedError(503, f"{MOST_PAGES} stage pages are open already", 10)
        socket = web.WebSocketResponse(
            protocols=(PROTOCOL,), heartbeat=10.0, max_msg_size=4 * LONGEST, compress=False, timeout=2.0
        )
        await socket.prepare(request)
        page = Page(socket)
        self._pages.add(page)
        writer = asyncio.create_task(page.write())
        page.offer_state(to_json(self._state()))
        try:
            await self._read(page)
        finally:
            self._pages.discard(page)
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)
        return socket

    async def _read(self, page: Page) -> None:
        rate = Buckets(burst=200, rate=100)
        async for message in page.socket:
            if message.type is not WSMsgType.TEXT:
                await page.socket.close(code=1003, message=b"text only")
                return
            try:
                rate.take("page")
                self._take(page, message.data)
            except RefusedError:
                await page.socket.close(code=1008, message=b"too many commands")
                return
            except CommandError as error:
                page.offer(to_json({"type": "refused", "reason": str(error)}))

    def _take(self, page: Page, text: str) -> None:
        fields = read_command(text)
        now_s = time.perf_counter()
        if fields["do"] == "ping":
            sent = fields.get("sent")
            sent = sent if isinstance(sent, int | float) else None  # what nests deeply is not sent back
            page.offer(to_json({"type": "pong", "sent": sent, "server_s": now_s}))
            return
        if fields["do"] == "watch":
            page.place = _whole(fields, "place", self._places)
            return
        if fields["do"] == "heard":
            self._hear(page.place, _whole(fields, "delay_ms", LONGEST_DELAY_MS))
            return
        if fields["do"] == "tap" and isinstance(fields.get("server_s"), int | float):
            fields["at_s"] = _show_time(fields["server_s"], self._origin_s())
        self._put(to_control(fields, now_s - self._origin_s()))

    def _hear(self, place: int, delay_ms: int) -> None:
        before = self.heard_ms.get(place, delay_ms)
        self.heard_ms[place] = 0.8 * before + 0.2 * delay_ms
        self.on_heard(place, self.heard_ms[place])


def _show_time(server_s: float, origin_s: float) -> float:
    """The show time of a server time.

    Raises:
        CommandError: a whole number beyond all times.
    """
    try:
        return server_s - origin_s
    except OverflowError as error:
        raise CommandError("a tap needs a server_s that is a time") from error


def _whole(fields: dict[str, Any], name: str, below: int) -> int:
    """A whole number of a command, from 0 to ``below`` - 1.

    Raises:
        CommandError: it is none.
    """
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < below:
        raise CommandError(f"{fields['do']} needs a {name} of 0..{below - 1}")
    return value
