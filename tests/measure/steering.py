"""Steps of a dancer's energy, performed in real time to a null sink: how soon does the music answer?

``python -m tests.measure.steering --steps 30 --docs docs/benchmarks.md`` makes one show of a virtual
dancer whose energy steps up and down every 8 to 9 s, never in time with the bars, and lets
``python -m evaluation steering`` judge the sound by the trace.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from configs.report import machine, table, write_section
from evaluation.audio import read_samples
from evaluation.steering import Steering, steering_of
from evaluation.trace import read_trace
from realtime.null_card import NullCard

ROOT = Path(__file__).parent.parent.parent
FIRST_S, LAST_S = 14.0, 7.0
LOW, HIGH = 0.15, 0.9


def demo_of(steps: int, bpm: float, style: str, seed: int) -> tuple[str, float]:
    """Specification and length (s) of a dance with so many steps of energy."""
    random = np.random.default_rng(seed)
    times_s = FIRST_S + np.cumsum(random.uniform(8.0, 9.0, steps)) - 8.0
    levels = [HIGH if k % 2 == 0 else LOW for k in range(steps)]
    points = ";".join(f"{t:.2f}:{level}" for t, level in zip(times_s, levels, strict=True))
    seconds = float(times_s[-1]) + LAST_S
    spec = f"demo:bpm={bpm:g},style={style},seed={seed},seconds={seconds:.0f},energy=0:{LOW};{points}"
    return spec, seconds


def perform(spec: str, style: str, seconds: float, options: argparse.Namespace) -> Steering:
    """One show, scored."""
    with tempfile.TemporaryDirectory() as folder:
        wav, trace = Path(folder) / "a.wav", Path(folder) / "t.jsonl"
        card = NullCard(Path(folder) / "card") if options.clock == "real" else None
        command = [sys.executable, "run_live.py", "--source", spec, "--style", style, "--no-preview"]
        command += ["--seconds", f"{seconds:g}", "--bundle", str(options.bundle), "--clock", options.clock]
        command += ["--audio", f"wav:{wav}", "--trace", str(trace)] + (["--audio", "auto"] if card else [])
        try:
            subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        finally:
            if card is not None:
                card.close()
        if options.keep:
            options.keep.mkdir(parents=True, exist_ok=True)
            shutil.copy(wav, options.keep / "steering.wav")
            shutil.copy(trace, options.keep / "steering.jsonl")
        return steering_of(read_samples(wav), read_trace(trace))


def main() -> None:
    """Perform, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--bpm", type=float, default=118.0)
    parser.add_argument("--style", default="house")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--bundle", type=Path, default=Path("bundles/house"))
    parser.add_argument("--clock", choices=("virtual", "real"), default="real")
    parser.add_argument("--keep", type=Path, help="folder for the sound and the trace")
    parser.add_argument("--docs", type=Path, help="Markdown file whose section 'steering' is rewritten")
    options = parser.parse_args()
    spec, seconds = demo_of(options.steps, options.bpm, options.style, options.seed)
    found = perform(spec, options.style, seconds, options)
    for trial in found.trials:
        told = "not heard" if trial.delay_s is None else f"{1e3 * trial.delay_s:.0f} ms"
        print(f"{trial.step.time_s:6.1f} s {trial.step.before:.2f} -> {trial.step.after:.2f}: {told}")
    heard = sum(trial.delay_s is not None for trial in found.trials)
    rows = [
        ("steps heard", f"{heard} of {len(found.trials)}"),
        ("moved the right way", f"{found.right_way_rate:.0%}"),
        ("false alarms", f"{found.false_alarm_rate:.0%}"),
        ("from the will to move: median, ms", f"{found.delay_ms(50):.0f}"),
        ("p95, ms", f"{found.delay_ms(95):.0f}"),
        ("from the movement: median, ms", f"{found.from_movement_ms(50):.0f}"),
        ("p95, ms", f"{found.from_movement_ms(95):.0f}"),
    ]
    text = table(("movement to audible change", options.clock), rows)
    print(text)
    if options.docs:
        head = f"`python -m tests.measure.steering --steps {options.steps}`; {machine()}."
        write_section(options.docs, "steering", f"## From movement to sound\n\n{head}\n\n{text}")


if __name__ == "__main__":
    main()
