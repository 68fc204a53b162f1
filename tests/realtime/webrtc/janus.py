"""Janus behind Debian's simple-whip-server, in a network of the test's own; and one who plays from it.

Neither is ours: Janus is written in C on libnice, the WHIP server in JavaScript. The package is fetched
with ``apt-get download`` (installing it would replace a Node.js that is not Debian's) and its libraries with
``npm install``, once, into ``build/whip-server``.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from tests.realtime.webrtc import namespace

PACKAGE = "simple-whip-server"
LIBRARIES = (
    *("async@3.2.6", "body-parser@1.20.3", "colors@1.4.0", "cors@2.8.5", "debug@4.4.3"),
    *("express@4.21.2", "websocket@1.0.35"),
)
PLACE = Path("build/whip-server").absolute()
ROOM, WHIP_PORT, JANUS_PORT = 1234, 7080, 8188
MODULES = Path("/usr/lib/x86_64-linux-gnu/janus")
SERVER = f"""module.exports = {{
  janus: {{ address: "ws://127.0.0.1:{JANUS_PORT}" }},
  port: {WHIP_PORT}, rest: "/whip", allowTrickle: true, strictETags: false, iceServers: [],
}};
"""
JANUS = {
    "janus.jcfg": f"""general: {{
  configs_folder = "<folder>"
  plugins_folder = "{MODULES}/plugins"
  transports_folder = "{MODULES}/transports"
  events_folder = "{MODULES}/events"
  loggers_folder = "{MODULES}/loggers"
}}
plugins: {{ disable = "<plugins>" }}
transports: {{ disable = "<others>" }}
""",
    "janus.transport.websockets.jcfg": f"""general: {{
  ws = true
  ws_port = {JANUS_PORT}
  ws_ip = "127.0.0.1"
}}
""",
    "janus.plugin.videoroom.jcfg": f"""room-{ROOM}: {{
  description = "stage"
  publishers = 2
  audiocodec = "opus"
  videocodec = "vp8"
}}
""",
}


def why_not() -> str | None:
    """None if both servers can be had here, else the reason."""
    for program in ("janus", "node", "npm", "dpkg"):
        if shutil.which(program) is None:
            return f"{program} is not installed"
    reason = namespace.why_not()
    return reason or _fetch()


def _fetch() -> str | None:
    """Put the WHIP server into ``build/``; None if it is there, else why not."""
    if (PLACE / "done").exists():
        return None
    shutil.rmtree(PLACE, ignore_errors=True)
    PLACE.mkdir(parents=True)
    commands = (
        ["apt-get", "download", PACKAGE],
        ["sh", "-c", f"dpkg -x {PACKAGE}_*.deb package"],
        ["npm", "install", "--silent", "--no-audit", "--no-fund", *LIBRARIES],
    )
    for command in commands:
        try:
            tried = subprocess.run(command, cwd=PLACE, capture_output=True, text=True, timeout=120)
        except (OSError, subprocess.TimeoutExpired) as error:
            return str(error)
        if tried.returncode:
            return f"{' '.join(command)}: {tried.stderr.strip()[-200:]}"
    for name in ("server.js", "whip-janus.js"):
        shutil.copy(PLACE / "package/usr/share" / PACKAGE / "src" / name, PLACE)
    (PLACE / "config.js").write_text(SERVER)
    (PLACE / "done").touch()
    return None


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Both servers in the calling thread's network; yields the WHIP endpoint's address."""
    plugins, others = _all_but("plugins", "videoroom"), _all_but("transports", "websockets")
    for name, text in JANUS.items():
        text = text.replace("<folder>", str(folder))
        (folder / name).write_text(text.replace("<plugins>", plugins).replace("<others>", others))
    log = (folder / "log").open("w")
    commands = (["janus", "-F", str(folder), "-o"], ["node", "server.js"])
    environment = {**os.environ, "DEBUG": ""}
    servers = []
    try:
        for command in commands:
            servers.append(
                subprocess.Popen(command, cwd=PLACE, stdout=log, stderr=subprocess.STDOUT, env=environment)
            )
        asyncio.run(_create_endpoint())
        yield f"http://{namespace.ADDRESS}:{WHIP_PORT}/whip/endpoint/stage"
    finally:
        for server in servers:
            server.kill()
            server.wait()
        log.close()


