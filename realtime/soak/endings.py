"""Shows that end badly, and what they leave: ``python -m realtime.soak.endings --times 20``.

The real program with everything on (film, trace, WAV, OSC and its log, stage page) is killed with
``kill -9``, interrupted with Ctrl-C, or meets a full disk, each at random moments. Then its files are read.
"""

import argparse
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from configs.bundle import load_bundle
from configs.report import machine, table, write_section
from realtime.soak.kept import Kept, look_at
from realtime.soak.listeners import free_port
from realtime.trace import is_trace, read_trace

ROOT = Path(__file__).parent.parent.parent
BEGUN_HOPS, MOST_S = 8, 6.0
START_S = 90.0
END_S = 1.0
LOST_S = 1.0
FULL_SHOW_S = 8.0


@dataclass(frozen=True)
class Ending:
    """How one show ended, and what was left of it."""

    how: str
    seconds: float
    """Show time of the last hop in the trace, or of the end."""
    took_s: float
    """From the signal to the program's being gone."""
    film_lost_s: float
    """Of picture and sound, the worse, before ``seconds``."""
    wav_lost_s: float
    faults: tuple[str, ...]


class Stage:
    """A folder in which shows are performed."""

    def __init__(self, folder: Path, bundle: Path) -> None:
        self.folder, self._bundle = folder, bundle
        self.hop_samples = load_bundle(bundle).manifest.hop_samples

    @property
    def trace(self) -> Path:
        """Of the show that runs."""
        return self.folder / "t.jsonl"

    def begin(self, *more: str, limit_bytes: int | None = None) -> "subprocess.Popen[str]":
        """Start a show; ``limit_bytes``: no file may grow larger."""
        for path in self.folder.iterdir():
            path.unlink()
        config = self.folder / "c.yaml"
        config.write_text(f"osc: ['127.0.0.1:9']\nstage: {{port: {free_port()}}}\n" if not more else "{}\n")
        files = ["--audio", f"wav:{self.folder}/a.wav", "--record", f"{self.folder}/a.mp4"]
        files += ["--trace", str(self.trace), "--osc-log", f"{self.folder}/o.jsonl"]
        command = [sys.executable, "run_live.py", "--config", str(config), "--bundle", str(self._bundle)]
        command += ["--source", "demo:seconds=600", "--no-preview", *files, *more]

        def limit() -> None:
            if limit_bytes is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

        return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, preexec_fn=limit)

    def performing(self, process: "subprocess.Popen[str]") -> None:
        """Wait until some hops have been played."""
        deadline_s = time.monotonic() + START_S
        while not self.trace.is_file() or self.trace.read_bytes().count(b'{"kind":"hop"') < BEGUN_HOPS:
            if process.poll() is not None or time.monotonic() > deadline_s:
                raise RuntimeError(f"the show did not begin: {process.stderr and process.stderr.read()}")
            time.sleep(0.05)

    def left(self) -> tuple[Kept, float, float]:
        """What was kept, seconds in the WAV, show time of the last hop."""
        kept = look_at(self.folder, self.trace)
        hops = [record["now_s"] for record in read_trace(self.trace) if record["kind"] == "hop"]
        with wave.open(str(self.folder / "a.wav")) as file:
            return kept, file.getnframes() / file.getframerate(), hops[-1] if hops else 0.0


def killed(stage: Stage, dice: random.Random) -> Ending:
    """``kill -9`` at a random moment."""
    process, took_s = _struck(stage, dice, signal.SIGKILL)
    time.sleep(1.0)  # its children notice, and go
    return _judged("kill -9", stage, took_s, whole=False, said="", code=process.returncode)


def interrupted(stage: Stage, dice: random.Random) -> Ending:
    """Ctrl-C at a random moment."""
    process, took_s = _struck(stage, dice, signal.SIGINT)
    assert process.stderr is not None
    ending = _judged("Ctrl-C", stage, took_s, True, process.stderr.read(), process.returncode)
    return ending


