"""Publishing to a media server that is busy, refuses, accepts, vanishes and comes back."""

import asyncio
import contextlib

import pytest
from aiohttp import web
from aiortc import RTCPeerConnection, RTCSessionDescription

from configs.schema import Stage
from realtime.controls import ControlInbox
from realtime.stage.server import StageServer
from realtime.webrtc import peer as peers
from realtime.webrtc.publish import without_mdns
from tests.realtime.stage.conftest import SAMPLE_RATE, free_port
from tests.realtime.stage.fake_show import FakeShow

SDP = "application/sdp"


class MediaServer:
    """A WHIP server of plain aiortc parts; answers by a script of statuses, then accepts."""

    def __init__(self, script: list[int]) -> None:
        self.script = script
        self.requests: list[str] = []
        self.tokens: list[str | None] = []
        self.peers: list[RTCPeerConnection] = []
        self.frames: dict[str, int] = {"audio": 0, "video": 0}
        self.tasks: list[asyncio.Task] = []

    async def post(self, request: web.Request) -> web.Response:
        self.requests.append("POST")
        self.tokens.append(request.headers.get("Authorization"))
        if self.script:
            return web.Response(status=self.script.pop(0), text="not now")
        peer = peers.new_peer()
        self.peers.append(peer)
        peer.on("track", lambda track: self.tasks.append(asyncio.ensure_future(self.take(track))))
        await peer.setRemoteDescription(RTCSessionDescription(await request.text(), "offer"))
        peers._use_addresses(peer, ["127.0.0.1"])
        await peer.setLocalDescription(await peer.createAnswer())
        headers = {"Location": f"/session/{len(self.peers)}"}
        return web.Response(status=201, text=peer.localDescription.sdp, content_type=SDP, headers=headers)

    async def delete(self, request: web.Request) -> web.Response:
        self.requests.append("DELETE " + request.path)
        return web.Response()

    async def take(self, track) -> None:
        with contextlib.suppress(Exception):
            while True:
                await track.recv()
                self.frames[track.kind] += 1

    async def until(self, condition, patience_s: float = 20.0) -> None:
        async with asyncio.timeout(patience_s):
            while not condition():
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def serving(server: MediaServer):
    app = web.Application()
    app.router.add_post("/whip", server.post)
    app.router.add_delete("/session/{id}", server.delete)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield f"http://127.0.0.1:{port}/whip"
    finally:
        for peer in server.peers:
            await peer.close()
        await runner.cleanup()


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr("realtime.webrtc.publish.FIRST_WAIT_S", 0.05)
    monkeypatch.setattr("realtime.webrtc.publish.LONGEST_WAIT_S", 0.2)


@pytest.mark.parametrize("script", [[], [503, 401]])
def test_the_show_is_published_and_comes_back(quick, script):
    async def scenario():
        media = MediaServer(list(script))
        async with serving(media) as url:
            config = Stage(port=free_port(), publish=url, publish_token="on air")
            said: list[str] = []
            server = await asyncio.to_thread(
                StageServer, config, ControlInbox(), SAMPLE_RATE, say=said.append
            )
            show = FakeShow(server)
            show.start()
            try:
                await media.until(lambda: media.frames["audio"] > 20 and media.frames["video"] > 3)
                assert media.requests == ["POST"] * (1 + len(script))
                assert set(media.tokens) == {"Bearer on air"}
                assert server._publisher.report()["state"] == "publishing"
                await media.peers[0].close()  # the media server is restarted
                await media.until(lambda: len(media.peers) > 1)
                before = dict(media.frames)
                await media.until(lambda: media.frames["audio"] > before["audio"] + 20)
                assert "DELETE /session/1" in media.requests
                lost, reached = "The show is not published", "The show is published by 127.0.0.1."
                told = [text if text == reached else text[: len(lost)] for text in said]
                assert told == [lost] * bool(script) + [reached, lost, reached]
                assert server._publisher.report()["connects"] == 2
            finally:
                show.stop()
                await asyncio.to_thread(server.close)
            assert media.requests[-1] == "DELETE /session/2", "the show says goodbye"

    asyncio.run(scenario())


def test_a_server_that_is_not_there_is_said_and_harms_nobody(quick):
    port = free_port()
    said: list[str] = []
    config = Stage(port=free_port(), publish=f"http://127.0.0.1:{port}/whip")
    server = StageServer(config, ControlInbox(), SAMPLE_RATE, say=said.append)
    try:
        for _ in range(200):
            report = server._publisher.report()
            if server._publisher._wait_s >= 0.2:  # it has failed at least twice
                break
            asyncio.run(asyncio.sleep(0.02))
        assert len(said) == 1 and str(port) in said[0] and "tried again" in said[0]
        assert report["state"] in ("waiting", "connecting") and str(port) in report["reason"]
    finally:
        server.close()


def test_addresses_that_would_have_to_be_shouted_for_are_left_out():
    text = (
        "v=0\r\na=candidate:1 1 udp 1 abc.local 9 typ host\r\na=candidate:2 1 udp 1 10.0.0.1 9 typ host\r\n"
    )
    assert without_mdns(text) == "v=0\r\na=candidate:2 1 udp 1 10.0.0.1 9 typ host\r\n"
