"""The whole line in real time, broken on a schedule: ``python -m realtime.soak --minutes 60``.

A loopback camera or the virtual dancer, real pose tracking, PulseAudio's null sink, OSC, a recording and a
trace. Prints what the audience would have heard of every fault, and what the machine had to give.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from configs.report import machine, table, write_section
from configs.schema import ShowConfig, load_config
from realtime.backend.guarded import GuardedBackend
from realtime.chaos import (
    DISK_FULL,
    FAULTS,
    FaultyEngine,
    FaultySink,
    Incident,
    Lamp,
    Scene,
    schedule,
    strike,
)
from realtime.ear import REACH_S, SPAN_S, Ear
from realtime.loopback_camera import LoopbackCamera
from realtime.null_card import RATE, NullCard
from realtime.opening import open_show
from realtime.show import Show, Summary
from realtime.vital_signs import VitalSigns

DEMO = "demo:bpm=112,style=house,seed=1,seconds=36000"
LOOK_S = 0.25
COMPARE_S = 5.0
BACK_S = 4.0
"""How long ago the sound is that is compared: by then it has come out and been heard."""
SETTLE_S = 20.0
AFTER_S = 2.0
"""What goes wrong this long after a fault still belongs to it."""


@dataclass
class Plan:
    """What is to be endured."""

    minutes: float
    faults: tuple[str, ...] | None
    """Names; empty: all; None: none."""
    every_s: float
    bundle: Path
    folder: Path
    seed: int = 0
    card: bool = True
    camera: bool = True
    record: bool = True


class Soak:
    """A show under observation.

    Raises:
        NoverreError: the show cannot be opened.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.began_s = time.perf_counter()
        self.said: list[tuple[float, str]] = []
        self.incidents: list[Incident] = []
        self.signs = VitalSigns()
        self.stop = threading.Event()
        self.outcome: list[Summary | BaseException] = []
        plan.folder.mkdir(parents=True, exist_ok=True)
        self.card = NullCard(plan.folder / "card") if plan.card else None
        self.camera: LoopbackCamera | None = None
        try:
            self.camera = LoopbackCamera(DEMO) if plan.camera else None
            self.lamp = Lamp()
            self.config = self._config()
            self.show, _ = open_show(self.config, self._hear)
        except BaseException:
            self._close()
            raise
        self.ear = Ear(self.show.manifest.sample_rate)
        self.scene = self._scene(self.show)

    def _config(self) -> ShowConfig:
        plan = self.plan
        keys = {
            "source": self.camera.url if self.camera else DEMO,
            "audio": ("auto",) if self.card else ("none",),
            "bundle": plan.bundle,
            "osc": (f"127.0.0.1:{self.lamp.port}",),
            "trace": plan.folder / "soak.jsonl",
            "record": plan.folder / "soak.mp4" if plan.record else None,
            "seconds": plan.minutes * 60,
            "preview": False,
        }
        return load_config(None, {key: value for key, value in keys.items() if value is not None})

    def _scene(self, show: Show) -> Scene:
        engine, sink = FaultyEngine(show.backend), FaultySink()
        show.backend = show.pipeline.backend = GuardedBackend([lambda: engine], self._hear)
        show.add_sink(sink)
        show.add_sink(self.ear)
        return Scene(show, engine, sink, self.card, self.camera, self.lamp)

    def _hear(self, text: str) -> None:
        self.said.append((time.perf_counter(), text))

    def run(self) -> None:
        """Perform, break, measure, until the time is over."""
        performer = threading.Thread(target=self._perform, name="show")
        watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)
        performer.start()
        watcher.start()
        try:
            if self.plan.faults is not None:
                self._break_things()
            performer.join()
        finally:
            self.stop.set()
            performer.join(timeout=30)
            watcher.join(timeout=5)
            self._close()

    def _perform(self) -> None:
        try:
            self.outcome.append(self.show.run(self.stop))
        except BaseException as error:
            self.outcome.append(error)
        finally:
            self.stop.set()

    def _close(self) -> None:
        if self.camera is not None:
            self.camera.close()
        if self.card is not None:
            self.card.close()

    def _break_things(self) -> None:
        next_fault = schedule(self.plan.faults or (), self.plan.seed)
        dice = np.random.default_rng(self.plan.seed)
        ends_s = time.perf_counter() + self.plan.minutes * 60 - 12
        self.stop.wait(SETTLE_S)
        while not self.stop.is_set() and time.perf_counter() < ends_s - 8:
            fault = next_fault()
            if not fault.needs or getattr(self.scene, fault.needs) is not None:
                self._endure(strike(fault, self.scene, self.stop))
                self.stop.wait(self.plan.every_s * dice.uniform(0.5, 1.5))
        if self.plan.record and not self.plan.faults and not self.stop.is_set():
            self._endure(strike(DISK_FULL, self.scene, self.stop))

    def _endure(self, incident: Incident) -> None:
        until_s = incident.well_s or time.perf_counter()
        incident.said = [text for at_s, text in self.said if incident.struck_s <= at_s <= until_s + 0.1]
        self.incidents.append(incident)

    def _watch(self) -> None:
        began_s = self.began_s = time.perf_counter()
        next_s = began_s + SETTLE_S
        while not self.stop.wait(LOOK_S):
            now_s = time.perf_counter()
            show = self.show
            health = show.playout.health
            vision = self.scene.vision
            own = [child.process.pid for child in (vision.capture, vision.pose) if child.process is not None]
            held_ms = health.held_samples / show.manifest.sample_rate * 1000
            drift = show.speaker.drift_ppm if show.speaker else 0.0
            self.signs.take(now_s - began_s, health.late_hops, show.underruns, held_ms, drift, own)
            if now_s >= next_s and self.card is not None:
                next_s = now_s + COMPARE_S
                self._compare(now_s - BACK_S - COMPARE_S)

    def _compare(self, start_s: float) -> None:
        assert self.card is not None
        heard = self.card.heard(start_s - REACH_S, SPAN_S + 2 * REACH_S)
        if heard is not None:
            self.ear.compare(start_s, heard, RATE)
        if self.ear.lags_s:
            lag_s = self.ear.lags_s[-1]
            span = self.card.heard(start_s + lag_s, COMPARE_S)
            if span is not None:
                self.ear.listen(start_s, span, RATE, lag_s)

    def outside(self, name: str) -> float:
        """What a counter rose by outside faults and start-up."""
        total, began_s = 0.0, self.began_s
        for at_s, rise in self.signs.steps(name):
            wall_s = began_s + at_s
            inside = any(
                one.struck_s <= wall_s <= (one.well_s or wall_s) + AFTER_S + LOOK_S for one in self.incidents
            )
            total += 0.0 if inside or at_s < SETTLE_S / 4 else rise
        return total


