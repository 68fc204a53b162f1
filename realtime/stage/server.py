"""The stage server: a thread with an event loop of its own, and a ``Sink`` for the show."""

import asyncio
import contextlib
import logging
import os
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestHandler

from configs.errors import ConfigError, SinkError
from configs.schema import Stage
from realtime.controls import ControlInbox
from realtime.priority import prefer_stream
from realtime.stage.admission import Admission
from realtime.stage.app import make_app
from realtime.stage.endpoints import MediaEndpoints
from realtime.stage.guard import Guard
from realtime.stage.hub import Hub
from realtime.stage.performer import Performer
from realtime.stage.snapshot import Snapshot, plain
from realtime.stage.take_files import TakeFiles, TakeShelf
from realtime.types import Block, Image, TimedEvent
from realtime.vision import Observation
from realtime.webrtc.addresses import is_loopback, media_addresses
from realtime.webrtc.camera import BrowserCamera
from realtime.webrtc.publish import Publisher
from realtime.webrtc.sessions import Sessions

START_S = 10.0
KEEPALIVE_S = 10.0
"""A connection that has not sent a whole request by then is closed: slow senders hold no place."""
MOST_CONNECTIONS = 256
LINGER_S = 1.0
"""How long the rest of a refused body is read, so that the refusal arrives."""
STATE_EVERY_S = 0.1


class StageServer:
    """Serves the stage page, WHIP and WHEP; takes the show's sound, score and pictures.

    Args:
        config: address, tokens, limits.
        inbox: where the page's controls go.
        sample_rate: of the show's blocks, Hz.
        origin_s: ``time.perf_counter`` second of show time 0; may be set later.
        takes: finished recordings, for the page to fetch and delete.
        say: told whether the show can be published.

    Raises:
        ConfigError: an address beyond this machine without a token, or half a certificate.
        SinkError: the port is taken or the certificate cannot be read.
    """

    def __init__(
        self,
        config: Stage,
        inbox: ControlInbox,
        sample_rate: int,
        origin_s: float = 0.0,
        takes: TakeShelf | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        _check(config)
        self._tls = _tls(config)
        self.name = f"stage page on {address(config)}"
        self.url = address(config)
        self.origin_s = origin_s
        self._config, self._takes = config, takes
        self._snapshot: Snapshot = {}
        self._stopping = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._error: BaseException | None = None
        self._started = threading.Event()
        self._guard = Guard(config)
        self._sessions = Sessions({"whip": config.performers, "whep": config.listeners})
        self._hub = Hub(inbox.put, lambda: self.origin_s, self._state, config.performers)
        self._admission = Admission(os.cpu_count() or 1)
        self.performers = [self._make_performer(sample_rate, index) for index in range(config.performers)]
        self._publisher = (
            Publisher(config.publish, config.publish_token, self.performers[0], say)
            if config.publish
            else None
        )
        self._hub.on_heard = lambda place, ms: self.performers[place].audio.pacer.heard_after_ms(ms)
        self._thread = threading.Thread(target=self._run, name="stage", daemon=True)
        self._thread.start()
        self._await_start()

    def _make_performer(self, sample_rate: int, index: int) -> Performer:
        return Performer(
            self._config,
            sample_rate,
            index,
            lambda: self.origin_s,
            lambda message: self._hub.send(index, message),
            lambda: self._hub.watching(index),
        )

    def _await_start(self) -> None:
        self._started.wait(START_S)
        if self._error is not None or self._loop is None:
            for performer in self.performers:
                performer.close()
            raise SinkError(
                f"the stage page cannot be served on {self.url}: {self._error or 'no answer'}; "
                "choose another port, or end the program that uses this one"
            )

    @property
    def camera(self) -> BrowserCamera:
        """The first performer's camera, fed by browsers: the source called ``webrtc``."""
        return self.performers[0].camera

    @property
    def heard_later_s(self) -> float | None:
        """How much later than sent the stage page hears its sound, by its own measurement."""
        heard_ms = self._hub.heard_ms.get(0)
        return None if heard_ms is None else heard_ms / 1000

    def play(self, block: Block, heard_at_s: float) -> None:
        """The next block; see ``Sink``."""
        self.performers[0].play(block, heard_at_s)

    def events(self, events: Sequence[TimedEvent]) -> None:
        """The score of the block just given; see ``Sink``."""
        self.performers[0].events(events)

    def watch(self, observation: Observation, image: Image) -> None:
        """A frame and what was seen in it; see ``Sink``."""
        self.performers[0].watch(observation, image)

    def update(self, snapshot: Snapshot) -> None:
        """The state of the show, about ten times a second. Unknown keys are passed on to the page."""
        self._snapshot = snapshot
        self._admission.hear(snapshot, time.perf_counter())

    def _state(self) -> dict[str, Any]:
        return {
            "type": "state",
            "server_s": time.perf_counter(),
            **plain(self._snapshot),
            "streams": [performer.report() for performer in self.performers],
            "listeners": self._sessions.count("whep"),
            "listeners_most": self._config.listeners,
            "rtp_origin": self.performers[0].sound.timestamp_origin,
            "publish": self._publisher.report() if self._publisher else None,
            "pages": self._hub.pages,
        }

    def close(self) -> None:
        """Say goodbye to everybody and end the thread."""
        loop = self._loop
        if loop is not None and self._thread.is_alive():
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(timeout=10.0)
        for performer in self.performers:
            performer.close()

    def _run(self) -> None:
        prefer_stream()
        try:
            asyncio.run(self._serve())
        except BaseException as error:
            self._error = error
        finally:
            self._started.set()

    async def _serve(self) -> None:
        _quiet_libraries()
        endpoints = MediaEndpoints(
            self._guard,
            self._sessions,
            self.performers,
            media_addresses(self._config.media_host or self._config.host),
            lambda dancing: self._admission.why_not(dancing, time.perf_counter()),
        )
        app = make_app(self._guard, self._hub, endpoints)
        app.add_routes(TakeFiles(self._guard, self._takes).routes())
        runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            keepalive_timeout=KEEPALIVE_S,
            lingering_time=LINGER_S,
            shutdown_timeout=1.0,
        )
        await runner.setup()
        _limit_connections(runner.server)
        host = "127.0.0.1" if self._config.host == "localhost" else self._config.host.strip("[]")
        site = web.TCPSite(runner, host, self._config.port, ssl_context=self._tls)
        await site.start()
        self._loop = asyncio.get_running_loop()
        work = [asyncio.create_task(performer.run()) for performer in self.performers]
        work += [asyncio.create_task(self._sessions.watch()), asyncio.create_task(self._publish_state())]
        if self._publisher is not None:
            work.append(asyncio.create_task(self._publisher.run()))
        self._started.set()
        try:
            await self._stopping.wait()
        finally:
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await self._sessions.end_all()
            await runner.cleanup()

    async def _publish_state(self) -> None:
        while True:
            self._hub.publish_state()
            await asyncio.sleep(STATE_EVERY_S)


