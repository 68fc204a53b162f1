"""Do beats reach the lights when they are heard? A real show, real time, sound card recorded.

    python -m tests.measure.lights --minutes 5 --targets 1
    python -m tests.measure.lights --minutes 5 --targets 10      # three of them are not there

A virtual dancer before the real pose tracker, the house bundle, PulseAudio's null sink as sound card and the
stage page; beats arrive in a process of their own, as on another computer. The tape's samples have wall times
(tape.py), so two things are told apart: arrival against the instant at which the beat's own sample is heard
(ours to keep), and against the audible attack next to it (the network's playing comes on top).
"""

import argparse
import json
import os
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import soxr
import yaml

from configs.report import machine, table, write_section
from evaluation.audio import read_samples
from features import onsets
from features.mel import SAMPLE_RATE_HZ
from realtime.null_card import NullCard
from realtime.osc.framing import LengthReader
from realtime.osc.hearing import attack
from realtime.osc.messages import decode
from realtime.osc.scheduler import go_first
from tests.measure.tape import Heard, Tape, lag_s

ROOT = Path(__file__).parents[2]
DEMO = "demo:bpm=112,style=house,seed=5,seconds={seconds:g}"
NEAR_S = 0.04
"""An attack further from the beat's sample is another note."""

SPAN_S, REACH_S = 0.4, 0.15
SETTLE_S = 10.0
"""Of the show, until lock and sound card have settled; not judged."""


@dataclass(frozen=True)
class Told:
    """A beat as the score declared it: its sample, and when the show said it would be heard."""

    number: int
    sample: int
    said_s: float


def receive(count: int) -> None:
    """Desks, every third of them by TCP: says their ports, then on end of input what came when."""
    go_first()
    listeners = [socket.socket(type=_kind(number)) for number in range(count)]
    for number, listener in enumerate(listeners):
        listener.bind(("127.0.0.1", 0))
        if _kind(number) == socket.SOCK_STREAM:
            listener.listen(1)
    print(json.dumps([listener.getsockname()[1] for listener in listeners]), flush=True)
    readers: dict[socket.socket, tuple[int, LengthReader]] = {}
    arrivals: list[tuple[int, int, float]] = []
    while True:
        told, ready = select_any(sys.stdin, [*listeners, *readers])
        now_s = time.perf_counter()
        if told:
            break
        for one in ready:
            if one in readers:
                number, reader = readers[one]
                data = one.recv(65_536)
                packets = reader.feed(data)
                if not data:
                    del readers[one]
            elif one.type == socket.SOCK_STREAM:
                readers[one.accept()[0]] = listeners.index(one), LengthReader()
                continue
            else:
                number, packets = listeners.index(one), [one.recv(65_536)]
            for packet in packets:
                arrivals += [
                    (number, beat_number(message.args), now_s)
                    for _, message in decode(packet)
                    if message.address == "/noverre/beat"
                ]
    print(json.dumps(arrivals), flush=True)


def select_any(text: TextIO, sockets: list[socket.socket]) -> tuple[bool, list[socket.socket]]:
    """Wait; whether there is text, and the sockets that have something."""
    ready = select.select([text, *sockets], [], [])[0]
    return text in ready, [one for one in sockets if one in ready]


def beat_number(args: Sequence[Any]) -> int:
    """Beats counted on, from a message's beat in bar and bar."""
    return int(4 * args[1] + args[0] - 1)


def _kind(number: int) -> socket.SocketKind:
    return socket.SOCK_STREAM if number % 3 == 2 else socket.SOCK_DGRAM


def targets_of(ports: list[int], dead: int) -> tuple[list[dict[str, Any]], list[socket.socket]]:
    """Configuration entries of desks that listen, and of some that do not; sockets to keep open."""
    found = [
        {"host": "127.0.0.1", "port": port, "transport": "tcp" if _kind(n) == socket.SOCK_STREAM else "udp"}
        for n, port in enumerate(ports)
    ]
    silent = socket.socket()
    silent.bind(("127.0.0.1", 0))
    silent.listen(0)
    kept = [silent]
    for _ in range(3):  # its queue is full: whoever comes next waits for ever
        crowd = socket.socket()
        crowd.setblocking(False)
        crowd.connect_ex(silent.getsockname())
        kept.append(crowd)
    gone = [
        {"host": "127.0.0.1", "port": 9, "transport": "udp"},
        {"host": "127.0.0.1", "port": 9, "transport": "tcp"},
        {"host": "127.0.0.1", "port": silent.getsockname()[1], "transport": "tcp"},
    ]
    return found + gone[:dead], kept


def perform(folder: Path, seconds: float, targets: list[dict[str, Any]], bundle: Path) -> Heard:
    """The show, and the tape of it."""
    keys = {
        "source": DEMO.format(seconds=seconds + 30), "seconds": seconds, "style": "house", "preview": False,
        "audio": ["auto", f"wav:{folder / 'rendered.wav'}"], "trace": str(folder / "trace.jsonl"),
        "osc": targets, "osc_log": str(folder / "osc.jsonl"), "bundle": str(bundle),
        "sound": {"device_rate": 48_000}, "stage": {"port": _free_port()},
    }  # fmt: skip
    (folder / "show.yaml").write_text(yaml.safe_dump(keys))
    tape = Tape(folder / "tape.raw")
    try:
        command = [sys.executable, "run_live.py", "--config", str(folder / "show.yaml")]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        (folder / "show.log").write_text(done.stdout + done.stderr)
        if done.returncode:
            raise SystemExit(f"the show failed:\n{done.stderr[-2000:]}")
        print("\n".join(done.stdout.splitlines()[-4:]))
        time.sleep(0.5)
    finally:
        heard = tape.stop()
    return heard


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def told_beats(folder: Path) -> list[Told]:
    """The score's beats after settling: samples from the trace, times from the OSC log."""
    said = {}
    for line in (folder / "osc.jsonl").read_text().splitlines():
        entry = json.loads(line)
        if entry["kind"] == "beat":
            said[beat_number(entry["args"])] = entry["heard_at_s"]
    beats = []
    for line in (folder / "trace.jsonl").read_text().splitlines():
        record = json.loads(line)
        if record["kind"] == "beat" and record["sample"] > SETTLE_S * SAMPLE_RATE_HZ:
            number = 4 * record["bar"] + record["beat_in_bar"] - 1
            if number in said:
                beats.append(Told(number, record["sample"], said[number]))
    return beats


