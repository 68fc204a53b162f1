"""What the follower makes of clips, looped: is the tempo the dancer's, and not the loop's own?

``python -m tests.measure.clips dance.mp4=112@0.3 walk.mp4`` where a file with ``=BPM`` is a dance to music of
that tempo, and ``@S`` a moment of the clip at which the music has a beat; one without shows somebody who does
not dance. Every clip is seen by the real pose tracker and repeated from its first frame until ``--seconds``
are over, at whole beats if ``--whole`` is given and the tempo known. A ``.npz`` holds what a tracker saw of a
film somewhere else: ``landmarks`` [T, 33, 4], ``fps``, ``aspect``. Clips are other people's pictures: keep
them out of the repository.
"""

import argparse
import re
import sys
from dataclasses import dataclass
from math import floor
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from configs.report import table
from evaluation.rhythm import octave_error
from realtime.follower import Follower
from realtime.grid import LOCKED
from realtime.pose import PoseTracker
from realtime.types import Frame, Landmarks
from tests.dancer.tempo_of_motion import tempo_bpm

MODEL = Path("build/pose_landmarker_full.task")
WITHIN = 0.04
SPARE = 0.1
"""A clip that lacks so much of a beat is taken to have been cut at it."""
NEAR_BEATS = 0.2
"""Farther from the music's beat than this one hears another beat."""


@dataclass(frozen=True)
class Followed:
    """What was followed over a looped clip; tempi and confidences of every frame."""

    clip_s: float
    seen: float  # share of frames with a person
    times_s: NDArray[np.float64]
    bpm: NDArray[np.float64]
    confidence: NDArray[np.float64]
    beats_s: NDArray[np.float64]  # claimed beats, as moments of the clip

    @property
    def locked(self) -> NDArray[np.bool_]:
        """Frames in which a beat is claimed."""
        return self.confidence >= LOCKED

    def lock_s(self) -> float | None:
        """When a beat was first claimed."""
        return float(self.times_s[self.locked][0]) if self.locked.any() else None

    def tempo(self) -> float | None:
        """The median tempo claimed."""
        return float(np.median(self.bpm[self.locked])) if self.locked.any() else None

    def off_beat(self, music_bpm: float, beat_s: float) -> str:
        """How long after the music's beats those claimed near them come, in the median; and their share."""
        if not len(self.beats_s):
            return "-"
        away = ((self.beats_s - beat_s) * music_bpm / 60 + 0.5) % 1.0 - 0.5
        near = away[np.abs(away) <= NEAR_BEATS]
        median = f"{np.median(near) * 60_000 / music_bpm:+.0f} ms, " if len(near) else ""
        return f"{median}near {len(near) / len(away):.0%}"


def poses_of(path: Path, most_s: float = 60.0) -> tuple[list[Landmarks | None], float]:
    """The first person of every frame, and the clip's frames a second."""
    if path.suffix == ".npz":
        return written_poses(path)
    capture = cv2.VideoCapture(str(path))
    fps = capture.get(cv2.CAP_PROP_FPS) or 30.0
    tracker = PoseTracker(MODEL)
    found: list[Landmarks | None] = []
    while len(found) < most_s * fps:
        ok, image = capture.read()
        if not ok:
            break
        people = tracker.track(Frame(len(found), len(found) / fps, np.asarray(image, np.uint8)))
        found.append(people[0] if people else None)
    tracker.close()
    if not found:
        raise SystemExit(f"{path} holds no pictures")
    return found, fps


def written_poses(path: Path) -> tuple[list[Landmarks | None], float]:
    """Landmarks from a file; a pose that is not all finite was not found."""
    with np.load(path, allow_pickle=False) as arrays:
        points, fps = arrays["landmarks"].astype(np.float32), float(arrays["fps"])
        aspect = float(arrays["aspect"])
    if len(points) == 0 or points.shape[1:] != (33, 4):
        raise SystemExit(f"{path} holds landmarks {points.shape}, not [T, 33, 4] with T of 1 at least")
    found = [Landmarks(n / fps, pose, aspect) for n, pose in enumerate(points)]
    return [one if np.isfinite(one.points).all() else None for one in found], fps


