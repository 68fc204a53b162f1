"""WHIP (RFC 9725) and WHEP over HTTP: POST an offer, PATCH candidates, DELETE the session.

Only HTTP is decided here; media is in ``realtime/webrtc``. Statuses: 400 no SDP, 401 token,
403 origin, 404 no such session or place, 405 method, 406 SDP that cannot be served, 408 body too
slow, 409 place taken, 412/428 entity tag, 413 body too large, 415 media type, 422 ICE restart,
429 too many requests, 503 full or overloaded.
"""

import asyncio
import contextlib
from collections.abc import Callable

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from aiortc import RTCDataChannel

from realtime.stage.guard import BODY_S, LARGEST_BODY, Guard, RefusedError, bearer
from realtime.stage.performer import Performer
from realtime.webrtc.offers import Offer, OfferError, read_fragment, read_offer
from realtime.webrtc.peer import add_shared, answer, expect_video, ice_credentials, new_peer, refuse
from realtime.webrtc.sessions import Session, Sessions, SessionsFullError

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
EXPOSED = "Location, ETag, Link, Retry-After"
RETRY_FULL_S = 10


class MediaEndpoints:
    """The handlers of /whip and /whep.

    Args:
        guard: who may.
        sessions: who is connected.
        performers: the places, in order.
        addresses: on which media is offered.
        admits: None if one more performer can be served in real time, else why not.
    """

    def __init__(
        self,
        guard: Guard,
        sessions: Sessions,
        performers: list[Performer],
        addresses: list[str],
        admits: Callable[[int], str | None],
    ) -> None:
        self._guard, self._sessions, self._performers = guard, sessions, performers
        self._addresses, self._admits = addresses, admits
        self._following: set[asyncio.Task[None]] = set()

    def routes(self) -> list[web.RouteDef]:
        """All routes; every method is answered, so that a wrong one gets a 405 that says what is right."""
        return [
            web.route("*", "/whip", self._endpoint),
            web.route("*", "/whep", self._endpoint),
            web.route("*", "/{kind:whip|whep}/{session}", self._session),
        ]

    async def _endpoint(self, request: web.Request) -> web.Response:
        kind = request.path.lstrip("/")
        if request.method == "OPTIONS":
            return self._options(request, "POST, OPTIONS", {"Accept-Post": SDP})
        self._check(request, kind)
        if request.method != "POST":
            raise web.HTTPMethodNotAllowed(request.method, ["POST", "OPTIONS"])
        self._guard.connects.take(request.remote or "")
        offer = read_offer(await _body(request, SDP), sends=kind == "whip")
        performer = self._place(request, kind)
        session = await (self._receive if kind == "whip" else self._send)(request, offer, performer)
        return session

    def _check(self, request: web.Request, kind: str) -> None:
        origin, host = request.headers.get("Origin"), request.headers.get("Host")
        self._guard.check_origin(origin, host, may_cross=True)
        self._guard.check_token(bearer(request.headers.get("Authorization")), listening=kind == "whep")

    def _place(self, request: web.Request, kind: str) -> Performer:
        asked = request.query.get("performer")
        if asked is None:
            free = [place for place in self._performers if not place.camera.occupied]
            if kind == "whep":
                return self._performers[0]
            if not free:
                reserved = [place.camera.reserved for place in self._performers]
                if all(reserved):
                    raise RefusedError(409, reserved[0])
                raise RefusedError(503, "every performer's place is taken", RETRY_FULL_S)
            return free[0]
        places = {str(place.index): place for place in self._performers}
        if asked not in places:
            raise RefusedError(404, f"there is no performer {asked[:20]!r} here")
        return places[asked]

    async def _receive(self, request: web.Request, offer: Offer, performer: Performer) -> web.Response:
        """Answer a performer: camera in, score out."""
        reason = self._admits(sum(place.camera.occupied for place in self._performers))
        if reason is not None:
            raise RefusedError(503, reason, RETRY_FULL_S)
        if not performer.camera.claim():
            raise RefusedError(
                409, performer.camera.reserved or f"performer {performer.index} is already dancing"
            )
        session = Session(new_peer(), "whip", request.remote or "")
        session.ended.append(performer.camera.release)
        for kind in offer.kinds:
            if kind == "video":
                expect_video(session.peer)
            elif kind == "audio":
                refuse(session.peer, kind)
        session.peer.on("track", lambda track: self._follow(performer, track))
        return await self._open(session, offer, performer)

    def _follow(self, performer: Performer, track: object) -> None:
        if getattr(track, "kind", "") != "video":
            return
        task = asyncio.ensure_future(performer.camera.follow(track))  # type: ignore[arg-type]
        self._following.add(task)
        task.add_done_callback(self._following.discard)

    async def _send(self, request: web.Request, offer: Offer, performer: Performer) -> web.Response:
        """Answer a listener: sound, picture and score out."""
        session = Session(new_peer(), "whep", request.remote or "")
        for kind in offer.kinds:
            if kind != "application":
                add_shared(session.peer, kind, performer.sound if kind == "audio" else performer.picture)
        return await self._open(session, offer, performer)

    async def _open(self, session: Session, offer: Offer, performer: Performer) -> web.Response:
        channels: list[RTCDataChannel] = []

        def on_channel(channel: RTCDataChannel) -> None:
            channels.append(channel)
            performer.channels.add(channel)

        session.peer.on("datachannel", on_channel)
        session.ended.append(lambda: performer.channels.drop(channels))
        session.offer_credentials = dict(ice_credentials(offer.text))
        try:
            self._sessions.admit(session)
        except SessionsFullError as error:
            await self._abandon(session)
            raise RefusedError(503, f"all {session.kind} places are taken", RETRY_FULL_S) from error
        try:
            text = await answer(session.peer, offer, self._addresses)
        except BaseException:
            await self._sessions.end(session)
            raise
        headers = {
            "Location": f"/{session.kind}/{session.id}",
            "ETag": session.etag,
            "Accept-Patch": FRAGMENT,
            "Access-Control-Expose-Headers": EXPOSED,
        }
        if session.kind == "whip":  # where this performer's own music is heard
            headers["Link"] = f'</whep?performer={performer.index}>; rel="urn:noverre:whep"'
        return web.Response(status=201, text=text, content_type=SDP, headers=headers)

    @staticmethod
    async def _abandon(session: Session) -> None:
        for callback in session.ended:
            callback()
        with contextlib.suppress(Exception):
            await session.peer.close()

    async def _session(self, request: web.Request) -> web.Response:
        kind = request.match_info["kind"]
        if request.method == "OPTIONS":
            return self._options(request, "PATCH, DELETE, OPTIONS", {"Accept-Patch": FRAGMENT})
        self._check(request, kind)
        if request.method not in ("PATCH", "DELETE"):
            raise web.HTTPMethodNotAllowed(request.method, ["PATCH", "DELETE", "OPTIONS"])
        session = self._sessions.get(kind, request.match_info["session"])
        if session is None:
            raise RefusedError(404, "this session is over")
        if request.method == "DELETE":
            await self._sessions.end(session)
            return web.Response(status=200)
        return await self._patch(request, session)

    async def _patch(self, request: web.Request, session: Session) -> web.Response:
        """Trickled candidates are acknowledged; the peer is found by its own checks (see ``offers``)."""
        body = await _body(request, FRAGMENT)
        match = request.headers.get("If-Match")
        user, password = read_fragment(body)
        if match is None:
            raise RefusedError(428, "If-Match with the session's ETag is needed")
        offered = session.offer_credentials
        restarts = user is not None and (user, password) != (offered.get("ice-ufrag"), offered.get("ice-pwd"))
        if match == "*" or (restarts and match == session.etag):
            raise RefusedError(422, "ICE restarts are not supported; DELETE the session and POST a new offer")
        if match != session.etag:
            raise RefusedError(412, "the ETag is not the session's")
        return web.Response(status=204, headers={"ETag": session.etag})

    def _options(self, request: web.Request, methods: str, accepts: dict[str, str]) -> web.Response:
        headers = {"Allow": methods, **accepts}
        origin = request.headers.get("Origin")
        if origin is not None:
            self._guard.check_origin(origin, request.headers.get("Host"), may_cross=True)
            headers |= {
                "Access-Control-Allow-Methods": methods,
                "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
                "Access-Control-Expose-Headers": EXPOSED,
                "Access-Control-Max-Age": "600",
            }
        return web.Response(status=204, headers=headers)


