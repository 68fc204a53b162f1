"""The tracker's model errs by as much as was measured, and not at all when told not to."""

import numpy as np
import pytest

from dancer import DancerConfig, VirtualDancer
from dancer.sight import PARTS, SWAP, Sight, any_sight, frame_times, see, watch
from features.landmarks import MIRROR, torso_lengths

ASPECT = 4 / 3
TIMES = np.arange(0, 40, 1 / 30)


@pytest.fixture(scope="module")
def exact() -> np.ndarray:
    return VirtualDancer(DancerConfig(style="la_hiphop", seed=3)).landmarks(TIMES)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_a_perfect_sight_sees_exactly(exact: np.ndarray) -> None:
    seen = see(exact, TIMES, ASPECT, Sight(difficulty=0, dropout=0, swap=0), rng())
    np.testing.assert_allclose(seen, exact, atol=1e-6)


def test_the_error_is_the_measured_one(exact: np.ndarray) -> None:
    torso = float(np.median(torso_lengths(exact, ASPECT)))
    errors = []
    for seed in range(6):
        seen = see(exact, TIMES, ASPECT, Sight(dropout=0, swap=0), rng(seed))
        error = (seen - exact)[..., :2] * [ASPECT, 1] / torso
        errors.append(error - np.median(error, axis=0))
    spread = np.median(np.abs(errors), axis=(0, 1, 3)) / 0.6745
    for part in PARTS:
        found = spread[list(part.landmarks)].mean()
        assert 0.7 * part.noise < found < 2.2 * part.noise, part


def test_errors_wander_instead_of_flickering(exact: np.ndarray) -> None:
    still = np.repeat(exact[:1], len(exact), axis=0)
    error = see(still, TIMES, ASPECT, Sight(dropout=0, swap=0), rng())[:, 11, 0] - still[:, 11, 0]
    error -= error.mean()
    kept = np.mean(error[1:] * error[:-1]) / np.mean(error**2)
    assert 0.75 < kept < 0.95  # 0.85 at 30 fps was measured


def test_difficulty_scales_the_error(exact: np.ndarray) -> None:
    size = [
        np.nanstd((see(exact, TIMES, ASPECT, Sight(difficulty=d, swap=0), rng()) - exact)[..., 15, :2])
        for d in (1, 2)
    ]
    assert size[1] > 1.6 * size[0]


def test_lost_poses_are_whole_rows_of_nan_in_gaps(exact: np.ndarray) -> None:
    lost = [np.isnan(see(exact, TIMES, ASPECT, Sight(dropout=0.05), rng(seed))) for seed in range(8)]
    rows = np.array(lost).any(axis=(2, 3))
    assert np.array_equal(rows, np.array(lost).all(axis=(2, 3)))
    assert 0.03 < rows.mean() < 0.08
    gaps = np.sum(np.diff(rows.astype(int), axis=1) == 1)
    assert 2 < rows.sum() / gaps < 7


def test_swaps_exchange_left_and_right_for_single_frames(exact: np.ndarray) -> None:
    sight = Sight(difficulty=0, dropout=0, swap=0.1)
    seen = see(exact, TIMES, ASPECT, sight, rng())
    swapped = np.array([np.allclose(a, b[list(MIRROR)]) for a, b in zip(seen, exact, strict=True)])
    same = np.array([np.allclose(a, b, atol=1e-6) for a, b in zip(seen, exact, strict=True)])
    assert np.all(swapped | same) and 0.06 < swapped.mean() < 0.14
    assert SWAP < 0.01


def test_hidden_joints_are_worse_and_doubted(exact: np.ndarray) -> None:
    hidden = exact.copy()
    hidden[:, 13, 3], hidden[:, 14, 3] = 0.45, 0.99
    seen = see(hidden, TIMES, ASPECT, Sight(dropout=0, swap=0), rng(3))
    error = np.abs(seen - hidden)
    error[..., :2] -= np.median(seen - hidden, axis=0)[..., :2]
    spread = [np.std((seen - hidden)[:, joint, 0]) for joint in (13, 14)]
    assert spread[0] > 2 * spread[1]
    assert np.median(seen[:, 13, 3]) < 0.85 < np.median(seen[:, 14, 3])


@pytest.mark.parametrize(("fps", "dropped"), ((24, 0), (30, 0.2), (60, 0.1)))
def test_frames_come_at_their_rate_with_jitter(fps: float, dropped: float) -> None:
    times = frame_times(100, Sight(fps=fps, fps_jitter=0.1, dropped=dropped), rng())
    assert np.all(np.diff(times) > 0) and times[0] >= 0 and times[-1] < 100
    assert len(times) == pytest.approx(100 * fps * (1 - dropped), rel=0.04)
    assert np.std(np.diff(times)) * fps > 0.05


def test_watching_is_repeatable_by_seed() -> None:
    dancer = VirtualDancer(DancerConfig(style="krump", seed=1))
    sight = any_sight(rng(5))
    first, again = (watch(dancer.landmarks, 10, ASPECT, sight, rng(8)) for _ in range(2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[1], again[1])
    assert first[1].dtype == np.float32 and first[1].shape == (len(first[0]), 33, 4)


def test_wrong_sizes_and_values_are_refused(exact: np.ndarray) -> None:
    with pytest.raises(ValueError, match="33, 4"):
        see(exact[:, :20], TIMES, ASPECT, Sight(), rng())
    with pytest.raises(ValueError, match="dropout"):
        Sight(dropout=2)
