"""Two Link peers as two processes on one loopback. Runs inside a network namespace of its own.

    unshare -n python -m tests.realtime.link_scene

Prints what each peer saw: [[time_s, beat, bpm, peers, leads, error_ms], ...].
"""

import json
import subprocess
import sys
import time

from realtime.link import LinkPeer
from realtime.types import Beat, TimedEvent

OUR_BPM, THEIR_BPM = 112.0, 90.0


def take_part(name, seconds, start_s, bpm):
    """One peer; the leader has beats, on a grid of its own."""
    peer = LinkPeer(bpm, lead=name == "leader")
    if name == "leader":
        for number in range(int(seconds * OUR_BPM / 60) + 8):
            at_s = start_s + number * 60 / OUR_BPM
            beat = Beat(0, number % 4 + 1, number // 4, OUR_BPM, 0.9)
            time.sleep(max(0.0, at_s - 0.3 - time.perf_counter()))
            peer.send([TimedEvent(beat, at_s)])
            if time.perf_counter() > start_s + seconds:
                break
            yield sample(peer)
    else:
        end_s = time.perf_counter() + seconds
        while time.perf_counter() < end_s:
            time.sleep(0.1)
            yield sample(peer)
    peer.close()


def sample(peer):
    report, now_s = peer.report(), time.perf_counter()
    return [now_s, peer.phase_at(now_s), report.bpm, report.peers, report.leads, report.error_ms]


def main():
    if len(sys.argv) == 1:
        for command in ("ip link set lo up multicast on", "ip route add 224.0.0.0/4 dev lo"):
            subprocess.run(command.split(), check=True)
        start = str(time.perf_counter())
        run = [sys.executable, "-m", "tests.realtime.link_scene"]
        leader = subprocess.Popen([*run, "leader", "10", start, str(OUR_BPM)], stdout=subprocess.PIPE)
        time.sleep(5)
        guest = subprocess.Popen([*run, "guest", "4.5", start, str(THEIR_BPM)], stdout=subprocess.PIPE)
        seen = {"leader": json.loads(leader.communicate()[0]), "guest": json.loads(guest.communicate()[0])}
        print(json.dumps({"start_s": float(start), **seen}))
    else:
        name, seconds, start_s, bpm = sys.argv[1], *map(float, sys.argv[2:])
        print(json.dumps(list(take_part(name, seconds, start_s, bpm))))


if __name__ == "__main__":
    main()
