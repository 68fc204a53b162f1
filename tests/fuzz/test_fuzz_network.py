"""Whatever comes over the network is used or refused with a reason: OSC, SDP, page commands, HTTP bodies."""

import asyncio
import json
import struct
from collections.abc import Iterator
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from configs.schema import Stage
from realtime.controls import Control, ControlInbox, Controls, turn
from realtime.osc import OscControl
from realtime.osc.framing import LengthReader, SlipReader, length_prefixed, slip
from realtime.osc.messages import Message, OscError, encode, encode_bundle
from realtime.stage.commands import CommandError, read_command, to_control
from realtime.stage.server import StageServer
from realtime.webrtc.offers import OfferError, read_fragment, read_offer
from tests.fuzz.mutate import ODD_VALUES, budget, changed_bytes, changed_tree
from tests.realtime.stage.conftest import free_port
from tests.realtime.stage.offers import offer

ADDRESSES = ["style", "mix/house", "intensity", "tap", "tempo", "nudge", "mute", "panic", "song", "bundle"]
MESSAGES = [
    Message(f"/noverre/control/{name}", args)
    for name in ADDRESSES
    for args in ((), (1,), (0.5,), ("house",), (b"x", -3, 1e30))
]
PACKETS = [encode(message) for message in MESSAGES] + [
    encode_bundle([encode(message) for message in MESSAGES[:3]], 1)
]


@pytest.fixture(scope="module")
def port() -> Iterator[tuple[OscControl, list[Control]]]:
    taken: list[Control] = []
    control = OscControl(0, taken.append, show_time_s=lambda: 1.0, threaded=False)
    yield control, taken
    control.close()


def handle(port: tuple[OscControl, list[Control]], packet: bytes) -> None:
    """Used or counted, never raised; what is let through can be turned by the show, or says why not."""
    control, taken = port
    before = control.report()
    taken.clear()
    control.handle(packet, ("127.0.0.1", 9))
    after = control.report()
    assert after.packets == before.packets + 1
    assert all(reason for reason in after.bad)
    for one in taken:
        try:
            turn(Controls(), one)
        except ValueError as error:
            assert str(error)


@given(st.sampled_from(PACKETS).flatmap(changed_bytes))
@budget(250)
def test_osc_packets_with_accidents(port: tuple[OscControl, list[Control]], packet: bytes) -> None:
    handle(port, packet)


OSC_ARGS = st.lists(
    st.integers(-(2**31), 2**31 - 1)
    | st.floats(width=32, allow_nan=False, allow_infinity=False)
    | st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=12)
    | st.binary(min_size=1, max_size=8)
    | st.sampled_from([struct.unpack(">f", bits)[0] for bits in (b"\x7f\x7f\xff\xff", b"\0\0\0\1")]),
    max_size=5,
)


@given(st.sampled_from(ADDRESSES), OSC_ARGS)
@budget(200)
def test_osc_controls_with_any_value(
    port: tuple[OscControl, list[Control]], name: str, args: list[Any]
) -> None:
    handle(port, encode(Message(f"/noverre/control/{name}", tuple(args))))


STREAM = b"".join(map(length_prefixed, PACKETS[:6])), b"".join(map(slip, PACKETS[:6]))


@given(st.sampled_from([0, 1]), st.data(), st.integers(1, 50))
@budget(60)
def test_osc_streams_with_accidents(kind: int, data: st.DataObject, step: int) -> None:
    stream = data.draw(changed_bytes(STREAM[kind]))
    reader = (LengthReader, SlipReader)[kind]()
    try:
        for start in range(0, len(stream), step):
            assert all(isinstance(packet, bytes) for packet in reader.feed(stream[start : start + step]))
    except OscError as error:
        assert str(error)


OFFERS = [offer("recvonly", "audio", "video", "data"), offer("sendonly", "video", "data")]
FRAGMENT = b"a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"


def judge_offer(body: bytes, sends: bool) -> None:
    try:
        assert set(read_offer(body, sends).kinds) <= {"audio", "video", "application"}
    except OfferError as error:
        assert error.status in (400, 406) and len(str(error)) > 10


@given(st.sampled_from(OFFERS).flatmap(changed_bytes), st.booleans())
@budget(150)
def test_offers_with_accidents(body: bytes, sends: bool) -> None:
    judge_offer(body, sends)


