"""Must show 4 of the stage: ``python -m tests.measure.crowds --count 1000``. Visitors who connect and vanish.

A show plays, one real listener hears it; a crowd in this process sends halves of requests, offers that it
never follows up, web sockets that it drops, posts of foreign pages, foreign hosts and paths elsewhere. Then:
the answers, file descriptors, threads, tasks and memory before and after, and what the listener noticed.
"""

import argparse
import asyncio
import collections
import gc
import json
import os
import socket
import threading
import time
from pathlib import Path

from configs.schema import Stage
from realtime.controls import ControlInbox
from realtime.stage.server import StageServer
from realtime.webrtc.sessions import CONNECT_S
from tests.measure.listeners import listen
from tests.realtime.stage.conftest import SAMPLE_RATE, free_port
from tests.realtime.stage.fake_show import FakeShow
from tests.realtime.stage.offers import offer

WARM_UP = 100
PATIENCE_S = 2.0


def visits(port: int) -> list[tuple[str, bytes, bool]]:
    """Kinds of visit: a name, what is sent, and whether an answer is waited for."""
    body = offer("recvonly", "audio", "video", "data")
    head = f"Host: 127.0.0.1:{port}\r\nConnection: close\r\n"
    sdp = f"{head}Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
    socket_head = f"Host: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    socket_head += "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"

    def request(line: str, headers: str, content: bytes = b"") -> bytes:
        return f"{line} HTTP/1.1\r\n{headers}\r\n".encode() + content

    return [
        ("nothing said", b"", False),
        ("half a request", b"POST /whep HTTP/1.1\r\nX-", False),
        ("half a body", request("POST /whep", sdp, body[:100]), False),
        ("offer, never connects", request("POST /whep", sdp, body), True),
        ("offer, gone before the answer", request("POST /whep", sdp, body), False),
        ("no SDP", request("POST /whep", sdp, b"x" * len(body)), True),
        (
            "page of another origin",
            request("POST /whip", f"{sdp}Origin: http://evil.example\r\n", body),
            True,
        ),
        ("foreign host", request("GET /", "Host: evil.example\r\nConnection: close\r\n"), True),
        ("path to elsewhere", request("GET /../../../../etc/passwd", head), True),
        ("take of another name", request("GET /takes/..%2f..%2fetc%2fpasswd", head), True),
        ("web socket, dropped", request("GET /ws", socket_head), True),
        ("no HTTP", bytes(range(256)), True),
    ]


def visit(port: int, data: bytes, waits: bool) -> str:
    """One visitor; the status that came, or what came instead."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as line:
            if data:
                line.sendall(data)
            if not waits:
                return "-"
            return line.recv(12).decode("ascii", "replace")[9:] or "hung up"
    except TimeoutError:
        return "no answer"
    except OSError:
        return "hung up"


def standing(server: StageServer) -> dict[str, float]:
    """What could leak."""
    gc.collect()
    told: list[int] = []
    counted = threading.Event()

    def count() -> None:
        told.append(len(asyncio.all_tasks()))
        counted.set()

    assert server._loop is not None
    server._loop.call_soon_threadsafe(count)
    counted.wait(5)
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return {
        "file descriptors": len(list(Path("/proc/self/fd").iterdir())),
        "threads": threading.active_count(),
        "tasks": told[0],
        "sessions": server._sessions.count("whep"),
        "memory, MB": round(pages * os.sysconf("SC_PAGE_SIZE") / 1e6, 1),
    }


def settled(server: StageServer) -> dict[str, float]:
    """The same once those who vanished have been given up."""
    deadline_s = time.monotonic() + CONNECT_S + 15
    while server._sessions.count("whep") > 1 and time.monotonic() < deadline_s:
        time.sleep(0.2)
    time.sleep(2.0)
    return standing(server)


def crowd(port: int, count: int, statuses: collections.Counter[str]) -> None:
    """So many visits, in turn."""
    kinds = visits(port)
    for index in range(count):
        name, data, waits = kinds[index % len(kinds)]
        statuses[f"{name}: {visit(port, data, waits)}"] += 1


def main() -> None:
    """Run the crowd and print what remains."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    count = parser.parse_args().count
    port = free_port()
    server = StageServer(Stage(port=port, listeners=32), ControlInbox(), SAMPLE_RATE)
    show = FakeShow(server)
    show.start()
    listener = listen(f"{server.url}/whep", 1, 45 + count * 0.03, False)
    while not server.performers[0].sound.listeners:
        time.sleep(0.1)
    crowd(port, WARM_UP, collections.Counter())
    before, late = settled(server), show.late_hops
    statuses: collections.Counter[str] = collections.Counter()
    began_s = time.monotonic()
    crowd(port, count, statuses)
    took_s = time.monotonic() - began_s
    after = settled(server)
    late_hops = show.late_hops - late
    heard = json.loads(listener.communicate(timeout=200)[0])["listeners"][0]
    show.stop()
    server.close()
    print(f"{count} visits in {took_s:.0f} s, load {os.getloadavg()[0]:.1f}")
    for said, times in sorted(statuses.items()):
        print(f"  {said}  x {times}")
    for name, value in before.items():
        print(f"{name}: {value:g} -> {after[name]:g}")
    print(f"late hops {late_hops}; the listener: lost {heard['lost']}, ", end="")
    print(f"gaps on the wire {heard['wire_gaps']} (worst {heard['wire_worst_ms']:.0f} ms)")


if __name__ == "__main__":
    main()