@dataclass(frozen=True)
class Verdict:
    """What came of a soak, in numbers."""

    seconds: float
    hops: int
    late_outside: float
    underruns_outside: float
    holes: tuple[tuple[float, float], ...]
    """Silences of over 0.1 s that no lost sound card explains: wall time, length."""
    unrecovered: tuple[str, ...]
    slowest_recovery_s: float
    own_growth_mb: float
    all_growth_mb: float
    files_growth: float
    threads_growth: float
    hop_ms_p99: float
    drift_ms: float
    likeness: float
    error: str
    faults: int
    """Faults that were struck."""


def judge(soak: Soak) -> Verdict:
    """Numbers from what was observed."""
    outcome = soak.outcome[0]
    summary = outcome if isinstance(outcome, Summary) else None
    began_s = soak.show.clock.origin_s
    silent = [one for one in soak.incidents if one.fault.silences]
    holes = tuple(
        (hole.start_s - began_s, hole.seconds)
        for hole in soak.ear.holes
        if not any(one.struck_s - 1 <= hole.start_s <= (one.well_s or 1e12) + 1 for one in silent)
    )
    recoveries = [one.recovery_s for one in soak.incidents if one.recovery_s is not None]
    return Verdict(
        seconds=summary.seconds if summary else 0.0,
        hops=summary.hops if summary else 0,
        late_outside=soak.outside("late_hops"),
        underruns_outside=soak.outside("underruns"),
        holes=holes,
        unrecovered=tuple(one.fault.name for one in soak.incidents if one.well_s is None),
        slowest_recovery_s=max(recoveries, default=0.0),
        own_growth_mb=soak.signs.growth("own_mb", SETTLE_S),
        all_growth_mb=soak.signs.growth("all_mb", SETTLE_S),
        files_growth=soak.signs.growth("files", SETTLE_S),
        threads_growth=soak.signs.growth("threads", SETTLE_S),
        hop_ms_p99=summary.hop_ms_p99 if summary else float("nan"),
        drift_ms=_drift_ms(soak, silent),
        likeness=float(np.median(soak.ear.likeness)) if soak.ear.likeness else float("nan"),
        error="" if summary else repr(outcome),
        faults=len(soak.incidents),
    )


