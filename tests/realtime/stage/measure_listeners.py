"""How the stage bears many listeners: ``python -m tests.realtime.stage.measure_listeners [COUNT] [SECONDS]``.

A fake show, real aiortc listeners on loopback, in processes that yield to it. Prints a Markdown row: CPU
of the encoder and of the network thread, late hops, gaps, time to join. A late joiner comes at the end.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from configs.schema import Stage
from realtime.controls import ControlInbox
from realtime.stage.server import StageServer
from tests.realtime.stage.conftest import SAMPLE_RATE, free_port
from tests.realtime.stage.fake_show import FakeShow

CLIENTS = 3


def cpu_s(native_id: int) -> float:
    """CPU seconds of one thread of this process."""
    fields = Path(f"/proc/self/task/{native_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def listen(url: str, count: int, seconds: float) -> subprocess.Popen:
    command = [sys.executable, "-m", "tests.realtime.stage.whep_clients", url, str(count), str(seconds)]
    return subprocess.Popen(["nice", "-n", "5", *command], stdout=subprocess.PIPE, text=True)


def measure(count: int, seconds: float) -> str:
    server = StageServer(Stage(port=free_port(), listeners=count + 1), ControlInbox(), SAMPLE_RATE)
    show = FakeShow(server, fps=30.0)
    show.start()
    shares = [count // CLIENTS + (index < count % CLIENTS) for index in range(CLIENTS)]
    url = f"{server.url}/whep"
    clients = [listen(url, share, seconds + 8) for share in shares if share]
    deadline_s = time.monotonic() + 60
    while server.performers[0].sound.listeners < count and time.monotonic() < deadline_s:
        time.sleep(0.1)
    sound = server.performers[0].sound
    connected = sound.listeners
    sound.late_packets, sound.worst_late_s = 0, 0.0
    audio, threads = server.performers[0].audio, (server._thread, server.performers[0].audio._thread)
    before = [cpu_s(thread.native_id) for thread in threads]
    encode_before, late_before, began_s = audio.compute_s, show.late_hops, time.perf_counter()
    packets_before = audio.packets
    time.sleep(seconds)
    took_s = time.perf_counter() - began_s
    network, opus = (cpu_s(t.native_id) - b for t, b in zip(threads, before, strict=True))
    encode_ms = 1000 * (audio.compute_s - encode_before) / (audio.packets - packets_before)
    late = show.late_hops - late_before
    joiner = json.loads(listen(url, 1, 3).communicate(timeout=60)[0])["listeners"][0]
    reports = [
        one for client in clients for one in json.loads(client.communicate(timeout=90)[0])["listeners"]
    ]
    dropped, late_packets, worst_late_ms = (
        sound.dropped_packets,
        sound.late_packets,
        1000 * sound.worst_late_s,
    )
    show.stop()
    server.close()
    lost, gaps = (sum(one.get(name, 0) for one in reports) for name in ("lost", "gaps_over_60_ms"))
    failed = [one for one in reports if "joined_s" not in one]
    reports = [one for one in reports if "joined_s" in one]
    worst = max(one["worst_gap_ms"] for one in reports)
    joined = np.array([one["joined_s"] for one in reports])
    print(f"never connected: {len(failed)}", file=sys.stderr)
    cells = (
        connected,
        f"{took_s:.0f} s",
        f"{100 * opus / took_s:.1f} %",
        f"{encode_ms:.2f} ms",
        f"{100 * network / took_s:.1f} %",
        late,
        f"{late_packets} (worst {worst_late_ms:.0f} ms)",
        lost,
        dropped,
        f"{gaps} (worst {worst:.0f} ms)",
        f"{np.median(joined):.2f} s",
        f"{joiner['joined_s']:.2f} s",
    )
    return "| " + " | ".join(map(str, cells)) + " |"


HEADINGS = (
    "listeners",
    "time",
    "opus thread",
    "a packet",
    "network thread",
    "late hops",
    "packets sent late",
    "lost",
    "dropped",
    "gaps over 60 ms",
    "joined (median)",
    "late joiner",
)

if __name__ == "__main__":
    print("| " + " | ".join(HEADINGS) + " |")
    print("|---" * len(HEADINGS) + "|")
    how_many = int(sys.argv[1]) if len(sys.argv) > 1 else 50
    how_long = float(sys.argv[2]) if len(sys.argv) > 2 else 120.0
    print(measure(how_many, how_long))