async def _body(request: web.Request, media_type: str) -> bytes:
    """The request's body, if it is of that type, not too large and comes in time."""
    if request.content_type != media_type:
        raise RefusedError(415, f"send {media_type}, not {request.content_type}")
    if (request.content_length or 0) > LARGEST_BODY:
        raise RefusedError(413, f"at most {LARGEST_BODY} bytes are read")
    parts, size = [], 0
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.content.iter_chunked(16_384):
                parts.append(part)
                size += len(part)
                if size > LARGEST_BODY:
                    raise RefusedError(413, f"at most {LARGEST_BODY} bytes are read")
    except TimeoutError as error:
        raise RefusedError(408, f"the body did not come within {BODY_S:g} s") from error
    except ConnectionError as error:  # nobody is there to be told; without this the console would be
        raise RefusedError(400, "the connection was lost before the body was whole") from error
    except web.RequestPayloadError as error:
        raise RefusedError(400, "the body is not coded as its headers say") from error
    return b"".join(parts)


def problem(status: int, reason: str) -> web.Response:
    """An error as RFC 9457 describes it."""
    return web.json_response(
        {"status": status, "detail": reason}, status=status, content_type="application/problem+json"
    )


def guarded(guard: Guard) -> Middleware:
    """Middleware: checks the host, turns refusals into problems, adds the headers every answer carries."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            guard.check_host(request.headers.get("Host"))
            response = await handler(request)
        except RefusedError as error:
            response = problem(error.status, error.reason)
            if error.status in (408, 413):
                response.force_close()
            if error.retry_after_s is not None:
                response.headers["Retry-After"] = str(error.retry_after_s)
            if error.status == 401:
                response.headers["WWW-Authenticate"] = 'Bearer realm="noverre"'
        except OfferError as error:
            response = problem(error.status, str(error))
        except web.HTTPException as error:
            response = problem(error.status, error.reason)
            if "Allow" in error.headers:
                response.headers["Allow"] = error.headers["Allow"]
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        origin = request.headers.get("Origin")
        if guard.cross_origin and origin is not None and request.path.startswith(("/whip", "/whep")):
            response.headers["Access-Control-Allow-Origin"] = "*"
        return response

    return middleware
