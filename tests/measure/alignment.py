"""Thirty dances through the whole line: are the audible beats the dancer's?

``python -m tests.measure.alignment --runs 30 --keep build/dances --docs docs/benchmarks.md``. Every run is a
real show (real pose tracking) of a virtual dancer whose truth only this script reads. Tempi 70-160, all
styles, steady, drifting and stepping; ``--no-anticipation`` shows what that buys. What a camera would have
seen does not depend on what is played, so the traces under ``--keep`` are replayed where they fit: the same
poses, the whole rest of the line anew. ``--clock real`` plays to PulseAudio's null sink, nothing kept.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import yaml

from configs.genres import GENRES
from configs.report import machine, table, write_section
from evaluation.alignment import Alignment, alignment_of
from evaluation.audio import read_samples
from evaluation.trace import Trace, read_trace
from realtime.null_card import NullCard

ROOT = Path(__file__).parent.parent.parent
KINDS = ("steady", "drift", "step")


def demo_of(run: int, seconds: float) -> tuple[str, str, str]:
    """Specification, style and kind of tempo of a run: the same run is always the same dance."""
    random = np.random.default_rng(run)
    style, kind = GENRES[run % len(GENRES)], KINDS[(run // len(GENRES)) % len(KINDS)]
    bpm = 70 + 90 * ((run * 0.618034) % 1.0)
    spec = f"demo:bpm={bpm:.1f},style={style},seed={1000 + run},seconds={seconds:g}"
    if kind == "drift":
        spec += ",drift=0.03,drift_period=12"
    if kind == "step":
        faster = bpm * (1.15 if random.random() < 0.5 else 1 / 1.15)
        spec += f",steps={seconds / 2:g}:{faster:.1f}"
    return spec, style, kind


def perform(spec: str, style: str, options: argparse.Namespace) -> dict[str, Alignment]:
    """One show, scored."""
    kept = kept_trace(spec, options)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wav, trace, config = (folder / name for name in ("a.wav", "t.jsonl", "c.yaml"))
        timing = {"anticipate": not options.no_anticipation}
        config.write_text(yaml.safe_dump({"timing": timing}))
        command = [sys.executable, "run_live.py", "--config", str(config), "--audio", f"wav:{wav}"]
        command += ["--trace", str(trace), "--bundle", str(options.bundle), "--no-preview"]
        if kept is not None and kept.exists():
            command += ["--source", str(retimed(kept, folder / "kept.jsonl", timing))]
        else:
            command += ["--source", spec, "--style", style, "--seconds", f"{options.seconds:g}"]
            command += ["--clock", options.clock] + (["--audio", "auto"] if options.clock == "real" else [])
        done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-500:]}{done.stderr[-1500:]}")
        found = read_trace(trace)
        if kept is not None and not kept.exists():
            kept.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(trace, kept)
        elif kept is not None:
            found = Trace(found.records | {"truth": read_trace(kept).of("truth")}, found.name)
        return alignment_of(read_samples(wav), found)


def kept_trace(spec: str, options: argparse.Namespace) -> Path | None:
    """Where a dance's trace is kept: by what was danced and by the code that drew it and saw it."""
    if options.keep is None or options.clock == "real":
        return None
    code = [*sorted((ROOT / "dancer").rglob("*.py")), *sorted((ROOT / "realtime").glob("pose*.py"))]
    told = hashlib.sha256(spec.encode())
    for path in code:
        told.update(path.read_bytes())
    return Path(options.keep) / f"{told.hexdigest()[:16]}.jsonl"


def retimed(kept: Path, copy: Path, timing: dict[str, bool]) -> Path:
    """A copy of a trace whose header asks for another timing; a replay obeys the header."""
    with kept.open() as old, copy.open("w") as new:
        header = json.loads(next(old))
        header["config"]["timing"] |= timing
        new.write(json.dumps(header, separators=(",", ":")) + "\n")
        shutil.copyfileobj(old, new)
    return copy


def summary(results: list[Alignment]) -> dict[str, float]:
    """Means of scores, medians of times, over the runs that locked."""
    locks = [one.lock_s for one in results if one.lock_s is not None]
    relocks = [time_s for one in results for time_s in one.relocks_s]
    done = [time_s for time_s in relocks if time_s is not None]
    return {
        "runs": len(results),
        "locked": len(locks),
        "F at 70 ms": float(np.mean([one.f_70 for one in results])),
        "F at 25 ms": float(np.mean([one.f_25 for one in results])),
        "median signed error, ms": float(np.median([one.median_ms for one in results])),
        "p95 absolute error, ms": float(np.median([one.p95_ms for one in results])),
        "lock, median s": float(np.median(locks)) if locks else float("nan"),
        "lock, p95 s": float(np.percentile(locks, 95)) if locks else float("nan"),
        "tempo right, share of runs": float(np.mean([one.octave == 1.0 for one in results])),
        "re-lock within 4 s": sum(time_s <= 4.0 for time_s in done) / len(relocks)
        if relocks
        else float("nan"),
    }


SCORED = (
    "Virtual dances of 40 s through the whole line with real pose tracking: *claimed* is the "
    "score's grid, *heard* what a beat tracker finds in the audio; both against the dancer's true beats."
)


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--bundle", type=Path, default=Path("bundles/house"))
    parser.add_argument("--no-anticipation", action="store_true")
    parser.add_argument("--clock", choices=("virtual", "real"), default="virtual")
    parser.add_argument("--keep", type=Path, help="folder of traces: kept, and replayed the next time")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--docs", type=Path, help="Markdown file whose section 'alignment' is rewritten")
    options = parser.parse_args()
    card = tempfile.TemporaryDirectory() if options.clock == "real" else None
    null_card = NullCard(Path(card.name)) if card else None
    runs = []
    for run in range(options.first, options.first + options.runs):
        spec, style, kind = demo_of(run, options.seconds)
        found = perform(spec, style, options)
        runs.append((spec, kind, found))
        told = {name: (round(one.f_70, 3), round(one.f_25, 3), one.lock_s) for name, one in found.items()}
        print(f"{run:3d} {spec}: {told}", flush=True)
    if null_card is not None:
        null_card.close()
    ways = sorted({way for _, _, found in runs for way in found})
    totals = {way: summary([found[way] for _, _, found in runs if way in found]) for way in ways}
    rows = [(name, *(f"{totals[way][name]:.3g}" for way in ways)) for name in totals[ways[0]]]
    for tempo in KINDS:
        some = [found for _, kind, found in runs if kind == tempo and all(way in found for way in ways)]
        if some:
            shares = [f"{np.mean([found[way].f_25 for found in some]):.3g}" for way in ways]
            rows.append((f"F at 25 ms, {tempo} tempo ({len(some)} runs)", *shares))
    text = table(("measure", *ways), rows)
    print(text)
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        record = [
            {"demo": spec, "tempo": kind, **{way: asdict(one) for way, one in found.items()}}
            for spec, kind, found in runs
        ]
        whole = {"machine": machine(), "summary": totals, "runs": record}
        options.out.write_text(json.dumps(whole, indent=1))
    if options.docs:
        title = "## Whose beat is it"
        title += ", without anticipation" if options.no_anticipation else ""
        title += ", on the real clock?" if options.clock == "real" else "?"
        name = "alignment-without" if options.no_anticipation else "alignment"
        name += "-real" if options.clock == "real" else ""
        command = f"python -m tests.measure.alignment {' '.join(sys.argv[1:])}"
        head = f"{title}\n{SCORED}\n\n`{command}`; {machine()}."
        write_section(options.docs, name, f"{head}\n\n{text}")


if __name__ == "__main__":
    main()