def address(config: Stage) -> str:
    """The page's address."""
    host = f"[{config.host.strip('[]')}]" if ":" in config.host else config.host
    return f"{'https' if config.certificate else 'http'}://{host}:{config.port}"


def _check(config: Stage) -> None:
    if not is_loopback(config.host) and not config.token:
        raise ConfigError(
            f"stage.host = {config.host!r} can be reached from other machines: set stage.token, "
            "or stay on 127.0.0.1"
        )
    if (config.certificate is None) != (config.key is None):
        raise ConfigError("stage.certificate and stage.key belong together: give both or neither")


def _limit_connections(server: web.Server | None) -> None:
    """Hang up at once on whoever comes when the house is full, so that files remain for the show."""
    assert server is not None
    enter = server.connection_made

    def connection_made(handler: RequestHandler, transport: asyncio.Transport) -> None:
        enter(handler, transport)
        if len(server.connections) > MOST_CONNECTIONS:
            transport.abort()

    server.connection_made = connection_made  # type: ignore[method-assign]


def _tls(config: Stage) -> ssl.SSLContext | None:
    if config.certificate is None or config.key is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(config.certificate, config.key)
    except (OSError, ssl.SSLError) as error:
        raise SinkError(f"stage.certificate {str(config.certificate)!r} cannot be used: {error}") from error
    return context


def _quiet_libraries() -> None:
    """The libraries tell the console of every check and every stranger; a performer needs none of it."""
    for name in ("aiortc", "aioice", "aiohttp.server", "asyncio", "libav"):
        logging.getLogger(name).setLevel(logging.ERROR)
    logging.getLogger("aiohttp.server").addFilter(_is_our_fault)


def _is_our_fault(record: logging.LogRecord) -> bool:
    """Whether an error is ours; what strangers send that is not HTTP has been answered with a 400."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | web.RequestPayloadError)