def _drift_ms(soak: Soak, silent: list[Incident]) -> float:
    """Change of the lag between a beat's claimed and real time, over the longest quiet stretch."""
    times_s, lags_s = np.array(soak.ear.times_s), np.array(soak.ear.lags_s)
    good = np.array(soak.ear.likeness) > 0.9
    edges = [0.0, *(one.mended_s for one in silent), 1e12]
    stretches = [good & (times_s > start + 10) & (times_s < end - 3) for start, end in pairwise(edges)]
    longest = max(stretches, key=lambda mask: int(mask.sum()))
    lags_s = lags_s[longest]
    few = max(1, min(5, len(lags_s) // 4))
    return (
        float(np.median(lags_s[-few:]) - np.median(lags_s[:few])) * 1000 if len(lags_s) >= 4 else float("nan")
    )


def report(soak: Soak, verdict: Verdict) -> str:
    """The section of docs/reliability.md, as Markdown."""
    plan = soak.plan
    rows = [
        ("performed", f"{verdict.seconds:.0f} s, {verdict.hops} hops"),
        ("underruns outside faults", f"{verdict.underruns_outside:.0f}"),
        ("late hops outside faults", f"{verdict.late_outside:.0f}"),
        ("silences over 0.1 s, sound card present", f"{len(verdict.holes)}"),
        ("faults struck; not got over", f"{len(soak.incidents)}; {', '.join(verdict.unrecovered) or 'none'}"),
        ("slowest recovery", f"{verdict.slowest_recovery_s:.2f} s"),
        (
            "memory growth, show process; with its children",
            f"{verdict.own_growth_mb:.1f} MB; {verdict.all_growth_mb:.1f} MB",
        ),
        ("file descriptors, threads: growth", f"{verdict.files_growth:+.0f}, {verdict.threads_growth:+.0f}"),
        ("hop, p99", f"{verdict.hop_ms_p99:.1f} ms of {soak.show.pipeline.hop_s * 1000:.0f}"),
        ("drift between beats and the card's output", f"{verdict.drift_ms:+.2f} ms"),
        ("likeness of rendered and heard (correlation, median)", f"{verdict.likeness:.4f}"),
    ]
    if verdict.error:
        rows.append(("THE SHOW ENDED", verdict.error))
    faults = [
        (
            name,
            len(these),
            f"{max((one.recovery_s or 99.0) for one in these):.2f} s",
            (these[0].said or ["-"])[0].replace(str(plan.folder), "…"),
        )
        for name in dict.fromkeys(one.fault.name for one in soak.incidents)
        for these in ([one for one in soak.incidents if one.fault.name == name],)
    ]
    text = [
        f"### {plan.minutes:g} minutes, bundle `{plan.bundle}`",
        f"`python -m realtime.soak --minutes {plan.minutes:g} --every {plan.every_s:g} --seed {plan.seed}"
        f"{' --faults none' if plan.faults is None else ''}`; "
        f"{machine()}.",
        table(("measured", "value"), rows),
    ]
    if faults:
        text.append(table(("fault", "times", "slowest recovery", "what the performer reads first"), faults))
    return "\n\n".join(text)


def options_of(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m realtime.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    names = ", ".join(fault.name for fault in FAULTS)
    parser.add_argument("--faults", default="all", help=f"all, none, or names with commas between: {names}")
    parser.add_argument("--every", type=float, default=15.0, help="seconds between faults, about")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bundle", type=Path, default=Path("bundles/house"))
    parser.add_argument("--out", type=Path, help="write the report into this document, between its markers")
    parser.add_argument("--json", type=Path, help="and the numbers here")
    parser.add_argument("--keep", type=Path, help="folder for trace and recording; default: a temporary one")
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """0 if the show survived everything, else 1."""
    options = options_of(arguments)
    names = {"all": (), "none": None}.get(options.faults, tuple(options.faults.split(",")))
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        plan = Plan(options.minutes, names, options.every, options.bundle, folder, options.seed)
        soak = Soak(plan)
        soak.run()
        verdict = judge(soak)
    text = report(soak, verdict)
    print(text)
    for at_s, said in soak.said:
        print(f"{at_s - soak.show.clock.origin_s:8.2f}  {said}", file=sys.stderr)
    if options.out:
        write_section(options.out, "soak" if names is not None else "quiet", text)
    if options.json:
        options.json.write_text(json.dumps(verdict.__dict__, indent=1))
    return 1 if verdict.error or verdict.unrecovered else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
