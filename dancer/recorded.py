"""A recorded dance on the drawn figure: real people's movement, in any body, before any camera.

``python -m dancer.recorded MOTION --out FILM.mp4`` draws a film of it. Whoever has motion capture has dancers
that no procedure thought up: to teach networks with (corpus/danced.py), or to try a show on.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from dancer.config import DancerConfig
from dancer.motion_files import Motion, read_motion
from dancer.rig import frame_left
from dancer.skeleton import ANKLE_HEIGHT_M, JOINT, JOINTS, Body, rotation, unit
from dancer.virtual import Dancer

Floats = NDArray[np.float64]

FOLLOW_S = 4.0
"""The camera goes along with who crosses the room: of the way, what is slower than this is taken out."""
SOLE_M = 0.025
"""A toe's joint above the floor."""
LOWEST = 5.0
"""Percentile of the soles' heights that is the floor: above a foot that was tracked through it."""
UP = np.array([0.0, 1.0, 0.0])


class RecordedDancer(Dancer):
    """A dancer who does what somebody did. Of ``config``, the body, the camera and the looks count.

    Args:
        motion: what was recorded.
        speed: 1.1 is a tenth faster. Past its end the dance goes back to its beginning, and so on: no jump.
        begin_s: where in the recording time 0 lies.
    """

    def __init__(
        self, motion: Motion, config: DancerConfig | None = None, speed: float = 1.0, begin_s: float = 0.0
    ) -> None:
        super().__init__(config or DancerConfig(seconds=max(motion.seconds, 0.1)))
        self.motion, self.speed, self.begin_s = motion, speed, begin_s
        self._joints = fitted(motion, self.config.body)
        if self.config.mirrored:
            self._joints = mirrored(self._joints)

    def joints(self, time_s: ArrayLike) -> Floats:
        """Joints (dancer/skeleton.py) in metres: ``[23, 3]`` at a time, ``[T, 23, 3]`` at times ``[T]``."""
        times = np.asarray(time_s, np.float64)
        last = len(self._joints) - 1
        place = to_and_fro((self.begin_s + np.atleast_1d(times) * self.speed) * self.motion.fps, last)
        before = np.minimum(place.astype(int), last - 1)
        share = (place - before)[:, None, None]
        found = (1 - share) * self._joints[before] + share * self._joints[before + 1]
        return np.asarray(found[0] if times.ndim == 0 else found)


def fitted(motion: Motion, body: Body) -> Floats:
    """Joints ``[T, 23, 3]`` of a body of these proportions whose limbs point where the recorded ones did.

    On the floor, about the middle of the room, in the main facing the camera (+z).
    """
    recorded = motion.joints
    out = np.zeros((len(recorded["pelvis"]), len(JOINTS), 3))

    def put(name: str, at: Floats) -> Floats:
        out[:, JOINT[name]] = at
        return at

    def towards(name: str, parent: str, length_m: float, fallback: Floats) -> Floats:
        """A bone of our length in the recorded direction; where that has no length, as the trunk goes."""
        along = recorded[name] - recorded[parent]
        return put(name, out[:, JOINT[parent]] + length_m * unit(unit(along) + 0.05 * fallback))

    trunk = unit(recorded["neck"] - recorded["pelvis"])
    size = body.height * body.torso
    put("pelvis", recorded["pelvis"] * _leg_m(body) / _recorded_leg(recorded))
    towards("spine", "pelvis", 0.10 * size, trunk)
    towards("chest", "spine", 0.13 * size, trunk)
    neck = towards("neck", "chest", 0.235 * size, trunk)
    pelvis_frame = frame_left(trunk, recorded["left_hip"] - recorded["right_hip"])
    chest_frame = frame_left(trunk, recorded["left_shoulder"] - recorded["right_shoulder"])
    head_up = unit(unit(recorded["head"] - recorded["neck"]) + trunk)
    head_frame = frame_left(head_up, recorded["left_shoulder"] - recorded["right_shoulder"])
    head = put("head", neck + head_frame @ (np.array([0, 0.150, 0.015]) * body.height))
    put("crown", head + head_frame @ (np.array([0, 0.125, 0.0]) * body.height))
    put("nose", head + head_frame @ (np.array([0, -0.012, 0.112]) * body.height))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        mount = np.array([sign * body.shoulder_m, 0.183 * size, 0.0])
        put(f"{side}_shoulder", out[:, JOINT["chest"]] + chest_frame @ mount)
        towards(f"{side}_elbow", f"{side}_shoulder", body.upper_arm_m, -trunk)
        towards(f"{side}_wrist", f"{side}_elbow", body.forearm_m, -trunk)
        towards(f"{side}_hand", f"{side}_wrist", body.hand_m, -trunk)
        drop = np.array([sign * body.hip_m, -0.05 * body.height, 0.0])
        put(f"{side}_hip", out[:, JOINT["pelvis"]] + pelvis_frame @ drop)
        towards(f"{side}_knee", f"{side}_hip", body.thigh_m, -trunk)
        towards(f"{side}_ankle", f"{side}_knee", body.shin_m, -trunk)
        towards(f"{side}_toe", f"{side}_ankle", 0.185 * body.height, -trunk)
    return _in_the_room(out, motion.fps)


