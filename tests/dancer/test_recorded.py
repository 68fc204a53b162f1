"""Recorded dances on the drawn figure: read, fitted to a body, played at any time."""

from pathlib import Path

import numpy as np
import pytest

from dancer import DancerConfig, VirtualDancer
from dancer.motion_files import MotionError, motion_files, read_motion
from dancer.recorded import RecordedDancer
from dancer.skeleton import JOINT, JOINTS, Body

FPS, SECONDS = 60, 4.0
NAMES = [name for name in JOINTS if name not in ("crown", "nose")]
BVH = """HIERARCHY
ROOT Hips
{{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT Neck {{ OFFSET 0 50 0 CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT Head {{ OFFSET 0 10 0 CHANNELS 3 Zrotation Xrotation Yrotation End Site {{ OFFSET 0 15 0 }} }}
    {arms}
  }}
  {legs}
}}
MOTION
Frames: {frames}
Frame Time: 0.02
{rows}
"""


def dance() -> VirtualDancer:
    return VirtualDancer(DancerConfig(bpm=112, seed=4, seconds=SECONDS, looseness=0))


def write_npz(path: Path, change: np.ndarray | None = None, **others: object) -> Path:
    """The virtual dancer's own joints, as if recorded; ``change``: a rotation of the world."""
    joints = dance().joints(np.arange(round(SECONDS * FPS)) / FPS)[:, [JOINT[name] for name in NAMES]]
    joints = joints @ (np.eye(3) if change is None else change).T
    np.savez(path, **({"joints": joints, "names": NAMES, "fps": FPS} | others))
    return path


def limb(names: tuple[str, ...], place: str, length: float) -> str:
    """Joints of a limb, each hanging from the one before."""
    if not names:
        return f"End Site {{ OFFSET 0 {-length / 2} 0 }}"
    inner = limb(names[1:], f"0 {-length} 0", length)
    return f"JOINT {names[0]} {{ OFFSET {place} CHANNELS 3 Zrotation Xrotation Yrotation {inner} }}"


def write_bvh(path: Path, turn_arm_deg: float = 90.0) -> Path:
    """A standing figure in centimetres whose left arm is raised sideways, further in every frame."""
    arms = "\n".join(
        limb((f"{side}Arm", f"{side}ForeArm", f"{side}Hand"), f"{sign * 18} 0 0", 28)
        for side, sign in (("Left", 1), ("Right", -1))
    )
    legs = "\n".join(
        limb((f"{side}UpLeg", f"{side}Leg", f"{side}Foot"), f"{sign * 9} 0 0", 41)
        for side, sign in (("Left", 1), ("Right", -1))
    )
    frames, rows = 5, []
    for frame in range(frames):
        turns = np.zeros(3 * 15)
        turns[3 * 3] = turn_arm_deg * frame / (frames - 1)  # hips, neck, head, then the left arm about z
        rows.append(" ".join(f"{value:g}" for value in [0, 90, 0, *turns]))
    path.write_text(BVH.format(arms=arms, legs=legs, frames=frames, rows="\n".join(rows)))
    return path


def test_what_was_recorded_is_danced_again(tmp_path: Path) -> None:
    again = RecordedDancer(read_motion(write_npz(tmp_path / "one.npz")))
    times_s = np.linspace(0.2, SECONDS - 0.2, 40)
    wanted, found = dance().landmarks(times_s), again.landmarks(times_s)
    limbs = [13, 14, 15, 16, 25, 26, 27, 28]
    about = [
        points[:, limbs, :2] - points[:, [23, 24], :2].mean(1, keepdims=True) for points in (wanted, found)
    ]
    assert np.median(np.abs(about[0] - about[1])) < 0.01  # of the picture


def test_anybody_turns_to_the_camera_and_stands_on_the_floor(tmp_path: Path) -> None:
    quarter = np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]])
    plain, turned = (
        RecordedDancer(read_motion(write_npz(tmp_path / f"{name}.npz", change)))
        for name, change in (("plain", None), ("turned", quarter))
    )
    times_s = np.linspace(0, SECONDS - 0.1, 30)
    np.testing.assert_allclose(turned.joints(times_s), plain.joints(times_s), atol=1e-6)
    across = plain.joints(times_s)[:, JOINT["left_hip"]] - plain.joints(times_s)[:, JOINT["right_hip"]]
    assert across[:, 0].mean() > 0.1
    soles = plain.joints(times_s)[:, [JOINT["left_toe"], JOINT["right_toe"]], 1]
    assert -0.05 < soles.min() < 0.08


