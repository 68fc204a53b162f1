"""From channels to joints: a body of given proportions, held up by its feet. Knows nothing of time.

Inverse kinematics is the two-bone cosine rule. All functions work on any number of poses at once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancer.channels import INDEX, Pose

Floats = NDArray[np.float64]

CENTRE_JOINTS = ("pelvis", "spine", "chest", "neck", "head", "crown", "nose")
SIDE_JOINTS = ("shoulder", "elbow", "wrist", "hand", "hip", "knee", "ankle", "toe")
JOINTS: tuple[str, ...] = CENTRE_JOINTS + tuple(f"{s}_{j}" for s in ("left", "right") for j in SIDE_JOINTS)
"""``head`` is the middle of the skull, ``hand`` the fingertips, ``toe`` the tip of the foot."""
JOINT: dict[str, int] = {name: i for i, name in enumerate(JOINTS)}

ANKLE_HEIGHT_M = 0.085


@dataclass(frozen=True)
class Body:
    """Proportions, each a factor on a figure of 1.72 m; ``girth`` is for the drawing alone."""

    height: float = 1.0
    legs: float = 1.0
    arms: float = 1.0
    torso: float = 1.0
    shoulders: float = 1.0
    hips: float = 1.0
    girth: float = 1.0

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not 0.6 <= value <= 1.5:
                raise ValueError(f"body {name} is {value}: give a factor from 0.6 to 1.5.")

    @property
    def upper_arm_m(self) -> float:
        """Shoulder to elbow."""
        return 0.285 * self.height * self.arms

    @property
    def forearm_m(self) -> float:
        """Elbow to wrist."""
        return 0.25 * self.height * self.arms

    @property
    def hand_m(self) -> float:
        """Wrist to fingertips."""
        return 0.17 * self.height * self.arms

    @property
    def thigh_m(self) -> float:
        """Hip to knee."""
        return 0.425 * self.height * self.legs

    @property
    def shin_m(self) -> float:
        """Knee to ankle."""
        return 0.41 * self.height * self.legs

    @property
    def shoulder_m(self) -> float:
        """Middle to shoulder joint."""
        return 0.172 * self.height * self.shoulders

    @property
    def hip_m(self) -> float:
        """Middle to hip joint."""
        return 0.092 * self.height * self.hips


def unit(v: Floats) -> Floats:
    """Vectors ``[..., 3]`` of length 1; a zero vector stays zero."""
    return np.asarray(v / np.maximum(np.sqrt(np.sum(v * v, axis=-1, keepdims=True)), 1e-9))


def cross(a: Floats, b: Floats) -> Floats:
    """Vector products ``[..., 3]``: numpy's own spends most of its time on checks where there are few."""
    (ax, ay, az), (bx, by, bz) = ((v[..., 0], v[..., 1], v[..., 2]) for v in (a, b))
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], -1)


def rotation(pitch: Floats, yaw: Floats, roll: Floats) -> Floats:
    """``Ry(yaw) Rx(pitch) Rz(roll)`` as ``[..., 3, 3]``: forward bend, turn to the left, tip to the right."""
    (cx, sx), (cy, sy), (cz, sz) = ((np.cos(a), np.sin(a)) for a in (pitch, yaw, roll))
    rows = (
        (cy * cz + sy * sx * sz, sy * sx * cz - cy * sz, sy * cx),
        (cx * sz, cx * cz, -sx),
        (cy * sx * sz - sy * cz, sy * sz + cy * sx * cz, cy * cx),
    )
    return np.stack([np.stack(row, -1) for row in rows], -2)


def two_bones(
    root: Floats, target: Floats, bend: Floats, upper: float, lower: float
) -> tuple[Floats, Floats]:
    """Middle and end joint ``[..., 3]`` of a limb that reaches from root towards target.

    The middle joint moves towards ``bend``. A target out of reach is approached as far as the limb goes.
    """
    reach = target - root
    distance = np.sqrt(np.sum(reach * reach, axis=-1, keepdims=True))
    length = np.clip(distance, 0.26 * (upper + lower), 0.9985 * (upper + lower))
    along = reach / np.maximum(distance, 1e-9)
    foot = (upper**2 - lower**2 + length**2) / (2 * length)
    height = np.sqrt(np.maximum(upper**2 - foot**2, 0))
    across = unit(bend - along * np.sum(bend * along, axis=-1, keepdims=True))
    return root + along * foot + across * height, root + along * length