def yardstick(poses: list[Landmarks | None], fps: float, seconds: float) -> float:
    """Tempo by plain autocorrelation of all that is seen in ``seconds`` of the looped clip; NaN of nobody."""
    if all(pose is None for pose in poses):
        return float("nan")
    none = np.full((33, 4), np.nan, np.float32)
    once = np.array([none if pose is None else pose.points for pose in poses])
    aspect = next(pose.aspect for pose in poses if pose is not None)
    return tempo_bpm(once[np.arange(int(seconds * fps)) % len(once)], aspect, fps)


def followed(poses: list[Landmarks | None], fps: float, seconds: float) -> Followed:
    """Let a follower see the poses over and over."""
    follower = Follower()
    state, rows, beats = follower.start(), [], []
    for index in range(int(seconds * fps)):
        time_s, pose = (index + 1) / fps, poses[index % len(poses)]
        now = None if pose is None else Landmarks(time_s, pose.points, pose.aspect)
        before = state.grid().phase_beats
        state = follower.update(state, now, time_s)
        grid = state.grid()
        rows.append((time_s, grid.bpm, grid.confidence))
        if grid.locked and floor(grid.phase_beats) > floor(before):
            beats.append(index % len(poses) / fps - grid.phase_beats % 1.0 * 60 / grid.bpm)
    times_s, bpm, confidence = np.array(rows).T
    seen = float(np.mean([pose is not None for pose in poses]))
    return Followed(len(poses) / fps, seen, times_s, bpm, confidence, np.array(beats))


def row_of(
    name: str, music_bpm: float | None, beat_s: float | None, result: Followed, plain_bpm: float
) -> tuple[object, ...]:
    """One line of the table; without ``music_bpm`` nobody dances."""
    told, lock_s = result.tempo(), result.lock_s()
    verdict = "claims nothing: right" if music_bpm is None else "no lock"
    if told is not None and music_bpm is None:
        verdict = f"claims beats in {result.locked.mean():.0%} of the time: wrong"
    elif told is not None and music_bpm is not None:
        error, octave = octave_error(music_bpm, told)
        verdict = f"{'right' if abs(error) <= WITHIN else 'wrong'} ({error:+.1%} of {octave:g} x)"
    steady = "-"
    if told is not None and music_bpm is not None:
        errors = [abs(octave_error(music_bpm, bpm)[0]) for bpm in result.bpm[result.locked]]
        steady = f"{np.mean(np.array(errors) <= WITHIN):.0%} of {result.locked.mean():.0%}"
    off_beat = "-" if music_bpm is None or beat_s is None else result.off_beat(music_bpm, beat_s)
    return (
        name,
        f"{result.clip_s:.1f}",
        f"{result.seen:.0%}",
        music_bpm or "none",
        f"{told:.1f}" if told else "none",
        f"{result.confidence.max():.2f}",
        f"{lock_s:.1f}" if lock_s else "never",
        steady,
        off_beat,
        verdict,
        f"{plain_bpm:.1f}",
    )


def named(clip: str) -> tuple[str, float | None, float | None]:
    """File, tempo and a beat's moment of ``FILE[=BPM[@S]]``."""
    found = re.fullmatch(r"([^=]+)(?:=([\d.]+)(?:@(-?[\d.]+))?)?", clip)
    if found is None:
        raise SystemExit(f"{clip!r} is not FILE, FILE=BPM or FILE=BPM@S, as dance.mp4=112@0.3")
    name, bpm, beat_s = found.groups()
    return name, float(bpm) if bpm else None, float(beat_s) if beat_s else None


HEADER = (
    *("clip", "s", "seen", "music BPM", "followed BPM", "most sure", "first claim s"),
    *("right of claimed time", "off the music's beat", "verdict", "autocorrelation BPM"),
)


def main() -> None:
    """Look, follow, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clips", nargs="+", metavar="FILE[=BPM[@S]]")
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--whole", action="store_true", help="cut every clip to whole beats before looping")
    options = parser.parse_args()
    rows = []
    for clip in options.clips:
        name, music_bpm, beat_s = named(clip)
        poses, fps = poses_of(Path(name))
        if options.whole and music_bpm:
            beats = int(len(poses) / fps * music_bpm / 60 + SPARE)
            poses = poses[: max(1, round(beats * 60 / music_bpm * fps))]
        result = followed(poses, fps, options.seconds)
        rows.append(
            row_of(Path(name).name, music_bpm, beat_s, result, yardstick(poses, fps, options.seconds))
        )
        print(rows[-1], file=sys.stderr, flush=True)
    print(table(HEADER, rows))


if __name__ == "__main__":
    main()
