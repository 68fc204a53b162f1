import numpy as np
import pytest

from configs.bundle import Layout
from features.motion import MOTION_FEATURES, MOTION_FPS
from realtime.controls import Controls
from realtime.types import Landmarks
from realtime.vision import Observation
from realtime.window import History, code_times, motion_at, motion_track, over_a_beat, visual_at

LAYOUT = Layout(past=202, block=43, reserve=43, margin=56)
VISUAL = np.array([0.5, 0.4, 0.5, 0.2, 0.0, 0.0], np.float32)


def pose(time_s: float) -> np.ndarray:
    """A body whose arms swing twice a second and whose hips bounce: smooth, so rates are comparable."""
    points = np.zeros((33, 4), np.float32)
    points[:, 0] = 0.5 + 0.01 * np.arange(33) / 33
    points[:, 1] = np.linspace(0.2, 0.9, 33)
    points[:, 3] = 1.0
    points[15:17, 0] += 0.1 * np.sin(2 * np.pi * 1.5 * time_s)
    points[23:29, 1] += 0.02 * np.sin(2 * np.pi * 1.0 * time_s)
    return points


def history(times_s: np.ndarray) -> History:
    seen = History()
    for index, time_s in enumerate(times_s):
        person = Landmarks(float(time_s), pose(float(time_s)), 1.33)
        seen = seen.add(Observation(index, float(time_s), (person,), VISUAL), person)
    return seen


@pytest.mark.parametrize("fps", [24, 25, 29.97, 30, 50, 60])
def test_cameras_of_any_rate_give_the_same_motion(fps: float) -> None:
    exact = motion_track(history(np.arange(0, 5, 1 / 240)), 2.0)
    grid_s, features = motion_track(history(np.arange(0, 5, 1 / fps)), 2.0)
    count = min(len(grid_s), len(exact[0]))
    np.testing.assert_array_equal(grid_s[:count], exact[0][:count])
    assert np.abs(features[:count] - exact[1][:count]).mean() < 0.02


def test_jitter_and_dropped_frames_change_little() -> None:
    random = np.random.default_rng(0)
    times_s = np.arange(0, 5, 1 / 30) + random.uniform(0, 0.012, 150)
    kept = times_s[random.random(150) > 0.2]
    exact = motion_track(history(np.arange(0, 5, 1 / 240)), 2.0)
    grid_s, features = motion_track(history(kept), 2.0)
    count = min(len(grid_s), len(exact[0]))
    assert np.abs(features[:count] - exact[1][:count]).mean() < 0.05


def test_overlapping_windows_share_their_motion() -> None:
    seen = history(np.arange(0, 6, 1 / 30))
    first = motion_track(seen, 3.0)
    second = motion_track(seen, 3.25)
    shift = round((second[0][0] - first[0][0]) * MOTION_FPS)
    np.testing.assert_array_equal(first[1][shift:], second[1])


def test_the_future_is_held_and_masked() -> None:
    seen = history(np.arange(0, 4, 1 / 30))
    times_s = code_times(LAYOUT, 4.2, 128, 22050)
    motion, mask = motion_at(times_s, *motion_track(seen, float(times_s[0])))
    known = int(mask.sum())
    assert 0 < known < LAYOUT.past
    assert np.all(mask[:known] == 1) and np.all(mask[known:] == 0)
    np.testing.assert_array_equal(motion[:, known + 1], motion[:, -1])


def test_nobody_is_neutral_and_finite() -> None:
    times_s = code_times(LAYOUT, 1.0, 128, 22050)
    motion, mask = motion_at(times_s, *motion_track(History(), float(times_s[0])))
    assert motion.shape == (len(MOTION_FEATURES), 344) and np.isfinite(motion).all() and not mask.any()
    assert np.isfinite(visual_at(times_s, History())).all()


def test_intensity_scales_the_energies_only() -> None:
    seen = history(np.arange(0, 4, 1 / 30))
    times_s = code_times(LAYOUT, 4.2, 128, 22050)
    track = motion_track(seen, float(times_s[0]))
    plain, silent = motion_at(times_s, *track)[0], motion_at(times_s, *track, intensity=0.0)[0]
    assert plain[0].max() > 0 and silent[0].max() == 0
    np.testing.assert_array_equal(plain[2:], silent[2:])


def test_history_forgets_and_refuses_to_go_back() -> None:
    seen = history(np.arange(0, 20, 1 / 30))
    assert seen.newest_s - seen.seen[0].time_s <= 7.0
    older = Observation(0, 1.0, (), VISUAL)
    assert seen.add(older, None) is seen
    assert Controls().style_name == "break"


def test_energy_does_not_swell_with_slow_beats_and_follows_fast_ones() -> None:
    """At 70 BPM a body that gives its strokes beat by beat is as loud between the beats as on them."""
    beat_s, seconds = 60 / 70, np.arange(180) / 30
    features = np.zeros((180, len(MOTION_FEATURES)), np.float32)
    stroke = 0.3 + 0.2 * np.cos(2 * np.pi * seconds / beat_s)
    features[:, MOTION_FEATURES.index("energy_fast")] = stroke
    features[:, MOTION_FEATURES.index("energy")] = 0.3 + 0.1 * np.cos(2 * np.pi * (seconds - 0.2) / beat_s)
    energy = over_a_beat(features, beat_s)[40:, MOTION_FEATURES.index("energy")]
    assert np.ptp(energy) < 0.02 and abs(energy.mean() - 0.3) < 0.01
    assert over_a_beat(features, 60 / 118) is features
    between = over_a_beat(features, 0.57)[40:, MOTION_FEATURES.index("energy")]
    assert 0.02 < np.ptp(between) < 0.19