@given(st.data(), st.booleans())
@budget(100)
def test_offers_with_lines_lost_doubled_and_swapped(data: st.DataObject, sends: bool) -> None:
    lines = data.draw(st.sampled_from(OFFERS)).split(b"\r\n")
    for _ in range(data.draw(st.integers(1, 6))):
        at, to = (data.draw(st.integers(0, len(lines) - 1)) for _ in range(2))
        match data.draw(st.sampled_from("lds")):
            case "l" if len(lines) > 1:
                del lines[at]
            case "d":
                lines.insert(to, lines[at])
            case _:
                lines[at], lines[to] = lines[to], lines[at]
    judge_offer(b"\r\n".join(lines), sends)


@given(changed_bytes(FRAGMENT) | st.binary(max_size=200))
@budget(60)
def test_fragments_with_accidents(body: bytes) -> None:
    try:
        read_fragment(body)
    except OfferError as error:
        assert error.status in (400, 406) and len(str(error)) > 10


COMMANDS: list[dict[str, Any]] = [
    {"do": "style", "weights": {"house": 1.0}},
    {"do": "intensity", "value": 0.5},
    {"do": "tempo", "bpm": 120},
    {"do": "nudge", "beats": 0.1},
    {"do": "song", "slot": 2},
    {"do": "record", "on": True},
    {"do": "mute", "on": False},
    {"do": "tap", "at_s": 1.0},
]


@given(st.sampled_from(COMMANDS).flatmap(changed_tree))
@budget(120)
def test_page_commands_with_odd_values(fields: Any) -> None:
    command(json.dumps(fields))


@given(st.sampled_from([json.dumps(one).encode() for one in COMMANDS]).flatmap(changed_bytes))
@budget(100)
def test_page_commands_with_accidents(text: bytes) -> None:
    command(text.decode("utf-8", "replace"))


def command(text: str) -> None:
    try:
        turn(Controls(), to_control(read_command(text), 1.0))
    except CommandError as error:
        assert len(str(error)) > 10


class House:
    """A real stage server, and a client that sends it anything."""

    def __init__(self) -> None:
        self.server = StageServer(Stage(port=free_port(), listeners=4), ControlInbox(), 22050)
        self._loop = asyncio.new_event_loop()
        self._http = self._loop.run_until_complete(self._connect())

    async def _connect(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(20))

    def send(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, str]:
        return self._loop.run_until_complete(self._send(method, path, body, kind))

    async def _send(self, method: str, path: str, body: bytes, kind: str) -> tuple[int, str]:
        headers = {"Content-Type": kind}
        async with self._http.request(method, self.server.url + path, data=body, headers=headers) as answer:
            return answer.status, await answer.text(errors="replace")

    def close(self) -> None:
        self._loop.run_until_complete(self._http.close())
        self._loop.close()
        self.server.close()


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    house = House()
    yield house
    house.close()


BODIES = st.sampled_from([*OFFERS, FRAGMENT, b"{}", b""]).flatmap(changed_bytes) | st.binary(max_size=300)
KINDS = ["application/sdp", "application/trickle-ice-sdpfrag", "application/json", "text/plain", "x/y"]
PATHS = ["/whip", "/whep", "/whep/none", "/whip/none", "/takes/none", "/", "/nowhere", "/whep?performer=9"]


@given(
    st.sampled_from(["POST", "PATCH", "PUT", "DELETE"]),
    st.sampled_from(PATHS),
    BODIES,
    st.sampled_from(KINDS),
)
@budget(60)
def test_http_bodies_with_accidents(house: House, method: str, path: str, body: bytes, kind: str) -> None:
    """Refused in words, or answered; never an error of ours, and the server goes on."""
    status, text = house.send(method, path, body, kind)
    assert status in (200, 201, 204) or 400 <= status < 500 or status == 503, (status, text)
    assert "Traceback" not in text and (status < 400 or text)


@given(ODD_VALUES, ODD_VALUES)
@budget(40)
def test_tokens_and_names_that_are_anything(house: House, token: Any, name: Any) -> None:
    path = "/takes/" + "".join(f"%{byte:02X}" for byte in str(name).encode("utf-8", "replace")[:500])
    status, text = house.send("GET", path, str(token).encode("utf-8", "replace"), "text/plain")
    assert status < 500 and "Traceback" not in text
    assert status >= 400 or str(name) == ".."  # /takes/.. is /, the page