_EASY_REACH = unit(np.array([0.45, -0.50, 0.75]))
_EASY_ELBOW = unit(np.array([0.42, -0.505, -0.59]))


def elbow_bend(along: Floats, lift: Floats) -> Floats:
    """Where a left elbow points, its hand in direction ``along`` [..., 3] of the chest, lifted by -1..1.

    An easy reach (down, forward, out) has its elbow down and back; any other direction is reached by the
    smallest turn from there (Rodrigues), which has its one singularity behind the other ear, where no
    hand goes. A pole vector would flip the elbow wherever the arm points along it. Right arms: mirror x.
    """
    a, b = np.broadcast_to(_EASY_REACH, along.shape), unit(along)
    axis, cosine = cross(a, b), np.sum(a * b, axis=-1, keepdims=True)
    e = np.broadcast_to(_EASY_ELBOW, along.shape)
    along_axis = np.sum(axis * e, axis=-1, keepdims=True)
    bend = cosine * e + cross(axis, e) + axis * along_axis / np.maximum(1 + cosine, 0.05)
    angle = (1.3 * lift * np.clip(1 - b[..., 1], 0, 1))[..., None]  # an arm overhead has its elbow out anyway
    return np.asarray(np.cos(angle) * bend + np.sin(angle) * cross(b, bend))


def joints(poses: Pose, body: Body = Body()) -> Floats:
    """Joints ``[..., 23, 3]`` in metres for poses ``[..., C]``; the floor is y = 0."""
    return _Solver(poses, body).solve()


