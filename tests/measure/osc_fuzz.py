"""Broken packets on the input port of a running show: nothing raised, no hop missed, memory flat.

    python -m tests.measure.osc_fuzz --packets 100000

A real-time show with pose tracking, to PulseAudio's null sink; a process beside it sends random bytes and
mutated controls, faster than any controller, and now and then a sound one, all of which must be obeyed.
"""

import argparse
import gc
import json
import logging
import os
import random
import resource
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from configs.report import machine
from configs.schema import ShowConfig, load_config
from realtime.controls import Control, Song
from realtime.guarded_sink import GuardedSink
from realtime.null_card import NullCard
from realtime.opening import open_show
from realtime.osc.control import ControlReport, OscControl
from realtime.osc.messages import Message, encode, encode_bundle
from realtime.osc_sink import OscControlSink
from realtime.show import Show, Summary

RATE_HZ = 1500
"""The port takes 2,000 packets a second; what comes faster is the kernel's to drop."""

SOUND_EVERY = 500
ROOT = Path(__file__).parents[2]


def seeds() -> list[bytes]:
    """Sound packets of every shape, to be broken."""
    messages = [
        Message("/noverre/control/style", ("house",)),
        Message("/noverre/control/mix", ("house", 0.5, "pop", 0.5)),
        Message("/noverre/control/mix/pop", (0.5,)),
        Message("/noverre/control/intensity", (0.5,)),
        Message("/noverre/control/tempo", (120.0,)),
        Message("/noverre/control/bundle", ("nowhere",)),  # another engine would be memory well spent
        Message("/noverre/control/panic"),
        Message("/noverre/control/nudge", (b"blob", 3, "s")),
    ]
    packets = [encode(message) for message in messages]
    return [*packets, encode_bundle(packets), encode_bundle([encode_bundle(packets[:2])])]


def mutated(rng: random.Random, packet: bytes) -> bytes:
    """A packet as a bad network, a bad program or a bad person would send it."""
    broken = bytearray(packet)
    for _ in range(rng.randint(0, 6)):
        kind = rng.randrange(5)
        at = rng.randrange(len(broken) + 1)
        if kind == 0 and broken:
            broken[at % len(broken)] = rng.randrange(256)
        elif kind == 1:
            del broken[at : at + rng.randint(1, 8)]
        elif kind == 2:
            broken[at:at] = rng.randbytes(rng.choice((1, 4, 8)))
        elif kind == 3:
            broken[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"#bun"))
        else:
            broken += broken[at:][:64]
    return bytes(broken)


def garbage(rng: random.Random) -> bytes:
    """Random bytes."""
    return rng.randbytes(rng.choice((0, 1, 3, 4, 8, 16, 64, 512)))


def resident_bytes() -> int:
    """Memory of this process."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()


def send(port: int, packets: int, rate_hz: float) -> None:
    """The process beside the show: broken packets at a rate, every 500th a sound one."""
    rng, good = random.Random(7), seeds()
    sender = socket.socket(type=socket.SOCK_DGRAM)
    start_s = time.perf_counter()
    for number in range(packets):
        if number % SOUND_EVERY == SOUND_EVERY - 1:
            packet = encode(Message("/noverre/control/song", (number // SOUND_EVERY % 6,)))
        else:
            packet = garbage(rng) if number % 4 == 0 else mutated(rng, rng.choice(good))
        sender.sendto(packet, ("127.0.0.1", port))
        time.sleep(max(0.0, start_s + number / rate_hz - time.perf_counter()))


@dataclass(frozen=True)
class Fuzzed:
    """How the show fared."""

    summary: Summary
    held_hops: int
    port: ControlReport
    songs: int
    """Sound packets that were obeyed."""
    grown_bytes: int
    """Memory, from a tenth of the packets to the last."""
    exceptions: tuple[str, ...]


class _Raised(logging.Handler):
    """Collects whatever any module logs with a traceback."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it if it is an exception."""
        if record.exc_info:
            self.found.append(record.getMessage())


