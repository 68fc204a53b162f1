"""The web application: the pages, the web socket, WHIP and WHEP. Knows nothing of threads."""

import base64
import mimetypes
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from realtime.stage.endpoints import MediaEndpoints, guarded
from realtime.stage.guard import LARGEST_BODY, PAGE_HEADERS, Guard
from realtime.stage.hub import PROTOCOL, Hub

STATIC = Path(__file__).parent / "static"
TOKEN_PROTOCOL = "token."
PAGES = {"/": "stage.html", "/listen": "listen.html"}


def make_app(guard: Guard, hub: Hub, endpoints: MediaEndpoints) -> web.Application:
    """All routes. Files are read once, by name: no path of a request ever reaches the disk."""
    app = web.Application(middlewares=[guarded(guard)], client_max_size=LARGEST_BODY)
    for path, file in {**PAGES, **_assets()}.items():
        app.router.add_get(path, _file(STATIC / file))
    app.router.add_get("/ws", _socket(guard, hub))
    app.add_routes(endpoints.routes())
    return app


def _assets() -> dict[str, str]:
    names = sorted(str(path.relative_to(STATIC)) for path in STATIC.rglob("*") if path.is_file())
    return {f"/{name}": name for name in names if not name.endswith(".html")}


def _file(path: Path) -> Handler:
    content = path.read_bytes()
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    charset = "utf-8" if kind.startswith("text/") else None

    async def serve(_: web.Request) -> web.Response:
        return web.Response(body=content, content_type=kind, charset=charset, headers=PAGE_HEADERS)

    return serve


def _socket(guard: Guard, hub: Hub) -> Handler:
    async def serve(request: web.Request) -> web.StreamResponse:
        guard.check_origin(request.headers.get("Origin"), request.headers.get("Host"))
        guard.connects.take(request.remote or "")
        guard.check_token(socket_token(request.headers.get("Sec-WebSocket-Protocol", "")))
        return await hub.serve(request)

    return serve


def socket_token(protocols: str) -> str | None:
    """The token a page sends as a subprotocol, the only header a browser lets it choose."""
    for name in protocols.split(","):
        encoded = name.strip().removeprefix(TOKEN_PROTOCOL)
        if encoded != name.strip():
            try:
                return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
            except ValueError:  # no ASCII, no base64 or no UTF-8
                return None
    return None


__all__ = ["PROTOCOL", "make_app", "socket_token"]
