"""Who is connected: WHIP and WHEP sessions, their limits, and the end of those that vanished."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from aiortc import RTCPeerConnection

from realtime.webrtc.peer import packets_received

CONNECT_S = 15.0
"""A session that is not connected by then is closed."""
SILENCE_S = 12.0
"""A peer from which no datagram came for so long has vanished; receivers report at least every 5 s."""


@dataclass(eq=False)
class Session:
    """One peer connection and its address on the web."""

    peer: RTCPeerConnection
    kind: str
    """``whip`` or ``whep``."""
    remote: str
    id: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    etag: str = field(default_factory=lambda: f'"{secrets.token_urlsafe(9)}"')
    offer_credentials: dict[str, str] = field(default_factory=dict)
    started_s: float = field(default_factory=time.monotonic)
    heard_s: float = field(default_factory=time.monotonic)
    packets: int = 0
    ended: list[Callable[[], None]] = field(default_factory=list)

    @property
    def connected(self) -> bool:
        """Whether media flows."""
        return bool(self.peer.connectionState == "connected")


class SessionsFullError(Exception):
    """No further session of this kind is admitted."""


class Sessions:
    """The table of sessions, all in one event loop.

    Args:
        limits: most sessions of each kind, connected or connecting.
    """

    def __init__(self, limits: dict[str, int]) -> None:
        self.limits = limits
        self._sessions: dict[str, Session] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def count(self, kind: str) -> int:
        """Sessions of a kind."""
        return sum(session.kind == kind for session in self._sessions.values())

    def all(self, kind: str) -> list[Session]:
        """Sessions of a kind, oldest first."""
        return [session for session in self._sessions.values() if session.kind == kind]

    def get(self, kind: str, session_id: str) -> Session | None:
        """The session of that address, if it is still there."""
        session = self._sessions.get(session_id)
        return session if session is not None and session.kind == kind else None

    def admit(self, session: Session) -> None:
        """Enter a session.

        Raises:
            SessionsFullError: its kind has no place left.
        """
        if self.count(session.kind) >= self.limits[session.kind]:
            raise SessionsFullError(session.kind)
        self._sessions[session.id] = session
        session.peer.on("connectionstatechange", lambda: self._on_state(session))

    def _on_state(self, session: Session) -> None:
        if session.peer.connectionState in ("failed", "closed"):
            self._in_background(self.end(session))

    def _in_background(self, work: Awaitable[None]) -> None:
        task = asyncio.ensure_future(work)
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def end(self, session: Session) -> None:
        """Close a session and forget it; a second time does nothing."""
        if self._sessions.pop(session.id, None) is None:
            return
        for callback in session.ended:
            callback()
        with contextlib.suppress(Exception):  # a half-open peer may fail in any way while it closes
            await asyncio.wait_for(session.peer.close(), timeout=5.0)

    async def watch(self) -> None:
        """End sessions that never connected or that vanished, until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            now_s = time.monotonic()
            for session in tuple(self._sessions.values()):
                if self._is_dead(session, now_s):
                    self._in_background(self.end(session))

    def _is_dead(self, session: Session, now_s: float) -> bool:
        if not session.connected:
            return now_s - session.started_s > CONNECT_S
        packets = packets_received(session.peer)
        if packets != session.packets:
            session.packets, session.heard_s = packets, now_s
        return now_s - session.heard_s > SILENCE_S

    async def end_all(self) -> None:
        """Close everything."""
        await asyncio.gather(*(self.end(session) for session in tuple(self._sessions.values())))
        if self._closing:
            await asyncio.wait(self._closing, timeout=5.0)
