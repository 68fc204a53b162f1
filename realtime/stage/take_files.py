"""Takes over HTTP: GET fetches one, DELETE removes it, POST gives a link that works once without a token.

A name of a request is compared with the names of takes; it never becomes a path.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from aiohttp import web

from realtime.stage.guard import Guard, RefusedError, bearer
from realtime.takes import BusyTakeError, NoTakeError

TICKET_S = 60.0
MOST_TICKETS = 64


class TakeShelf(Protocol):
    """What keeps the takes: ``realtime.takes.Takes``."""

    def path_of(self, name: str) -> Path:
        """The file of a finished take."""
        ...

    def delete(self, name: str) -> None:
        """Delete a finished take."""
        ...


class Tickets:
    """Words that admit once, for a minute: a download link cannot carry a token in a header.

    Args:
        now_s: clock.
    """

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._valid: dict[str, tuple[str, float]] = {}

    def give(self, name: str) -> str:
        """A ticket for one take; of too many the oldest go."""
        ticket = secrets.token_urlsafe(24)
        self._valid[ticket] = (name, self._now_s() + TICKET_S)
        while len(self._valid) > MOST_TICKETS:
            self._valid.pop(next(iter(self._valid)))
        return ticket

    def take(self, ticket: str, name: str) -> bool:
        """Whether a ticket is good for a take; it is used up."""
        valid_for, until_s = self._valid.pop(ticket, ("", 0.0))
        return valid_for == name and self._now_s() < until_s


class TakeFiles:
    """The handlers of /takes.

    Args:
        guard: who may.
        shelf: the takes; None where nothing can be recorded.
    """

    def __init__(self, guard: Guard, shelf: TakeShelf | None) -> None:
        self._guard, self._shelf = guard, shelf
        self._tickets = Tickets()

    def routes(self) -> list[web.RouteDef]:
        """All routes."""
        return [web.route("*", "/takes/{name}", self._take)]

    async def _take(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["name"]
        self._guard.check_origin(request.headers.get("Origin"), request.headers.get("Host"))
        ticket = request.query.get("ticket")
        if request.method != "GET" or ticket is None or not self._tickets.take(ticket, name):
            self._guard.check_token(bearer(request.headers.get("Authorization")))
        match request.method:
            case "GET":
                return self._file(name)
            case "POST":
                self._path(name)
                return web.json_response({"address": f"{request.path}?ticket={self._tickets.give(name)}"})
            case "DELETE":
                await asyncio.to_thread(self._delete, name)
                return web.Response(status=204)
        raise web.HTTPMethodNotAllowed(request.method, ["GET", "POST", "DELETE"])

    def _file(self, name: str) -> web.FileResponse:
        path = self._path(name)
        headers = {
            "Content-Disposition": f'attachment; filename="{path.name}"',
            "Content-Type": "video/mp4",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Cache-Control": "no-store",
        }
        return web.FileResponse(path, headers=headers)

    def _path(self, name: str) -> Path:
        if self._shelf is None:
            raise RefusedError(404, "nothing is recorded here")
        try:
            return self._shelf.path_of(name)
        except NoTakeError as error:
            raise RefusedError(404, str(error.args[0])) from error
        except BusyTakeError as error:
            raise RefusedError(409, str(error)) from error

    def _delete(self, name: str) -> None:
        self._path(name)
        assert self._shelf is not None
        try:
            self._shelf.delete(name)
        except OSError as error:
            raise RefusedError(500, f"{name} cannot be deleted: {error.strerror}") from error
