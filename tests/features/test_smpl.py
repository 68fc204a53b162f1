import numpy as np

from dancer import DancerConfig, VirtualDancer
from features.body25 import body_25
from features.smpl import JOINTS, SMPL_VALUES, smpl_motion, swing


def dance() -> np.ndarray:
    dancer = VirtualDancer(DancerConfig(seed=3))
    return dancer.landmarks(np.arange(30) / 15).astype(np.float32)


def test_rotations_are_rotations() -> None:
    motion = smpl_motion(dance(), 4 / 3)
    assert motion.shape == (30, SMPL_VALUES)
    matrices = motion[:, : JOINTS * 9].reshape(30, JOINTS, 3, 3)
    np.testing.assert_allclose(
        matrices @ matrices.transpose(0, 1, 3, 2), np.broadcast_to(np.eye(3), matrices.shape), atol=1e-4
    )
    np.testing.assert_allclose(np.linalg.det(matrices), 1.0, atol=1e-4)


def test_swing_turns_rest_into_what_is_seen() -> None:
    wanted = np.random.default_rng(0).standard_normal((50, 3))
    turned = swing(np.array([0.0, -1.0, 0.0]), wanted) @ np.array([0.0, -1.0, 0.0])
    np.testing.assert_allclose(turned, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=1e-6)


def test_the_same_pose_elsewhere_differs_only_in_place() -> None:
    points = dance()
    moved = points.copy()
    moved[..., 0] += 0.1
    here, there = smpl_motion(points, 4 / 3), smpl_motion(moved, 4 / 3)
    np.testing.assert_allclose(here[:, :216], there[:, :216], atol=1e-4)
    assert np.all(there[:, 216] > here[:, 216])


def test_body_25_is_in_pixels_with_made_joints_between() -> None:
    points = dance()
    joints = body_25(points, 640, 480)
    np.testing.assert_allclose(joints[:, 1, 0], points[:, (11, 12), 0].mean(1) * 640, rtol=1e-5)
    np.testing.assert_allclose(joints[:, 4, 1], points[:, 16, 1] * 480, rtol=1e-5)
