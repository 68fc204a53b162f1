"""People who do not dance, as landmarks: they stand, talk with their hands, or walk about. For tests."""

import numpy as np
from numpy.typing import NDArray

from dancer.camera import Camera, Viewpoint
from dancer.channels import CHANNELS, INDEX
from dancer.landmarks import landmarks
from dancer.skeleton import joints

Floats = NDArray[np.float64]
Points = NDArray[np.float32]

ASPECT = 640 / 480
STANDING = {"l_foot_out": 0.13, "r_foot_out": 0.13} | {
    f"{s}_hand_{axis}": v for s in "lr" for axis, v in (("out", 0.2), ("up", -0.88), ("front", 0.15))
}


def standing(times_s: Floats, seed: int) -> Points:
    """Breath, and weight that shifts now and then. ``[T, 33, 4]``."""
    return _seen(_alive(times_s, np.random.default_rng(seed)), times_s, seed)


def talking(times_s: Floats, seed: int) -> Points:
    """Hands that go from gesture to gesture, about one stroke a second but never in time, and nods."""
    rng = np.random.default_rng([seed, 1])
    pose = _alive(times_s, rng)
    for side in "lr":
        at, place = [0.0], [np.array([0.0, 0.0, 0.0])]
        while at[-1] < times_s[-1] + 2:
            at.append(at[-1] + float(rng.gamma(3.0, 0.35)))
            far = rng.uniform((-0.2, 0.25, 0.1), (0.3, 0.9, 0.5))
            place.append(far if rng.random() < 0.8 else np.zeros(3))
        pose = _strokes(
            pose, times_s, np.array(at), np.array(place), [INDEX[f"{side}_hand_{a}"] for a in _AXES], rng
        )
    at = np.cumsum(rng.gamma(2.0, 0.5, int(times_s[-1] * 1.5) + 8))
    nods = rng.normal(0, 0.12, (len(at), 2))
    return _seen(_strokes(pose, times_s, at, nods, [INDEX["nod"], INDEX["look"]], rng), times_s, seed)


def walking(times_s: Floats, seed: int, along: str = "across") -> Points:
    """Paces up and down before the camera: ``across`` the picture, or ``depth``, to it and away."""
    rng = np.random.default_rng([seed, 2])
    step_hz, speed = float(rng.uniform(1.5, 2.0)), float(rng.uniform(0.6, 1.1))
    half = float(rng.uniform(0.8, 1.1))
    path = times_s * speed + rng.uniform(0, 4 * half)
    lap = path % (4 * half)
    place = np.abs(lap - 2 * half) - half
    turning = np.cumsum(np.where(lap < 2 * half, -1.0, 1.0))
    kernel = np.hanning(21) / np.hanning(21).sum()
    heading = np.convolve(np.pad(np.where(lap < 2 * half, -1.0, 1.0), 10, "edge"), kernel, "valid")
    place = np.convolve(np.pad(place, 10, "edge"), kernel, "valid")
    assert len(turning) == len(heading)
    pose = _alive(times_s, rng)
    pace = times_s * step_hz / 2
    stride = speed / step_hz
    for side, offset in (("l", 0.0), ("r", 0.5)):
        leg = (pace + offset) % 1.0
        swing = np.clip((leg - 0.6) / 0.4, 0, 1)
        back = np.where(
            leg < 0.6, 0.6 - 2 * leg * 0.6 / 0.6 * 1.0, -0.6 + 1.2 * swing * swing * (3 - 2 * swing)
        )
        pose[:, INDEX[f"{side}_foot_front"]] += stride * back * 0.8
        pose[:, INDEX[f"{side}_foot_up"]] += 0.08 * np.sin(np.pi * swing)
        pose[:, INDEX[f"{side}_hand_front"]] += -0.25 * np.cos(2 * np.pi * (leg - 0.05))
    pose[:, INDEX["up"]] += 0.018 * np.cos(4 * np.pi * pace) - 0.02
    turn = 0.25 * heading if along == "across" else 0.25 * (1 - heading)
    pose[:, INDEX["spin"]] += turn
    shift = np.zeros((len(times_s), 1, 3))
    shift[:, 0, 0 if along == "across" else 2] = place if along == "across" else 0.9 * place
    return _seen(pose, times_s, seed, shift)


_AXES = ("out", "up", "front")


def _alive(times_s: Floats, rng: np.random.Generator) -> Floats:
    pose = np.zeros((len(times_s), len(CHANNELS)))
    for name, value in STANDING.items():
        pose[:, INDEX[name]] = value
    for name, amount in (("side", 0.02), ("lean", 0.02), ("look", 0.1), ("nod", 0.03), ("twist", 0.03)):
        hz, phase = rng.uniform(0.1, 0.6, 3), rng.uniform(0, 2 * np.pi, 3)
        pose[:, INDEX[name]] += amount * np.sin(2 * np.pi * times_s[:, None] * hz + phase).mean(1)
    return pose


def _strokes(
    pose: Floats, times_s: Floats, at: Floats, place: Floats, columns: list[int], rng: np.random.Generator
) -> Floats:
    """Minimum-jerk moves between places, each taking 0.3 to 0.7 s before its time."""
    length = rng.uniform(0.3, 0.7, len(at))
    for k in range(1, len(at)):
        s = np.clip(1 - (at[k] - times_s) / length[k], 0, 1)[:, None]
        pose[:, columns] += (place[k] - place[k - 1]) * (s**3 * (10 - 15 * s + 6 * s * s))
    return pose


def _seen(
    pose: Floats, times_s: Floats, seed: int, shift: Floats | float = 0.0, jitter: float = 0.004
) -> Points:
    """Landmarks with a tracker's jitter, ``jitter`` torso lengths, correlated over some frames."""
    points = landmarks(joints(pose) + shift, Camera(Viewpoint(), 640, 480, seed), times_s)
    rng = np.random.default_rng([seed, 3])
    noise = rng.normal(0, 0.24 * jitter, (len(times_s) + 3, 33, 2))
    noise = 0.6 * noise[3:] + 0.6 * noise[2:-1] + 0.4 * noise[1:-2] + 0.2 * noise[:-3]
    points[..., :2] += (noise / np.array([ASPECT, 1.0])).astype(np.float32)
    return points