class _Solver:
    """One pass from channels to joints; each method places the joints its name says."""

    def __init__(self, poses: Pose, body: Body) -> None:
        self.poses, self.body = poses, body
        self.out = np.zeros((*poses.shape[:-1], len(JOINTS), 3))

    def solve(self) -> Floats:
        heading = 2 * np.pi * self.c("spin")
        zero = np.zeros_like(heading)
        self.turn = rotation(zero, heading, zero)
        self.pelvis_frame = rotation(self.c("hip_pitch"), heading + self.c("hip_yaw"), self.c("hip_roll"))
        self.chest_frame = rotation(self.c("lean"), heading + self.c("twist"), self.c("tilt"))
        self._pelvis()
        self._torso()
        self._head(heading)
        for side, sign in (("left", 1.0), ("right", -1.0)):
            self._leg(side, sign)
            self._arm(side, sign)
        return self.out

    def c(self, name: str) -> Floats:
        return np.asarray(self.poses[..., INDEX[name]])

    def vector(self, *names: str) -> Floats:
        return np.stack([self.c(name) for name in names], -1)

    def put(self, name: str, value: Floats) -> Floats:
        self.out[..., JOINT[name], :] = value
        return value

    def get(self, name: str) -> Floats:
        return np.asarray(self.out[..., JOINT[name], :])

    def ankle(self, side: str, sign: float) -> Floats:
        """Where the choreography wants the ankle: above the sole, further up as the heel rises."""
        p = side[0]
        foot = self.vector(f"{p}_foot_out", f"{p}_foot_up", f"{p}_foot_front")
        foot = foot * (self.body.height * self.body.legs) * np.array([sign, 1, 1])
        heel = self.c(f"{p}_foot_heel")
        foot[..., 1] += ANKLE_HEIGHT_M + 0.13 * np.sin(np.clip(heel, 0, 1.2))
        return np.asarray(np.einsum("...ij,...j->...i", self.turn, foot))

    def _pelvis(self) -> None:
        """As high as asked, but never higher than the feet on the floor can follow."""
        scale = self.body.height * self.body.legs
        place = self.vector("side", "up", "front") * scale
        hips = np.einsum("...ij,...j->...i", self.turn, place * np.array([1, 0, 1]))
        leg = (self.body.thigh_m + self.body.shin_m) * 0.995
        wanted = place[..., 1] + leg + ANKLE_HEIGHT_M + 0.05 * self.body.height
        for side, sign in (("left", 1.0), ("right", -1.0)):
            ankle = self.ankle(side, sign)
            lateral = np.array([sign * self.body.hip_m, 0.0, 0.0])
            level = hips + np.einsum("...ij,j->...i", self.pelvis_frame, lateral)
            flat = np.sum((ankle - level)[..., [0, 2]] ** 2, axis=-1)
            highest = ankle[..., 1] + np.sqrt(np.maximum(leg**2 - flat, 0.12))
            drop = (level - hips)[..., 1] - 0.05 * self.body.height
            wanted = _soft_min(wanted, highest - drop)
        hips[..., 1] = wanted
        self.put("pelvis", hips)

    def _torso(self) -> None:
        size = self.body.height * self.body.torso
        up = np.array([0.0, 1.0, 0.0])
        pelvis_up, chest_up = self.pelvis_frame @ up, self.chest_frame @ up
        spine = self.put("spine", self.get("pelvis") + 0.10 * size * pelvis_up)
        slide = self.vector("pop_side", "pop_side", "pop_front") * np.array([1, 0, 1])
        chest = spine + 0.13 * size * unit(pelvis_up + 2 * chest_up)
        chest = self.put("chest", chest + np.einsum("...ij,...j->...i", self.turn, slide))
        self.put("neck", chest + 0.235 * size * chest_up)

    def _head(self, heading: Floats) -> None:
        size = self.body.height
        yaw = heading + 0.45 * self.c("twist") + self.c("look")
        pitch = 0.35 * self.c("lean") + self.c("nod")
        frame = rotation(pitch, yaw, 0.4 * self.c("tilt") + self.c("cock"))
        self.head_frame = frame
        head = self.put("head", self.get("neck") + frame @ (np.array([0, 0.150, 0.015]) * size))
        self.put("crown", head + frame @ (np.array([0, 0.125, 0.0]) * size))
        self.put("nose", head + frame @ (np.array([0, -0.012, 0.112]) * size))

    def _leg(self, side: str, sign: float) -> None:
        p = side[0]
        drop = np.array([sign * self.body.hip_m, -0.05 * self.body.height, 0.0])
        hip = self.put(f"{side}_hip", self.get("pelvis") + self.pelvis_frame @ drop)
        toe, heel = self.c(f"{p}_foot_toe") + 0.22, self.c(f"{p}_foot_heel")
        heading = self.turn @ np.array([0.0, 0.0, 1.0])
        lateral = self.turn @ np.array([sign, 0.0, 0.0])
        out = np.sin(toe)[..., None] * lateral + np.cos(toe)[..., None] * heading
        knee, ankle = two_bones(hip, self.ankle(side, sign), out + 0.15 * lateral,
                                self.body.thigh_m, self.body.shin_m)  # fmt: skip
        self.put(f"{side}_knee", knee)
        self.put(f"{side}_ankle", ankle)
        dip = (0.33 + heel)[..., None]
        self.put(f"{side}_toe", ankle + 0.185 * self.body.height * (np.cos(dip) * out - np.sin(dip) * _UP))

    def _arm(self, side: str, sign: float) -> None:
        p, body = side[0], self.body
        hand = self.vector(f"{p}_hand_out", f"{p}_hand_up", f"{p}_hand_front")
        shrug = 0.05 * np.clip(hand[..., 1] + 0.15, 0, 1)  # a raised arm lifts its shoulder
        mount = np.zeros_like(hand)
        mount[..., 0] = sign * (body.shoulder_m - 0.25 * shrug)
        mount[..., 1] = 0.183 * body.height * body.torso + shrug
        shoulder = self.put(
            f"{side}_shoulder", self.get("chest") + np.einsum("...ij,...j->...i", self.chest_frame, mount)
        )
        reach = (body.upper_arm_m + body.forearm_m) * np.array([sign, 1, 1])
        target = shoulder + np.einsum("...ij,...j->...i", self.chest_frame, hand * reach)
        plant = self.c(f"{p}_hand_plant")[..., None]
        floor = self.get("pelvis") * np.array([1, 0, 1]) + self.turn @ np.array([sign * 0.34, 0.10, 0.22])
        target = target + plant * (floor - target)
        flip = np.array([sign, 1, 1])  # elbows are reckoned on the left side
        along = np.einsum("...ji,...j->...i", self.chest_frame, target - shoulder) * flip
        bend = elbow_bend(along, self.c(f"{p}_hand_elbow")) * flip
        bend = np.einsum("...ij,...j->...i", self.chest_frame, bend)
        elbow, wrist = two_bones(shoulder, target, bend, body.upper_arm_m, body.forearm_m)
        self.put(f"{side}_elbow", elbow)
        self.put(f"{side}_wrist", wrist)
        self.put(f"{side}_hand", wrist + body.hand_m * unit(wrist - elbow))


_UP = np.array([0.0, 1.0, 0.0])


def _soft_min(a: Floats, b: Floats, width: float = 0.015) -> Floats:
    """The smaller of two heights, without a corner where they cross, so that knees do not snap."""
    return 0.5 * (a + b - np.sqrt((a - b) ** 2 + width**2))