def _all_but(kind: str, wanted: str) -> str:
    """Janus's modules of a kind that are not wanted."""
    return ",".join(sorted(path.name for path in (MODULES / kind).glob("*.so") if wanted not in path.name))


async def _create_endpoint(patience_s: float = 40.0) -> None:
    """Wait for both, and open the endpoint that leads to the room."""
    address = f"http://127.0.0.1:{WHIP_PORT}/whip/create"
    async with aiohttp.ClientSession() as http, asyncio.timeout(patience_s):
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                async with http.post(
                    address, json={"id": "stage", "room": ROOM, "token": "on air"}
                ) as answer:
                    if answer.status == 200:
                        return
            await asyncio.sleep(0.1)


class JanusClient:
    """Janus's own protocol over its web socket, as far as a subscriber needs it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._session = self._handle = 0
        self._count = 0

    @classmethod
    @contextlib.asynccontextmanager
    async def connect(cls) -> AsyncIterator["JanusClient"]:
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(f"ws://127.0.0.1:{JANUS_PORT}", protocols=["janus-protocol"]) as socket,
        ):
            client = cls(socket)
            client._session = (await client.ask(janus="create"))["data"]["id"]
            await client.attach()
            yield client

    async def attach(self) -> None:
        """A new handle: Janus lets each play one part."""
        self._handle = 0
        attached = await self.ask(janus="attach", plugin="janus.plugin.videoroom")
        self._handle = attached["data"]["id"]

    async def ask(self, **fields: Any) -> dict[str, Any]:
        """Send a request and wait for its last answer."""
        self._count += 1
        transaction = f"t{self._count}"
        message = {"transaction": transaction, **fields}
        message |= {"session_id": self._session} if self._session else {}
        message |= {"handle_id": self._handle} if self._handle else {}
        await self._socket.send_json(message)
        while True:
            answer = await self._socket.receive_json(timeout=20)
            if answer.get("transaction") == transaction and answer["janus"] != "ack":
                return answer

    async def publisher(self, patience_s: float = 40.0) -> int:
        """The one who publishes into the room, once there is one whose media flows."""
        async with asyncio.timeout(patience_s):
            while True:
                body = {"request": "listparticipants", "room": ROOM}
                answer = await self.ask(janus="message", body=body)
                for one in answer["plugindata"]["data"]["participants"]:
                    if one.get("publisher"):
                        return one["id"]
                await asyncio.sleep(0.1)

    async def play(self, seconds: float) -> tuple[np.ndarray, int]:
        """What a listener gets: sound as 48 kHz mono, and the number of pictures."""
        feed = await self.publisher()
        await self.attach()
        join = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": [{"feed": feed}]}
        offered = await self.ask(janus="message", body=join)
        peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        sound: list[np.ndarray] = []
        pictures = [0]
        tasks: list[asyncio.Task[None]] = []
        peer.on("track", lambda track: tasks.append(asyncio.ensure_future(_take(track, sound, pictures))))
        await peer.setRemoteDescription(RTCSessionDescription(offered["jsep"]["sdp"], "offer"))
        await peer.setLocalDescription(await peer.createAnswer())
        jsep = {"type": "answer", "sdp": _one_fingerprint(peer.localDescription.sdp)}
        await self.ask(janus="message", body={"request": "start", "room": ROOM}, jsep=jsep)
        await asyncio.sleep(seconds)
        await peer.close()
        for task in tasks:
            task.cancel()
        return np.concatenate([*sound, np.zeros(0, np.int16)]).astype(np.float32) / 32768, pictures[0]


async def _take(track: Any, sound: list[np.ndarray], pictures: list[int]) -> None:
    with contextlib.suppress(Exception):
        while True:
            frame = await track.recv()
            if track.kind == "audio":
                sound.append(frame.to_ndarray().reshape(-1, 2)[:, 0].copy())
            else:
                pictures[0] += 1


def _one_fingerprint(text: str) -> str:
    """Janus 1.1 trips over further fingerprints."""
    lines = [
        line
        for line in text.splitlines()
        if not line.startswith(("a=fingerprint:sha-384", "a=fingerprint:sha-512"))
    ]
    return "\r\n".join(lines) + "\r\n"
