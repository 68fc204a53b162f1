"""How MediaPipe sees a dancer: exact landmarks in, landmarks as a tracker would report them out.

Makes training data without running the tracker. The constants were measured on the drawn figure: ten
clips of 8 s (one a style, five rooms, tempi 81-140, camera 3.4-4.7 m away and up to 45 degrees aside,
hand-held), MediaPipe 1.2.2 Tasks API, VIDEO mode, `pose_landmarker_full`; exact landmarks shifted by the
lag that fits best, then robust (median-based) spread of what is left. ``python -m tests.dancer.measure_sight
MODEL.task`` measures lag, noise and offsets again. Real video is harder: ``difficulty`` scales all of it.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Points = NDArray[np.float32]

_LEFT = np.array([1, 2, 3, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31])
_RIGHT = np.array([4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32])


@dataclass(frozen=True)
class Part:
    """Measured on one group of landmarks; lengths are shares of the torso's length in the picture."""

    landmarks: tuple[int, ...]
    lag_s: float  # the tracker's own smoothing
    noise: float  # standard deviation of each coordinate while the joint is slow
    noise_per_speed: float  # what each torso length a second adds
    offset: float  # constant error of one person's joint, standard deviation between people
    faint: float  # 1 - visibility in plain sight, on average


PARTS: tuple[Part, ...] = (
    Part(tuple(range(11)), 0.022, 0.0155, 0.0011, 0.026, 0.002),  # head
    Part((11, 12), 0.018, 0.0185, 0.0003, 0.020, 0.002),  # shoulders
    Part((13, 14), 0.013, 0.0365, 0.0, 0.041, 0.02),  # elbows
    Part((15, 16), 0.007, 0.0335, 0.0004, 0.022, 0.04),  # wrists
    Part(tuple(range(17, 23)), 0.007, 0.060, 0.0, 0.033, 0.10),  # fingers
    Part((23, 24), 0.025, 0.0180, 0.0002, 0.024, 0.002),  # hips
    Part((25, 26), 0.020, 0.0135, 0.0017, 0.012, 0.005),  # knees
    Part((27, 28), 0.017, 0.0130, 0.0023, 0.017, 0.01),  # ankles
    Part((29, 30, 31, 32), 0.020, 0.0165, 0.0034, 0.039, 0.04),  # heels and toes
)

WANDER_S = 0.20
"""Correlation time of the error: from frame to frame at 30 fps 0.85 of it remains (0.75-0.91)."""
HIDDEN_NOISE = 3.5
"""A hidden joint's error is so many times larger (elbows 0.12 against 0.032, feet 0.068 against 0.018)."""
HIDDEN_VISIBILITY, HIDDEN_SPREAD = 0.75, 0.10
"""The tracker is optimistic: elbows, wrists and feet behind the body still score 0.73-0.82."""
DEPTH_GAIN, DEPTH_NOISE = 2.1, 0.5
"""z comes out about twice too large (1.2-3.7), with an error of half a torso (0.1-1.2)."""
OUTLIER, OUTLIER_SIZE = 0.0008, 0.45
"""Share of frames in which a limb's joint is torn away, and how far, in torso lengths."""
SWAP = 0.0007
"""Share of frames, each alone, in which left and right are exchanged."""
DROPOUT, DROPOUT_FRAMES = 0.01, 4.0
"""Share of frames without a pose and mean length of such a gap. On the drawn figure none of 2,400 frames
was missed; on real dance clips 0-3 % are (ENVIRONMENT.md, 18 clips)."""

SPEED_LIMIT = 12.0  # torso lengths a second: what MediaPipe was seen to follow