def fuzz(config: ShowConfig, packets: int, rate_hz: float) -> Fuzzed:
    """Perform ``config`` until all packets are sent."""
    raised, said, songs = _Raised(), list[str](), list[int]()
    hooked = threading.excepthook
    logging.getLogger().addHandler(raised)
    threading.excepthook = lambda args: raised.found.append(repr(args.exc_value))
    try:
        show, _ = open_show(config, said.append)
        port = _port_of(show)
        put = show.inbox.put

        def count(control: Control) -> None:
            songs.extend([1] * isinstance(control, Song))
            put(control)

        port._put = count
        memory: list[int] = []
        stop = threading.Event()
        driver = threading.Thread(target=_drive, args=(show, port, packets, rate_hz, memory, stop))
        driver.start()
        summary = show.run(stop)
        driver.join()
    finally:
        logging.getLogger().removeHandler(raised)
        threading.excepthook = hooked
    failed = [text for text in said if "failed" in text]
    return Fuzzed(
        summary, show.held_hops, port.report(), len(songs), memory[1] - memory[0], (*raised.found, *failed)
    )


def _port_of(show: Show) -> OscControl:
    """The port among the show's sinks."""
    sinks = [sink._sink for sink in show._sinks if isinstance(sink, GuardedSink)]
    return next(sink._port for sink in sinks if isinstance(sink, OscControlSink))


def _drive(
    show: Show, port: OscControl, packets: int, rate_hz: float, memory: list[int], stop: threading.Event
) -> None:
    """Wait for the first sound, send from another process, note memory, end the show."""
    try:
        while show.hops_rendered < 8:
            time.sleep(0.05)
        command = [sys.executable, "-m", __name__ if __name__ != "__main__" else __spec__.name]
        sender = subprocess.Popen([*command, "--send", str(port.port), str(packets), str(rate_hz)], cwd=ROOT)
        while sender.poll() is None:
            time.sleep(0.1)
            if not memory and port.report().packets > packets / 10:
                memory.append(resident_bytes())
        time.sleep(0.5)
        memory.append(resident_bytes())
    finally:
        stop.set()


def _free_port() -> int:
    with socket.socket(type=socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def main() -> None:
    """Perform and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--packets", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=RATE_HZ, help="packets a second")
    parser.add_argument("--bundle", type=Path, default=Path("bundles/house"))
    parser.add_argument("--silent", action="store_true", help="no card: only a hop that hangs is late")
    parser.add_argument("--json", action="store_true", help="print figures as one JSON object")
    parser.add_argument("--send", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.send:
        port, packets, rate_hz = options.send
        send(int(port), int(packets), float(rate_hz))
        return
    keys: dict[str, Any] = {
        "source": "demo:bpm=112,style=house,seconds=600",
        "bundle": options.bundle,
        "preview": False,
    }
    keys["osc_control"] = {"port": _free_port()}
    with tempfile.TemporaryDirectory() as folder:
        card = None if options.silent else NullCard(Path(folder) / "pulse")
        if card is None:
            keys |= {"audio": ("none",), "timing": {"lead_ms": 1500.0}}
        try:
            found = fuzz(load_config(None, keys), options.packets, options.rate)
        finally:
            if card is not None:
                card.close()
    if options.json:
        print(json.dumps(asdict(found)))
        return
    summary, port = found.summary, found.port
    print(f"`python -m tests.measure.osc_fuzz --packets {options.packets}`; {machine()}")
    print(
        f"{port.packets} packets of {options.packets} taken while {summary.seconds:.0f} s of music played: "
        f"{port.bad_total} refused for {len(port.bad)} reasons, {port.controls} obeyed; "
        f"{found.songs} songs of {options.packets // SOUND_EVERY} sound packets and what chance made\n"
        f"exceptions {len(found.exceptions)}, late hops {summary.late_hops}, held hops {found.held_hops}, "
        f"underruns {summary.underruns}, memory {found.grown_bytes / 1e6:+.2f} MB, "
        f"load average {os.getloadavg()[0]:.1f}"
    )
    for text in found.exceptions[:5]:
        print(text)


if __name__ == "__main__":
    main()
