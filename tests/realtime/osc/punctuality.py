"""How punctual beats arrive, really: a sink in this process or its own, receivers in another.

    python -m tests.realtime.osc.punctuality --seconds 60 --targets 10 --dead 3 --process --busy

Not a test: it takes its time and its figures depend on the machine. docs/lighting.md quotes it.
"""

import argparse
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time

import numpy as np

from realtime.osc import OscSink, Target
from realtime.osc.framing import LengthReader
from realtime.osc.messages import decode
from realtime.osc.process import OscProcess
from realtime.osc.scheduler import go_first
from realtime.types import Beat, Landmarks, TimedEvent

BPM = 120.0


def receive(count, seconds):
    """The receivers: half UDP, half TCP; prints their ports, then what arrived when."""
    go_first()  # a desk is another computer: what is measured is when packets come, not when we look
    listeners = []
    for number in range(count):
        kind = socket.SOCK_DGRAM if number % 2 == 0 else socket.SOCK_STREAM
        listener = socket.socket(socket.AF_INET, kind)
        listener.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            listener.listen(1)
        listeners.append(listener)
    print(json.dumps([listener.getsockname()[1] for listener in listeners]), flush=True)
    readers, arrivals = {}, []
    end_s = time.perf_counter() + seconds
    while time.perf_counter() < end_s:
        for ready in select.select([*listeners, *readers], [], [], 0.1)[0]:
            now_s = time.perf_counter()
            if ready in readers:
                data = ready.recv(65_536)
                packets = readers[ready].feed(data)
                if not data:
                    del readers[ready]
            elif ready.type == socket.SOCK_STREAM:
                readers[ready.accept()[0]] = LengthReader()
                continue
            else:
                packets = [ready.recv(65_536)]
            for packet in packets:
                for _, message in decode(packet):
                    if message.address.endswith("/beat"):
                        arrivals.append((now_s, 4 * message.args[1] + message.args[0] - 1))
    print(json.dumps(arrivals), flush=True)


def dead_targets(count):
    """Refusing by UDP, refusing by TCP, and never answering by TCP (a listener whose queue is full)."""
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(0)
    crowd = [socket.socket() for _ in range(3)]
    for one in crowd:
        one.setblocking(False)
        one.connect_ex(silent.getsockname())
    kinds = [
        Target("127.0.0.1", 9, name="refuses UDP"),
        Target("127.0.0.1", 9, transport="tcp", name="refuses TCP"),
        Target("127.0.0.1", silent.getsockname()[1], transport="tcp", name="never answers"),
    ]
    return kinds[:count], (silent, crowd)


def compute():
    """A thread of pure Python, as a show should not have."""
    while True:
        sum(range(100_000))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--targets", type=int, default=10)
    parser.add_argument("--dead", type=int, default=3)
    parser.add_argument("--process", action="store_true")
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--receive", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.receive:
        receive(options.receive, options.seconds)
        return
    alive = options.targets - options.dead
    command = [
        sys.executable,
        "-m",
        __spec__.name,
        "--receive",
        str(alive),
        "--seconds",
        str(options.seconds + 3),
    ]
    receivers = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    ports = json.loads(receivers.stdout.readline())
    targets = [
        Target("127.0.0.1", port, transport="udp" if number % 2 == 0 else "tcp")
        for number, port in enumerate(ports)
    ]
    dead, kept = dead_targets(options.dead)
    sink = (OscProcess if options.process else OscSink)([*targets, *dead])
    if options.busy:
        threading.Thread(target=compute, daemon=True).start()
    start_s = play(sink, options.seconds)
    arrivals = np.array(json.loads(receivers.stdout.readline()))
    errors_ms = 1000 * (arrivals[:, 0] - start_s - arrivals[:, 1] * 60 / BPM)
    median, low, high, worst = np.percentile(errors_ms, (50, 2.5, 97.5, 100))
    p95 = np.percentile(np.abs(errors_ms), 95)
    beats = int(arrivals[:, 1].max()) + 1
    print(f"{vars(options)}; load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{len(errors_ms)} of {beats * alive} beats arrived; ms after they are heard: median {median:.2f}, "
          f"95 % within {low:.2f} .. {high:.2f}, |p95| {p95:.2f}, worst {worst:.2f}")  # fmt: skip
    sink.close()
    for report in sink.report()[-options.dead - 1 :]:
        print(report)
    del kept


def play(sink, seconds):
    """Beats, told a quarter of a second ahead, poses at 30 Hz, state four times a second."""
    pose = Landmarks(0.0, np.random.default_rng(0).random((33, 4), np.float32), 4 / 3)
    start_s, told, frame = time.perf_counter() + 1.0, 0, 0
    while (now_s := time.perf_counter()) < start_s + seconds:
        while start_s + told * 60 / BPM < min(now_s + 0.25, start_s + seconds):
            beat = Beat(0, told % 4 + 1, told // 4, BPM, 0.9)
            sink.send([TimedEvent(beat, start_s + told * 60 / BPM)])
            told += 1
        sink.send_pose(pose)
        if frame % 8 == 0:
            sink.send_state("house", 0.5, told, "playing")
        frame += 1
        time.sleep(1 / 30)
    return start_s


if __name__ == "__main__":
    main()