@dataclass(frozen=True)
class Sight:
    """One tracker before one camera. ``difficulty`` 1 is the drawn figure, 2 a poor room, 0 is perfect.

    ``fps_jitter`` is the standard deviation of the interval between frames as a share of it;
    ``dropped`` is the share of frames that the camera itself loses.
    """

    fps: float = 30.0
    fps_jitter: float = 0.03
    dropped: float = 0.0
    difficulty: float = 1.0
    dropout: float = DROPOUT
    swap: float = SWAP

    def __post_init__(self) -> None:
        for name, (low, high) in _LIMITS.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(
                    f"sight {name} is {getattr(self, name)}: give a number from {low} to {high}."
                )


_LIMITS = {
    "fps": (5, 240), "fps_jitter": (0, 0.3), "dropped": (0, 0.9), "difficulty": (0, 10), "dropout": (0, 0.9),
    "swap": (0, 0.5),
}  # fmt: skip


def any_sight(rng: np.random.Generator) -> Sight:
    """A tracker as one meets them: 24 to 60 fps, steady or not, good light or bad."""
    fps = float(rng.choice([24, 25, 29.97, 30, 30, 50, 60]))
    return Sight(
        fps,
        fps_jitter=float(rng.uniform(0, 0.10)),
        dropped=float(rng.choice([0, 0, 0.02, 0.1, 0.2])),
        difficulty=float(rng.uniform(0.6, 2.5)),
        dropout=float(rng.choice([0, 0.005, 0.01, 0.03])),
        swap=float(rng.choice([0, SWAP, 0.004])),
    )


def frame_times(seconds: float, sight: Sight, rng: np.random.Generator) -> Floats:
    """Rising times ``[T]`` in s of the frames that arrive in ``[0, seconds)``; the first phase is random."""
    count = int(seconds * sight.fps) + 2
    regular = (np.arange(count) + rng.random()) / sight.fps
    jitter = np.clip(rng.normal(0, sight.fps_jitter / np.sqrt(2), count), -0.4, 0.4) / sight.fps
    times = (regular + jitter)[rng.random(count) >= sight.dropped]
    return np.asarray(times[(times >= 0) & (times < seconds)])


def watch(
    exact: Callable[[Floats], Points], seconds: float, aspect: float, sight: Sight, rng: np.random.Generator
) -> tuple[Floats, Points]:
    """Times ``[T]`` and landmarks ``[T, 33, 4]`` a tracker reports of ``exact`` (times -> landmarks)."""
    times = frame_times(seconds, sight, rng)
    return times, see(exact(times), times, aspect, sight, rng)


def see(exact: Points, times_s: Floats, aspect: float, sight: Sight, rng: np.random.Generator) -> Points:
    """Exact landmarks ``[T, 33, 4]`` at ``times_s`` [T] as a tracker reports them; lost poses are NaN."""
    if exact.shape[1:] != (33, 4) or len(exact) != len(times_s):
        raise ValueError(
            f"see has landmarks {exact.shape} for {len(times_s)} times: give [T, 33, 4] for [T]."
        )
    if len(exact) == 0:
        return exact.copy()
    scale = np.array([aspect, 1.0, aspect])
    plane = exact[..., :3].astype(np.float64) * scale  # in frame heights, so that x and y are alike
    torso = max(float(np.median(_torso_lengths(plane))), 1e-3)
    hidden = exact[..., 3] < 0.9
    seen = plane * np.array([1, 1, 1 + (DEPTH_GAIN - 1) * min(sight.difficulty, 1.0)])
    seen = _smoothed(seen, times_s, sight.difficulty)
    seen += torso * _errors(plane / torso, hidden, times_s, sight.difficulty, rng)
    out = np.empty_like(exact)
    out[..., :3] = seen / scale
    out[..., 3] = _visibility(exact[..., 3], hidden, sight.difficulty, rng)
    swapped = rng.random(len(out)) < sight.swap
    out[swapped] = _exchanged(out[swapped])
    out[_gaps(len(out), sight.dropout, rng)] = np.nan
    return out


def _torso_lengths(plane: Floats) -> Floats:
    trunk = (plane[:, 11] + plane[:, 12] - plane[:, 23] - plane[:, 24]) / 2
    return np.asarray(np.linalg.norm(trunk[:, :2], axis=-1))


