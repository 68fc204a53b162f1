"""Performers whose video says what it shows: ``python -m tests.realtime.stage.moving_code URL SECONDS``.

Two aiortc peers send by WHIP, listen by WHEP to the place they were given, and print what they heard. With
two films after SECONDS they show those instead, over and over.
"""

import asyncio
import json
import re
import sys
import time
from fractions import Fraction
from typing import Any

import aiohttp
import av
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription

from tests.realtime.webrtc.namespace import only_loopback

FPS, BITS, SIDE = 30, 16, 16
"""Pictures a second; fields of the code, 12 for the frame and 4 for the dancer; pixels of a field's side."""


def draw_code(dancer: int, index: int) -> np.ndarray:
    """A picture ``[32, 128, 3]``: sixteen fields, black or white, and grey beneath."""
    bits = dancer << 12 | index & 0xFFF
    picture = np.full((4 * SIDE, BITS // 2 * SIDE, 3), 128, np.uint8)
    for field in range(BITS):
        row, column = divmod(field, BITS // 2)
        at = (slice(row * SIDE, (row + 1) * SIDE), slice(column * SIDE, (column + 1) * SIDE))
        picture[at] = 235 if bits >> field & 1 else 16
    return picture


def read_code(picture: np.ndarray) -> tuple[int, int]:
    """Dancer and frame of a picture, whatever a lossy codec made of it."""
    bits = 0
    for field in range(BITS):
        row, column = divmod(field, BITS // 2)
        middle = picture[row * SIDE + 4 : row * SIDE + 12, column * SIDE + 4 : column * SIDE + 12]
        bits |= int(middle.mean() > 128) << field
    return bits >> 12, bits & 0xFFF


class Dance(MediaStreamTrack):
    """Thirty pictures a second of one dancer."""

    kind = "video"

    def __init__(self, dancer: int) -> None:
        super().__init__()
        self.dancer, self.index, self.began_s = dancer, 0, time.perf_counter()

    async def recv(self) -> av.VideoFrame:
        now = round((time.perf_counter() - self.began_s) * FPS)
        self.index = max(self.index + 1, now)  # late pictures are left out, never shown late
        await asyncio.sleep(max(0.0, self.began_s + self.index / FPS - time.perf_counter()))
        frame = av.VideoFrame.from_ndarray(self.picture(), format="bgr24")
        frame.pts, frame.time_base = self.index * 3000, Fraction(1, 90_000)
        return frame

    def picture(self) -> np.ndarray:
        """What is shown at ``index``."""
        return draw_code(self.dancer, self.index)


class FilmedDance(Dance):
    """The pictures of a film of ``FPS``, held in memory, over and over."""

    def __init__(self, film: str) -> None:
        super().__init__(0)
        with av.open(film) as container:
            self.pictures = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
        self.began_s = time.perf_counter()

    def picture(self) -> np.ndarray:
        return self.pictures[self.index % len(self.pictures)]


async def post(http: aiohttp.ClientSession, peer: RTCPeerConnection, url: str) -> dict[str, str]:
    """One WHIP or WHEP session; its headers."""
    await peer.setLocalDescription(await peer.createOffer())
    headers = {"Content-Type": "application/sdp"}
    async with http.post(url, data=peer.localDescription.sdp, headers=headers) as answer:
        text = await answer.text()
        assert answer.status == 201, f"{answer.status} {text}"
        await peer.setRemoteDescription(RTCSessionDescription(text, "answer"))
        return dict(answer.headers)


async def perform(http: aiohttp.ClientSession, url: str, dance: Dance, seconds: float) -> dict[str, Any]:
    """Dance and listen."""
    camera, ear = (RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in range(2))
    camera.addTransceiver(dance, direction="sendonly")
    headers = await post(http, camera, f"{url}/whip")
    own = re.search(r"<([^>]+)>", headers["Link"])
    assert own is not None
    messages: list[dict[str, Any]] = []
    sound: list[np.ndarray] = []
    tasks: list[asyncio.Task[None]] = []
    ear.addTransceiver("audio", direction="recvonly")
    ear.createDataChannel("noverre").on("message", lambda text: messages.append(json.loads(text)))
    ear.on("track", lambda track: tasks.append(asyncio.ensure_future(hear(track, sound))))
    await post(http, ear, url + own[1])
    await asyncio.sleep(seconds)
    async with http.delete(url + headers["Location"]) as answer:
        assert answer.status == 200
    await asyncio.gather(camera.close(), ear.close())
    return {
        "place": own[1],
        "bpm": [message["bpm"] for message in messages if message["type"] in ("beat", "tempo")],
        "strokes_s": strokes_s(np.concatenate(sound)) if sound else [],
    }


async def hear(track: MediaStreamTrack, sound: list[np.ndarray]) -> None:
    """Keep the sound, 48 kHz mono."""
    try:
        while True:
            frame = await track.recv()
            sound.append(frame.to_ndarray().reshape(-1, 2)[:, 0].copy())  # type: ignore[union-attr]
    except Exception:
        return


def strokes_s(sound: np.ndarray) -> list[float]:
    """When a drum is struck: the envelope rises through half its height."""
    blocks = np.abs(sound[: len(sound) // 240 * 240].astype(np.float32)).reshape(-1, 240).max(axis=1)
    loud = blocks > 0.5 * np.quantile(blocks, 0.98)
    rises = np.flatnonzero(loud[1:] & ~loud[:-1]) + 1
    kept = [at for before, at in zip([-99, *rises], rises, strict=False) if at - before > 30]
    return [float(at * 240 / 48_000) for at in kept]


async def main(url: str, seconds: float, films: list[str]) -> None:
    dances = [FilmedDance(film) for film in films] or [Dance(0), Dance(1)]
    async with aiohttp.ClientSession() as http:
        first = asyncio.ensure_future(perform(http, url, dances[0], seconds))
        apart_s = 5.0 if films else 0.5  # what a real tracker costs is known when it has looked for a while
        await asyncio.sleep(apart_s)
        both = await asyncio.gather(first, perform(http, url, dances[1], seconds - apart_s))
    json.dump(both, sys.stdout)


if __name__ == "__main__":
    only_loopback()
    asyncio.run(main(sys.argv[1], float(sys.argv[2]), sys.argv[3:]))