def full(stage: Stage, dice: random.Random) -> Ending:
    """A disk that is full before the show is over; virtual time."""
    limit = int(10 ** dice.uniform(4.3, 5.7))
    process = stage.begin("--clock", "virtual", "--seconds", f"{FULL_SHOW_S:g}", limit_bytes=limit)
    said = process.communicate(timeout=300)[1]
    faults = [] if process.returncode == 0 and "s of music in" in said else [f"ended with {said[-300:]}"]
    kept, wav_s, last_s = stage.left()
    faults += [f"{film.name}: {film.error}" for film in kept.films if film.error]
    faults += [kept.trace_error] if kept.trace_error else []
    with wave.open(str(stage.folder / "a.wav")) as file:
        broken = file.getnframes() % stage.hop_samples and wav_s < FULL_SHOW_S - 1
        faults += ["the WAV ends within a block"] if broken else []
    said_all = sum("ends here" in line for line in said.splitlines()) + said.count("failed (")
    faults += ["nothing was said"] if not said_all and last_s < FULL_SHOW_S - 1 else []
    return Ending("disk full", last_s, 0.0, 0.0, 0.0, tuple(faults))


def _struck(stage: Stage, dice: random.Random, how: signal.Signals) -> tuple["subprocess.Popen[str]", float]:
    process = stage.begin()
    stage.performing(process)
    time.sleep(dice.uniform(0.0, MOST_S))
    began_s = time.perf_counter()
    process.send_signal(how)
    process.wait(timeout=60)
    return process, time.perf_counter() - began_s


def _judged(how: str, stage: Stage, took_s: float, whole: bool, said: str, code: int) -> Ending:
    kept, wav_s, last_s = stage.left()
    film = kept.films[0] if kept.films else None
    film_lost_s = last_s - min(film.picture_s, film.sound_s) if film else last_s
    faults = [f"{film.name}: {film.error}"] if film and film.error else []
    faults += [kept.trace_error] if kept.trace_error else []
    faults += [] if is_trace(stage.trace) else ["the trace has lost its head"]
    if whole:
        faults += [] if kept.complete and code == 0 else [f"ended with code {code}"]
        faults += ["a traceback was shown"] if "Traceback" in said else []
        faults += [f"took {took_s:.2f} s"] if took_s > END_S else []
    faults += [f"film: {film_lost_s:.2f} s are lost"] if film_lost_s > LOST_S else []
    return Ending(how, last_s, took_s, film_lost_s, max(0.0, last_s - wav_s), tuple(faults))


HOW: dict[str, Callable[[Stage, random.Random], Ending]] = {
    "killed": killed,
    "interrupted": interrupted,
    "full": full,
}


def report(endings: list[Ending], command: str) -> str:
    """The section of docs/reliability.md."""
    rows = []
    for how in dict.fromkeys(one.how for one in endings):
        these = [one for one in endings if one.how == how]
        bad = [fault for one in these for fault in one.faults]
        ends = [one.took_s for one in these]
        rows.append((
            how,
            len(these),
            f"{np.median(ends):.2f}, {max(ends):.2f} s" if how == "Ctrl-C" else "-",
            f"{max(one.film_lost_s for one in these):.2f} s" if how != "disk full" else "-",
            f"{max(one.wav_lost_s for one in these):.2f} s" if how != "disk full" else "-",
            "; ".join(bad[:5]) or "none",
        ))  # fmt: skip
    heads = ("end", "times", "gone after (median, longest)", "film lost, most", "WAV lost, most", "faults")
    return f"`{command}`; {machine()}.\n\n{table(heads, rows)}"


def main(arguments: list[str]) -> int:
    """0 if every show left what it should."""
    parser = argparse.ArgumentParser(prog="python -m realtime.soak.endings", description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--how", nargs="*", choices=list(HOW), default=list(HOW))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bundle", type=Path, default=Path("bundles/house"))
    parser.add_argument("--out", type=Path, help="write the report into this document, between its markers")
    options = parser.parse_args(arguments)
    endings, dice = [], random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), options.bundle.resolve())
        for how in options.how:
            for _ in range(options.times):
                endings.append(HOW[how](stage, dice))
                print(endings[-1], file=sys.stderr)
    text = report(endings, " ".join(["python -m realtime.soak.endings", "--times", str(options.times)]))
    print(text)
    if options.out:
        write_section(options.out, "endings", text)
    return 1 if any(one.faults for one in endings) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