def true_times(
    beats: list[Told], rendered: np.ndarray, heard: Heard
) -> tuple[dict[int, float], dict[int, float]]:
    """For each beat's number the wall time of its sample, and of the attack next to it."""
    samples_s, attacks_s = {}, {}
    span = round(SPAN_S / 2 * SAMPLE_RATE_HZ)
    slow = soxr.resample(heard.samples, 48_000, SAMPLE_RATE_HZ).astype(np.float32)
    picked, _ = onsets.step(onsets.start(), slow)
    places = np.array([attack(slow, onset.sample) for onset in picked]) / SAMPLE_RATE_HZ
    for beat in beats:
        around = rendered[beat.sample - span : beat.sample + span]
        if len(around) < 2 * span:
            continue
        late_s = lag_s(around, SAMPLE_RATE_HZ, heard, beat.said_s - SPAN_S / 2, REACH_S)
        if late_s is None:
            continue
        samples_s[beat.number] = beat.said_s + late_s
        at_s = places[np.argmin(np.abs(places - heard.place(samples_s[beat.number]) / 48_000))]
        attack_s = heard.wall_s(at_s * 48_000)
        if abs(attack_s - samples_s[beat.number]) < NEAR_S:
            attacks_s[beat.number] = attack_s
    return samples_s, attacks_s


def figures(name: str, errors_s: list[float]) -> tuple[str, ...]:
    """A row: count, median, p95 of the size, worst; ms, positive is late."""
    if not errors_s:
        return (name, "0", "", "", "")
    errors_ms = 1000 * np.array(errors_s)
    p95, worst = np.percentile(np.abs(errors_ms), (95, 100))
    return (name, str(len(errors_ms)), f"{np.median(errors_ms):+.2f}", f"{p95:.2f}", f"{worst:.1f}")


def main() -> None:
    """Perform, compare, print, and write if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--targets", type=int, default=1)
    parser.add_argument("--dead", type=int, help="how many of them are not there (default: 3 of 10)")
    parser.add_argument("--bundle", type=Path, default=Path("bundles/house"))
    parser.add_argument("--keep", type=Path, help="folder in which tape, trace and logs stay")
    parser.add_argument("--docs", type=Path, help="Markdown file whose section is rewritten")
    parser.add_argument("--receive", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.receive:
        receive(options.receive)
        return
    dead = options.dead if options.dead is not None else (3 if options.targets >= 4 else 0)
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        card = NullCard(Path(temporary) / "pulse")
        desks = subprocess.Popen(
            [sys.executable, "-m", __spec__.name, "--receive", str(options.targets - dead)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
        )  # fmt: skip
        assert desks.stdout is not None
        targets, _kept = targets_of(json.loads(desks.stdout.readline()), dead)
        try:
            heard = perform(folder, 60 * options.minutes, targets, options.bundle)
            arrivals = json.loads(desks.communicate("\n")[0])
        finally:
            card.close()
            desks.kill()
        text = judge(folder, heard, arrivals, options.targets - dead)
    load = f"load average {os.getloadavg()[0]:.1f}"
    command = f"`python -m tests.measure.lights --minutes {options.minutes:g} --targets {options.targets}`"
    head = f"{command}, {dead} of the targets not there; {machine()}, {load}."
    print(f"{head}\n\n{text}")
    if options.docs:
        write_section(options.docs, f"lights, {options.targets} targets", f"{head}\n\n{text}")


def judge(folder: Path, heard: Heard, arrivals: list[tuple[int, int, float]], desks: int) -> str:
    """The table."""
    beats = told_beats(folder)
    rendered = read_samples(folder / "rendered.wav")
    samples_s, attacks_s = true_times(beats, rendered, heard)
    said_s = {beat.number: beat.said_s for beat in beats}
    came = [(number, time_s) for _, number, time_s in arrivals if number in said_s]
    rows = [
        figures(
            "arrival after the attack that is heard", [t - attacks_s[n] for n, t in came if n in attacks_s]
        ),
        figures("arrival after its sample is heard", [t - samples_s[n] for n, t in came if n in samples_s]),
        figures("arrival after the time promised", [t - said_s[n] for n, t in came]),
        figures("promise after its sample is heard", [said_s[n] - t for n, t in samples_s.items()]),
        figures("attack after its sample", [t - samples_s[n] for n, t in attacks_s.items()]),
    ]
    missing = len(beats) * desks - len(came)
    counts = f"{len(beats)} beats told, {missing} messages of {len(beats) * desks} missing, "
    counts += f"{len(beats) - len(samples_s)} beats not found on the tape, "
    counts += f"{len(samples_s) - len(attacks_s)} without an attack within {1000 * NEAR_S:.0f} ms; "
    counts += f"the tape's own clock wandered {heard.wander_ms():.2f} ms."
    return f"{table(('ms', 'count', 'median', 'p95 of the size', 'worst'), rows)}\n\n{counts}"


if __name__ == "__main__":
    main()
