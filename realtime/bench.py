"""What a hop costs, stage by stage: ``python -m realtime.bench`` writes docs/benchmarks.md.

The whole line, camera to block, on the virtual clock with real pose tracking: every stage's own
time, free of waiting. Real-time factor: seconds of music per second of computing, pose included.
"""

import argparse
import json
import tempfile
import threading
import time
from pathlib import Path

from configs.bundle import load_bundle
from configs.report import machine, percentiles, table, write_section
from configs.schema import load_config
from dancer import VirtualDancer, parse_demo
from realtime.follower import Follower
from realtime.show import Show
from realtime.types import Landmarks

STAGES = ("follow", "window", "engine", "crossfade", "sinks")
SKIP_HOPS = 10  # windows that are still filling up


def measure(bundle: Path, seconds: float) -> tuple[dict[str, list[float]], float, float]:
    """Stage times in ms by name, the real-time factor, and seconds from start to the first block."""
    demo = f"demo:bpm=112,style=house,seed=1,seconds={seconds:g}"
    with tempfile.TemporaryDirectory() as folder:
        trace = Path(folder) / "trace.jsonl"
        keys = {"source": demo, "clock": "virtual", "audio": ("none",), "bundle": bundle, "trace": trace}
        began = time.perf_counter()
        show = Show(load_config(None, keys), say=lambda text: None)
        summary = show.run(threading.Event())
        total_s = time.perf_counter() - began
        records = [json.loads(line) for line in trace.read_text().splitlines()]
    hops = [record for record in records if record["kind"] == "hop"][SKIP_HOPS:]
    times = {stage: [hop["ms"][stage] for hop in hops] for stage in STAGES}
    times["hop, all stages"] = [sum(hop["ms"].values()) for hop in hops]
    times["pose, a frame"] = [r["pose_ms"] for r in records if r["kind"] == "frame"]
    return times, summary.seconds / (total_s - summary.start_up_s), summary.start_up_s


def drawing(frames: int = 60) -> list[float]:
    """Time to draw a frame of the virtual dancer, ms."""
    dancer = VirtualDancer(parse_demo("demo:style=house,seed=1"))
    times = []
    for index in range(frames):
        began = time.perf_counter()
        dancer.frame(index)
        times.append((time.perf_counter() - began) * 1000)
    return times


def following(seconds: float = 20.0) -> list[float]:
    """Time for the follower to take a frame, ms."""
    dancer, follower = VirtualDancer(parse_demo("demo:style=house,seed=1")), Follower()
    state, times = follower.start(), []
    for index in range(int(seconds * 30)):
        time_s = index / 30
        points = dancer.landmarks(time_s)
        began = time.perf_counter()
        state = follower.update(state, Landmarks(time_s, points, 4 / 3), time_s)
        times.append((time.perf_counter() - began) * 1000)
    return times


def report(bundle: Path, seconds: float) -> str:
    """The section of docs/benchmarks.md, as Markdown."""
    times, factor, start_s = measure(bundle, seconds)
    times["virtual dancer, a frame"] = drawing()
    times["follower, a frame"] = following()
    rows = [(name, *(f"{value:.2f}" for value in percentiles(values))) for name, values in times.items()]
    manifest = load_bundle(bundle).manifest
    hop_ms = 1e3 * manifest.hop_samples / manifest.sample_rate
    return "\n\n".join(
        [
            "## A hop, stage by stage",
            f"`python -m realtime.bench --seconds {seconds:g}`, bundle `{bundle}`; {machine()}. "
            f"A hop is {hop_ms:.1f} ms of music. Times in ms; the sound card and the camera are not in them.",
            table(("stage", "median", "p95", "p99"), rows),
            f"Real-time factor of the whole line in one process, drawing and pose included: "
            f"**{factor:.1f}**. "
            f"From the command to the first block, without a sound card: **{start_s:.1f} s**.",
        ]
    )


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, default=Path("bundles/house"))
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"))
    options = parser.parse_args()
    section = report(options.bundle, options.seconds)
    write_section(options.out, "stages", section)
    print(section)


if __name__ == "__main__":
    main()
