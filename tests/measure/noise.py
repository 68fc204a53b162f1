"""Dances seen through a poor tracker: are the beats that would be played the dancer's?

``python -m tests.measure.noise --runs 30``. Landmarks as MediaPipe reports them of real video (dancer/sight,
``difficulty`` 1.5 for a drawn figure's 1), from a camera of 25 frames a second that jitters and drops one
frame in five; follower and conductor as in the show, hop by hop, 0.22 s ahead. No picture is drawn and no
sound made, so a run takes seconds: what the sound adds is measured by tests.measure.alignment.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.bundle import load_bundle
from configs.report import machine, table, write_section
from dancer import VirtualDancer, parse_demo
from dancer.sight import Sight, watch
from evaluation.alignment import Alignment, align
from realtime.conductor import PhasePlan, conduct
from realtime.follower import Follower
from realtime.types import Landmarks
from tests.measure.alignment import demo_of, summary

HOP_S = load_bundle(Path("bundles/house")).manifest.hop_samples / 22050
LEAD_S, SETTLE_S = 0.22, 0.07
POOR = Sight(fps=25, fps_jitter=0.1, dropped=0.2, difficulty=1.5)


def played_beats(
    times_s: NDArray[np.float64],
    points: NDArray[np.float32],
    aspect: float,
    style_bpm: float,
    seconds: float,
) -> NDArray[np.float64]:
    """When claimed beats would sound, of landmarks ``[T, 33, 4]`` at ``times_s``; NaN: nobody found."""
    follower = Follower()
    state, at = follower.start(0.0, style_bpm), 0
    plan: PhasePlan | None = None
    beats: list[float] = []
    for hop in range(int(seconds / HOP_S)):
        horizon_s, heard_s = hop * HOP_S - SETTLE_S, hop * HOP_S + LEAD_S
        while at < len(times_s) and times_s[at] <= horizon_s:
            found = np.isfinite(points[at]).all()
            pose = Landmarks(float(times_s[at]), points[at], aspect) if found else None
            state = follower.update(state, pose, float(times_s[at]))
            at += 1
        state = follower.update(state, None, horizon_s)
        grid = state.grid()
        plan = conduct(plan, grid, heard_s, heard_s + HOP_S)
        if grid.locked:
            beats += [time_s for _, time_s in plan.beats_between(heard_s, heard_s + HOP_S)]
    return np.unique(beats)


def watched(run: int, seconds: float, sight: Sight, style_bpm: dict[str, float]) -> Alignment:
    """One dance of tests.measure.alignment, seen by ``sight`` instead of the pose tracker."""
    spec, style, _ = demo_of(run, seconds)
    config = parse_demo(spec)
    dancer = VirtualDancer(config)
    times_s, points = watch(dancer.landmarks, seconds, config.aspect, sight, np.random.default_rng(run))
    beats = played_beats(times_s, points, config.aspect, style_bpm[style], seconds)
    return align(dancer.truth.beat_times_s, beats)


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=30)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--bundle", type=Path, default=Path("bundles/house"))
    parser.add_argument("--docs", type=Path, help="Markdown file whose section 'noise' is rewritten")
    options = parser.parse_args()
    style_bpm = {style.name: style.bpm for style in load_bundle(options.bundle).manifest.styles}
    results = []
    for run in range(options.first, options.first + options.runs):
        results.append(watched(run, options.seconds, POOR, style_bpm))
        one = results[-1]
        print(f"{run:3d}: F70 {one.f_70:.3f} F25 {one.f_25:.3f} lock {one.lock_s}", flush=True)
    text = table(("measure", "claimed"), [(name, f"{value:.3g}") for name, value in summary(results).items()])
    print(text)
    if options.docs:
        head = f"`python -m tests.measure.noise --runs {options.runs}`; {machine()}."
        write_section(options.docs, "noise", f"## The beat, seen poorly\n\n{head}\n\n{text}")


if __name__ == "__main__":
    main()
