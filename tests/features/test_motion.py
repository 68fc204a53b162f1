import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dancer import DancerConfig, VirtualDancer
from features.landmarks import LEFT_WRIST, RIGHT_WRIST
from features.motion import MEMORY_FRAMES, MOTION_FEATURES, NEUTRAL, motion_features

ASPECT = 4 / 3


def standing(frames: int = 120) -> np.ndarray:
    points = VirtualDancer(DancerConfig(seed=1)).landmarks(1.0).astype(np.float32)
    return np.repeat(points[None], frames, axis=0)


def column(features: np.ndarray, name: str) -> np.ndarray:
    return features[:, MOTION_FEATURES.index(name)]


def dance(energy: float, frames: int = 240, style: str = "house") -> np.ndarray:
    dancer = VirtualDancer(DancerConfig(bpm=120, style=style, seed=2, energy=energy))
    return dancer.landmarks(np.arange(frames) / 30).astype(np.float32)


def test_standing_still_has_no_energy_even_with_trackers_jitter() -> None:
    jitter = np.random.default_rng(0).normal(0, 0.0008, (120, 33, 4)).astype(np.float32)
    features = motion_features(standing() + jitter, ASPECT)
    assert column(features, "energy")[-1] < 0.05
    assert column(features, "stillness")[-1] > 0.8
    assert column(features, "jump").max() < 0.1


def test_more_energetic_dance_has_more_energy() -> None:
    means = [column(motion_features(dance(e), ASPECT), "energy")[60:].mean() for e in (0.2, 0.5, 0.9)]
    assert means[0] < means[1] < means[2]


def test_arms_up_and_wide_are_seen() -> None:
    down, up = standing(), standing()
    up[:, (LEFT_WRIST, RIGHT_WRIST), 1] -= 0.5
    up[:, LEFT_WRIST, 0] += 0.2
    up[:, RIGHT_WRIST, 0] -= 0.2
    low, high = motion_features(down, ASPECT), motion_features(up, ASPECT)
    assert column(high, "arm_height")[-1] > column(low, "arm_height")[-1] + 0.3
    assert column(high, "arm_openness")[-1] > column(low, "arm_openness")[-1] + 0.1


def test_a_jump_is_hips_and_feet_together() -> None:
    points = standing()
    points[60:66, :, 1] -= np.linspace(0.02, 0.12, 6)[:, None].astype(np.float32)
    points[66:, :, 1] -= 0.12
    assert column(motion_features(points, ASPECT), "jump")[58:70].max() > 0.5


@pytest.mark.parametrize("start", [7, 40, 111])
def test_features_depend_on_a_finite_past_only(start: int) -> None:
    points = dance(0.7, 300)
    points[50:60] = np.nan
    whole, part = motion_features(points, ASPECT), motion_features(points[start:], ASPECT)
    np.testing.assert_array_equal(whole[start + MEMORY_FRAMES :], part[MEMORY_FRAMES:])


def test_the_future_changes_nothing() -> None:
    points = dance(0.7, 200)
    changed = points.copy()
    changed[150:] += 1.0
    before, after = motion_features(points, ASPECT), motion_features(changed, ASPECT)
    np.testing.assert_array_equal(before[:150], after[:150])


def test_size_and_distance_do_not_matter() -> None:
    points = dance(0.7)
    near = motion_features(points, ASPECT)
    small = points.copy()
    small[..., :2] = 0.5 + (points[..., :2] - 0.5) * 0.5
    np.testing.assert_allclose(motion_features(small, ASPECT), near, atol=1e-3)


def test_nobody_becomes_neutral() -> None:
    points = dance(0.7, 120)
    points[60:] = np.nan
    np.testing.assert_array_equal(motion_features(points, ASPECT)[-1], NEUTRAL)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 60), st.floats(0, 1), st.integers(0, 2**31))
def test_anything_gives_finite_bounded_features(frames: int, missing: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    points = random.uniform(-2, 3, (frames, 33, 4)).astype(np.float32)
    points[random.random(frames) < missing] = np.nan
    features = motion_features(points, ASPECT)
    assert features.shape == (frames, len(MOTION_FEATURES))
    assert np.isfinite(features).all() and features.min(initial=0) >= -1 and features.max(initial=0) <= 1.0001


def test_a_wrong_shape_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"\[T, 33, 4\]"):
        motion_features(np.zeros((5, 25, 3), np.float32), ASPECT)