def mirrored(joints: Floats) -> Floats:
    """Left and right exchanged, as in a mirror."""
    swap = [JOINT[_other_side(name)] for name in JOINTS]
    return np.asarray(joints[:, swap] * np.array([-1.0, 1.0, 1.0]))


def _other_side(name: str) -> str:
    side, _, rest = name.partition("_")
    return {"left": f"right_{rest}", "right": f"left_{rest}"}.get(side, name)


def _leg_m(body: Body) -> float:
    return body.thigh_m + body.shin_m


def _recorded_leg(recorded: dict[str, Floats]) -> float:
    """Median length of a leg in the file's own unit."""
    bones = [
        np.linalg.norm(recorded[f"{side}_{one}"] - recorded[f"{side}_{other}"], axis=1)
        for side in ("left", "right")
        for one, other in (("hip", "knee"), ("knee", "ankle"))
    ]
    return max(float(np.median(bones[0] + bones[1] + bones[2] + bones[3])) / 2, 1e-6)


def to_and_fro(place: ArrayLike, last: float) -> Floats:
    """Places folded into 0..last: past the end back to the beginning, and so on."""
    return np.asarray(last - np.abs(np.asarray(place, np.float64) % (2 * last) - last))


def _in_the_room(joints: Floats, fps: float) -> Floats:
    """Turned to the camera, brought back to the middle, put on the floor."""
    left = joints[:, JOINT["left_hip"]] - joints[:, JOINT["right_hip"]]
    front = unit(np.stack([-left[:, 2], 0 * left[:, 0], left[:, 0]], -1)).mean(0)
    straight = np.zeros(())
    joints = joints @ rotation(straight, -np.arctan2(front[0], front[2]), straight).T
    path = joints[:, JOINT["pelvis"]] * np.array([1.0, 0.0, 1.0])
    joints = joints - _slow(path, round(FOLLOW_S * fps))[:, None]
    soles = [joints[:, JOINT[f"{side}_ankle"], 1] - ANKLE_HEIGHT_M for side in ("left", "right")]
    soles += [joints[:, JOINT[f"{side}_toe"], 1] - SOLE_M for side in ("left", "right")]
    return np.asarray(joints - np.percentile(np.min(soles, axis=0), LOWEST) * UP)


def _slow(path: Floats, frames: int) -> Floats:
    """A moving mean over ``frames``, the ends held."""
    half = max(1, frames // 2)
    padded = np.pad(path, ((half, half), (0, 0)), "edge")
    total = np.concatenate([np.zeros((1, path.shape[1])), np.cumsum(padded, 0)])
    return np.asarray((total[2 * half :] - total[: -2 * half])[: len(path)] / (2 * half))


def write_film(dancer: Dancer, path: Path) -> None:
    """All pictures of ``dancer.config.seconds`` as an MP4."""
    c = dancer.config
    path.parent.mkdir(parents=True, exist_ok=True)
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), c.fps, (c.width, c.height))
    for image in dancer.frames():
        film.write(image)
    film.release()


def main() -> None:
    """Read the arguments, draw the film."""
    parser = argparse.ArgumentParser(prog="python -m dancer.recorded", description=__doc__)
    parser.add_argument("motion", type=Path, help=".bvh or .npz (dancer/motion_files.py)")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0, help="clothes, face and room")
    parser.add_argument("--seconds", type=float, default=0.0, help="0: as long as it was recorded")
    chosen = parser.parse_args()
    try:
        motion = read_motion(chosen.motion)
        seconds = chosen.seconds or motion.seconds
        write_film(RecordedDancer(motion, DancerConfig(seed=chosen.seed, seconds=seconds)), chosen.out)
    except ValueError as error:
        raise SystemExit(f"dancer.recorded: {error}") from error
    print(f"{seconds:.1f} s of {motion.name} in {chosen.out}")


if __name__ == "__main__":
    main()