def _table(name: str) -> Floats:
    """A measured constant for each of the 33 landmarks."""
    row = np.zeros(33)
    for part in PARTS:
        row[list(part.landmarks)] = getattr(part, name)
    return row


_LAG_S, _NOISE, _NOISE_PER_SPEED = _table("lag_s"), _table("noise"), _table("noise_per_speed")
_OFFSET, _FAINT = _table("offset"), _table("faint")


def _smoothed(plane: Floats, times_s: Floats, difficulty: float) -> Floats:
    """The tracker's smoothing: a one-pole low-pass whose delay is the measured lag."""
    if difficulty == 0:
        return plane
    keep = np.exp(-np.diff(times_s)[:, None] / _LAG_S)[..., None]
    out = np.empty_like(plane)
    out[0] = plane[0]
    for t in range(1, len(plane)):
        out[t] = plane[t] + keep[t - 1] * (out[t - 1] - plane[t])
    return out


def _errors(
    plane: Floats, hidden: NDArray[np.bool_], times_s: Floats, difficulty: float, rng: np.random.Generator
) -> Floats:
    """Wandering error, constant offset and rare outliers ``[T, 33, 3]`` in torso lengths."""
    count = len(plane)
    steps = np.maximum(np.diff(times_s, prepend=times_s[0] - 1 / 30), 1e-3)
    way = np.linalg.norm(np.diff(plane[..., :2], axis=0, prepend=plane[:1, :, :2]), axis=-1)
    speed = np.minimum(way / steps[:, None], SPEED_LIMIT)
    size = (_NOISE + _NOISE_PER_SPEED * speed) * np.where(hidden, HIDDEN_NOISE, 1.0)
    keep = np.exp(-steps / WANDER_S)
    fresh = rng.standard_normal((count, 33, 3)) * np.sqrt(1 - keep**2)[:, None, None]
    wander = np.empty_like(fresh)
    wander[0] = rng.standard_normal((33, 3))
    for t in range(1, count):
        wander[t] = keep[t] * wander[t - 1] + fresh[t]
    error = wander * size[..., None] + rng.standard_normal((33, 3)) * _OFFSET[:, None]
    error[..., 2] = wander[..., 2] * DEPTH_NOISE
    torn = (rng.random((count, 33)) < OUTLIER) & (np.arange(33) > 12)
    error[torn, :2] += OUTLIER_SIZE * rng.standard_normal((int(torn.sum()), 2))
    return np.asarray(error * difficulty)


def _visibility(
    exact: Points, hidden: NDArray[np.bool_], difficulty: float, rng: np.random.Generator
) -> Points:
    """What the tracker believes to see; outside the picture it knows that it guesses."""
    if difficulty == 0:
        return exact
    plain = 1 - rng.exponential(1.0, exact.shape) * _FAINT
    doubtful = rng.normal(HIDDEN_VISIBILITY, HIDDEN_SPREAD, exact.shape)
    outside = exact < 0.2
    value = np.where(outside, rng.uniform(0, 0.3, exact.shape), np.where(hidden, doubtful, plain))
    return np.clip(value, 0, 1).astype(np.float32)


def _exchanged(points: Points) -> Points:
    out = points.copy()
    out[:, _LEFT], out[:, _RIGHT] = points[:, _RIGHT], points[:, _LEFT]
    return out


def _gaps(count: int, share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Frames that are lost, in gaps of geometric length, ``share`` of all on average."""
    if share == 0:
        return np.zeros(count, bool)
    begins = rng.random(count) < share / DROPOUT_FRAMES / (1 - share)
    lengths = rng.geometric(1 / DROPOUT_FRAMES, count)
    lost = np.zeros(count, bool)
    for start in np.flatnonzero(begins):
        lost[start : start + lengths[start]] = True
    return lost
