"""Must show 8 of the house: somebody who stands still gives a steady groove, whatever the tracker's noise.

``python -m tests.measure.still CLIP...``: one picture of each clip, from its middle, is shown to the whole
line for ``--seconds``, with real pose tracking and the virtual clock: once exactly the same each time, once
with a camera's noise. Both are compared with nobody in view: what moves beyond that is the tracker's
noise. Clips are other people's pictures: keep them out of the repository.
"""

import argparse
import contextlib
import io
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.report import machine, table, write_section
from evaluation.answers import audible
from evaluation.audio import read_samples
from evaluation.trace import read_trace
from features.mel import SAMPLE_RATE_HZ

FPS = 30
SENSOR_NOISE = 4.0
"""Standard deviation, of 255: a webcam in a dim room."""
SETTLE_S = 8.0
"""Until the first bars have been built up; judged from here on."""
SPAN_S = 2.0


@dataclass(frozen=True)
class Groove:
    """What a still picture played."""

    seen: float
    """Share of frames with a person."""
    claimed: int
    """Beats claimed."""
    energy: float
    """The dancer's, 95th percentile over hops, 0..1."""
    level_db: float
    """Standard deviation over spans of two seconds; likewise below."""
    onsets_per_s: float
    brightness_octaves: float


def picture_of(clip: Path) -> NDArray[np.uint8]:
    """The middle picture of a clip."""
    capture = cv2.VideoCapture(str(clip))
    capture.set(cv2.CAP_PROP_POS_FRAMES, capture.get(cv2.CAP_PROP_FRAME_COUNT) // 2)
    there, image = capture.read()
    if not there:
        raise SystemExit(f"{clip} holds no pictures")
    height, width = (side // 2 * 2 for side in image.shape[:2])
    return np.asarray(image[:height, :width], np.uint8)


def film(path: Path, image: NDArray[np.uint8], seconds: float, noise: float) -> None:
    """The same picture over and over, as motion JPEG, with a noise that differs from picture to picture."""
    dice, (height, width) = np.random.default_rng(0), image.shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), FPS, (width, height))  # type: ignore[attr-defined]
    for _ in range(round(seconds * FPS)):
        grain = dice.standard_normal(image.shape, np.float32) * noise
        writer.write(np.clip(image + grain, 0, 255).astype(np.uint8))
    writer.release()


def perform(source: Path, seconds: float, folder: Path, bundle: Path) -> Groove:
    """Let the whole line play to a film, and look at what it played."""
    sound, trace_path = folder / "sound.wav", folder / "trace.jsonl"
    command = [sys.executable, "run_live.py", "--source", str(source), "--clock", "virtual", "--no-preview"]
    command += ["--bundle", str(bundle), "--style", "house", "--seconds", str(seconds)]
    command += ["--audio", f"wav:{sound}", "--trace", str(trace_path)]
    subprocess.run(command, check=True, capture_output=True)
    trace, samples = read_trace(trace_path), read_samples(sound)
    later = [hop for hop in trace.of("hop") if hop["heard_s"] >= SETTLE_S]
    span = round(SPAN_S * SAMPLE_RATE_HZ)
    starts = range(round(SETTLE_S * SAMPLE_RATE_HZ), len(samples) - span, span)
    heard = [audible(samples[start : start + span]) for start in starts]
    frames = trace.of("frame")
    return Groove(
        float(np.mean([bool(frame.get("people")) for frame in frames])) if frames else 0.0,
        len(trace.of("beat")),
        float(np.percentile([hop["energy"] for hop in later], 95)),
        float(np.std([one.loudness_db for one in heard])),
        float(np.std([one.onsets_per_s for one in heard])),
        float(np.std([one.brightness_octaves for one in heard])),
    )


def row_of(name: str, groove: Groove) -> tuple[str, ...]:
    """One line of the table."""
    return (
        name,
        f"{groove.seen:.0%}",
        str(groove.claimed),
        f"{groove.energy:.3f}",
        f"{groove.level_db:.2f}",
        f"{groove.onsets_per_s:.2f}",
        f"{groove.brightness_octaves:.3f}",
    )


def main() -> None:
    """Show, listen, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--bundle", type=Path, default=Path("bundles/house"))
    parser.add_argument("--docs", type=Path, help="write the table into this document, between its markers")
    options = parser.parse_args()
    rows = []
    empty = np.full((480, 640, 3), 90, np.uint8)
    pictures = [("nobody in view", empty), *((clip.name, picture_of(clip)) for clip in options.clips)]
    for name, image in pictures:
        for noise in (0.0, SENSOR_NOISE):
            with tempfile.TemporaryDirectory() as temporary, contextlib.redirect_stdout(io.StringIO()):
                folder = Path(temporary)
                film(folder / "still.avi", image, options.seconds, noise)
                groove = perform(folder / "still.avi", options.seconds, folder, options.bundle)
            rows.append(row_of(f"{name}, {'a noisy camera' if noise else 'no noise'}", groove))
            print(rows[-1], file=sys.stderr, flush=True)
    header = (
        "picture", "seen", "beats claimed", "energy, p95", "level, sd dB", "onsets a second, sd",
        "brightness, sd octaves",
    )  # fmt: skip
    text = f"`python -m tests.measure.still`, {options.seconds:.0f} s each; {machine()}."
    text += f"\n\n{table(header, rows)}"
    print(text)
    if options.docs:
        write_section(options.docs, "still", text)


if __name__ == "__main__":
    main()
