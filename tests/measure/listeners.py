"""Must show 3 of the stage: ``python -m tests.measure.listeners --listeners 50 --seconds 120``.

A show plays tone bursts into the real stage server; aiortc listeners in other processes receive it by WHEP
over loopback: real DTLS, real SRTP. To leave two cores to what is measured, one listener decodes its sound;
the others decrypt and read every RTP packet and its time stamp, and go no further. Each notes for every
packet when the kernel had it (SO_TIMESTAMPNS) and when its own process read it: the first is the
sender's doing, the second also the receivers' own starvation. A late joiner comes near the end.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from configs.schema import Stage
from realtime.controls import ControlInbox
from realtime.priority import QuietMemory, prefer_process
from realtime.stage.server import StageServer
from tests.realtime.stage.conftest import SAMPLE_RATE, free_port
from tests.realtime.stage.fake_show import FakeShow

PROCESSES = 2
JOIN_S = 60.0


def cpu_s(native_id: int) -> float:
    """CPU seconds of one thread of this process."""
    fields = Path(f"/proc/self/task/{native_id}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def listen(url: str, count: int, seconds: float, picture: bool) -> subprocess.Popen[str]:
    """Listeners in a process that yields to the show."""
    command = [sys.executable, "-m", "tests.realtime.stage.whep_clients", url, str(count), str(seconds)]
    command += ["picture"] if picture else []
    return subprocess.Popen(["nice", "-n", "15", *command], stdout=subprocess.PIPE, text=True)


def reports_of(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """What the listeners of a process have to say."""
    reports: list[dict[str, Any]] = json.loads(process.communicate(timeout=120)[0])["listeners"]
    return reports


def told(gaps_s: list[float]) -> str:
    """How many, and the longest."""
    return f"{len(gaps_s)} (worst {1000 * max(gaps_s):.0f} ms)" if gaps_s else "0"


def when(holes: list[tuple[float, float]]) -> str:
    """A line for each tenth of a second with holes: how many listeners, the longest."""
    moments: dict[float, list[float]] = {}
    for at_s, gap_s in holes:
        moments.setdefault(round(at_s, 1), []).append(gap_s)
    return ", ".join(f"{at_s}: {told(gaps_s)}" for at_s, gaps_s in list(moments.items())[:40])


def measure(count: int, seconds: float, picture: bool) -> dict[str, Any]:
    """Numbers for ``count`` listeners over ``seconds``."""
    server = StageServer(Stage(port=free_port(), listeners=count + 1), ControlInbox(), SAMPLE_RATE)
    memory = QuietMemory()
    show = FakeShow(server, fps=15.0, between_hops=memory.between_hops)
    memory.begin()  # as a show does
    show.start()
    performer, url = server.performers[0], f"{server.url}/whep"
    shares = [count // PROCESSES + (index < count % PROCESSES) for index in range(PROCESSES)]
    clients = [listen(url, share, seconds + 6, picture) for share in shares if share]
    deadline_s = time.monotonic() + JOIN_S
    while performer.sound.listeners < count and time.monotonic() < deadline_s:
        time.sleep(0.1)
    sound, audio = performer.sound, performer.audio
    sound.late_packets, sound.worst_late_s = 0, 0.0
    threads = {"opus": audio._thread, "network": server._thread}
    before = {name: cpu_s(thread.native_id or 0) for name, thread in threads.items()}
    compute_s, packets, late_hops, began_s = audio.compute_s, audio.packets, show.late_hops, time.monotonic()
    connected, joiner, all_there_s = sound.listeners, None, time.time()
    time.sleep(max(0.0, seconds - 6))
    joiner = listen(url, 1, 4.0, picture)
    time.sleep(min(6.0, seconds))
    took_s = time.monotonic() - began_s
    found: dict[str, Any] = {
        "listeners": connected,
        "seconds": round(took_s),
        **{f"{name} thread": f"{100 * (cpu_s(t.native_id or 0) - before[name]) / took_s:.1f} %"
           for name, t in threads.items()},
        "a packet": f"{1000 * (audio.compute_s - compute_s) / max(1, audio.packets - packets):.2f} ms",
        "late hops": show.late_hops - late_hops,
        "sent late": f"{sound.late_packets} of {audio.packets - packets}",
        "worst": f"{1000 * sound.worst_late_s:.0f} ms",
    }  # fmt: skip
    joined = reports_of(joiner)[0]
    reports = [one for client in clients for one in reports_of(client)]
    dropped = sound.dropped_packets
    show.stop()
    memory.end()
    server.close()
    heard = [one for one in reports if "joined_s" in one]
    for name, said in (("gaps on the wire", "wire"), ("gaps as read", "read")):
        holes = sorted((at_s - all_there_s, gap_s) for one in heard for at_s, gap_s in one[f"{said}_holes"])
        print(f"{name}, seconds after the crowd was complete: {when(holes)}", file=sys.stderr)
        found[name] = told([gap_s for at_s, gap_s in holes if at_s - gap_s >= 0])
        found[f"{name} while the crowd came"] = told([gap_s for at_s, gap_s in holes if at_s - gap_s < 0])
    return found | {
        "lost": sum(one["lost"] for one in heard),
        "dropped": dropped,
        "steps": sorted({step for one in heard for step in one["steps"]}),
        "never heard": len(reports) - len(heard),
        "joined (median)": f"{np.median([one['joined_s'] for one in heard]):.2f} s",
        "late joiner": f"{joined['joined_s']:.2f} s" if "joined_s" in joined else joined["error"],
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def main() -> None:
    """Print a Markdown table, a row a number of listeners."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, nargs="+", default=[50])
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--picture", action="store_true", help="the picture too")
    options = parser.parse_args()
    prefer_process()  # as run_live.py and the show do
    for index, count in enumerate(options.listeners):
        found = measure(count, options.seconds, options.picture)
        if index == 0:
            print("| " + " | ".join(found) + " |\n" + "|---" * len(found) + "|")
        print("| " + " | ".join(str(value) for value in found.values()) + " |", flush=True)


if __name__ == "__main__":
    main()
