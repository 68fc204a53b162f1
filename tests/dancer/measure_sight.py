"""Measures how MediaPipe errs on the drawn figure: ``python -m tests.dancer.measure_sight MODEL.task``.

Prints, for each group of landmarks of dancer/sight.py, what its constants claim and what is found now.
Takes about two minutes of one core; not a test.
"""

import sys
from pathlib import Path

import numpy as np

from dancer import DancerConfig, VirtualDancer
from dancer.camera import Viewpoint
from dancer.sight import PARTS
from dancer.vocabulary import STYLES
from features.landmarks import torso_lengths
from tests.dancer.test_seen_by_mediapipe import tracked

FRAMES, FPS = 240, 30
LAGS = np.arange(-0.5, 2.01, 0.1)  # frames


def clips() -> list[VirtualDancer]:
    """One dancer a style, each in another place before another camera."""
    rng = np.random.default_rng(5)
    made = []
    for k, style in enumerate(STYLES):
        view = Viewpoint(
            distance_m=float(rng.uniform(2.6, 5)),
            height_m=float(rng.uniform(0.7, 1.7)),
            azimuth_deg=float(rng.uniform(-50, 50)),
            shake=float(rng.uniform(0, 1)),
        )
        bpm = float(rng.uniform(80, 140))
        made.append(VirtualDancer(DancerConfig(bpm, style, 100 + k, energy=0.7, seconds=8, view=view)))
    return made


def best_lag(seen: np.ndarray, exact: np.ndarray) -> tuple[float, np.ndarray]:
    """The delay in frames that explains most of one joint's error ``[T, 2]``, and what it leaves."""
    frames = np.arange(len(seen))
    tried = []
    for lag in LAGS:
        late = np.stack([np.interp(frames - lag, frames, exact[:, c]) for c in (0, 1)], -1)
        rest = (seen - late)[5:-5]
        rest = rest - np.nanmean(rest, axis=0)
        tried.append((np.nanmedian(np.sum(rest**2, axis=-1)), lag, rest))
    _, lag, rest = min(tried, key=lambda row: row[0])
    return float(lag), rest


def main(model: Path) -> None:
    """Tracks every clip and prints the table."""
    rows: dict[int, list[tuple[float, np.ndarray, np.ndarray, np.ndarray]]] = {j: [] for j in range(33)}
    found, total = 0, 0
    for dancer in clips():
        seen = tracked(dancer, range(FRAMES), video=True, model=model)
        exact = dancer.landmarks(np.arange(FRAMES) / FPS)
        found, total = found + int(np.isfinite(seen[:, 0, 0]).sum()), total + FRAMES
        scale = np.array([dancer.config.aspect, 1]) / np.median(torso_lengths(exact, dancer.config.aspect))
        for joint in range(33):
            a, b = seen[:, joint, :2] * scale, exact[:, joint, :2] * scale
            lag, rest = best_lag(a, b)
            speed = np.linalg.norm(np.gradient(b, axis=0), axis=-1)[5:-5] * FPS
            rows[joint].append((lag, rest, speed, np.nanmean(a - b, axis=0)))
    print(f"found in {found} of {total} frames")
    for part in PARTS:
        mine = [row for joint in part.landmarks for row in rows[joint]]
        rest, speed = np.concatenate([row[1] for row in mine]), np.concatenate([row[2] for row in mine])
        slow = np.abs(rest[(speed < 0.6) & np.isfinite(rest[:, 0])])
        fast = np.abs(rest[(speed > 2) & (speed < 4) & np.isfinite(rest[:, 0])])
        kept = [np.nanmean(row[1][1:] * row[1][:-1]) / np.nanmean(row[1] ** 2) for row in mine]
        print(
            f"landmarks {part.landmarks[0]:2d}-{part.landmarks[-1]:2d}: "
            f"lag {np.median([row[0] for row in mine]) / FPS:.3f} s (claimed {part.lag_s}), "
            f"noise {np.median(slow) / 0.6745:.4f} ({part.noise}), "
            f"at 3 torsos/s {np.median(fast) / 0.6745:.4f} ({part.noise + 3 * part.noise_per_speed:.4f}), "
            f"offset {np.std([row[3] for row in mine]):.3f} ({part.offset}), "
            f"next frame keeps {np.mean(kept):.2f}"
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