def test_the_body_is_the_configs_own(tmp_path: Path) -> None:
    motion = read_motion(write_npz(tmp_path / "one.npz", scale=0.01))  # whatever unit it was recorded in
    body = Body(height=1.1, legs=1.05, arms=0.95)
    joints = RecordedDancer(motion, DancerConfig(body=body, seconds=1)).joints(np.array([0.5, 1.5]))

    def length(one: str, other: str) -> np.ndarray:
        return np.linalg.norm(joints[:, JOINT[one]] - joints[:, JOINT[other]], axis=-1)

    np.testing.assert_allclose(length("left_elbow", "left_wrist"), body.forearm_m, rtol=1e-6)
    np.testing.assert_allclose(length("right_hip", "right_knee"), body.thigh_m, rtol=1e-6)


def test_a_mirror_exchanges_the_sides(tmp_path: Path) -> None:
    motion = read_motion(write_npz(tmp_path / "one.npz"))
    plain, other = (
        RecordedDancer(motion, DancerConfig(seconds=1, mirrored=mirrored)).joints(1.0)
        for mirrored in (False, True)
    )
    flip = np.array([-1.0, 1.0, 1.0])
    np.testing.assert_allclose(other[JOINT["left_wrist"]], plain[JOINT["right_wrist"]] * flip, atol=1e-9)


def test_past_its_end_a_dance_goes_back_without_a_jump(tmp_path: Path) -> None:
    dancer = RecordedDancer(read_motion(write_npz(tmp_path / "one.npz")), speed=1.2, begin_s=1.0)
    joints = dancer.joints(np.arange(0, 20, 1 / 60))
    steps = np.linalg.norm(np.diff(joints, axis=0), axis=-1).max(1)
    inside = np.linalg.norm(np.diff(dancer._joints, axis=0), axis=-1).max()
    assert steps.max() <= 1.2 * inside + 1e-6


def test_bvh_is_read_by_its_own_names(tmp_path: Path) -> None:
    motion = read_motion(write_bvh(tmp_path / "wave.bvh"))
    assert motion.fps == pytest.approx(50) and len(motion.joints["pelvis"]) == 5
    arm = motion.joints["left_wrist"] - motion.joints["left_shoulder"]
    np.testing.assert_allclose(arm[0], [0, -56, 0], atol=1e-6)
    np.testing.assert_allclose(arm[-1], [56, 0, 0], atol=1e-6)  # about z, from hanging to sideways
    np.testing.assert_allclose(
        motion.joints["right_wrist"] - motion.joints["right_shoulder"], [[0, -56, 0]] * 5
    )
    joints = RecordedDancer(motion, DancerConfig(seconds=1)).joints(0.0)
    assert joints[JOINT["crown"], 1] > 1.5 and joints[JOINT["left_toe"], 1] < joints[JOINT["left_ankle"], 1]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"no motion at all", "cannot be read as motion"),
        (b"ROOT Hips { CHANNELS 1 Xrotation }\nMOTION\nFrames: 2\nFrame Time: 0.1\n1", "cannot be read"),
    ],
)
def test_what_is_no_motion_is_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    for name in ("a.bvh", "a.npz"):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(MotionError, match=words):
            read_motion(tmp_path / name)


def test_what_lacks_a_joint_is_named_and_other_files_are_refused(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "one.npz", names=[name.replace("knee", "nee") for name in NAMES])
    with pytest.raises(MotionError, match="left_knee"):
        read_motion(path)
    with pytest.raises(MotionError, match="no motion: give"):
        read_motion(tmp_path / "one.fbx")
    with pytest.raises(MotionError, match="holds no"):
        motion_files(tmp_path / "nowhere")
    with pytest.raises(MotionError, match="no numbers"):
        read_motion(write_npz(tmp_path / "nan.npz", joints=np.full((9, 21, 3), np.nan)))
