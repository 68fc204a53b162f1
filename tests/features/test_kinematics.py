"""Kinematic accents: where they lie, how large they are, and what is none."""

import numpy as np
import pytest

from features import kinematics as kin
from features import landmarks as lm

ASPECT = 4 / 3
HANDS, BODY, DIP, RISE, SWAY = (kin.CHANNELS.index(n) for n in ("hands", "body", "dip", "rise", "sway"))


def figure(size: float = 0.25, x: float = 0.5, y: float = 0.5) -> np.ndarray:
    """Somebody upright: hips at (x, y), torso of ``size`` frame heights. ``[33, 4]``."""
    places = dict.fromkeys(range(11), (0.0, -1.4))
    for sign, side in ((1, 0), (-1, 1)):  # left and right landmarks alternate
        places |= {
            lm.LEFT_SHOULDER + side: (0.35 * sign, -1.0), lm.LEFT_ELBOW + side: (0.5 * sign, -0.5),
            lm.LEFT_HIP + side: (0.2 * sign, 0.0), lm.LEFT_KNEE + side: (0.2 * sign, 0.9),
            **dict.fromkeys((15 + side, 17 + side, 19 + side, 21 + side), (0.55 * sign, 0.0)),
            **dict.fromkeys((27 + side, 29 + side, 31 + side), (0.2 * sign, 1.7)),
        }  # fmt: skip
    points = np.zeros((33, 4), np.float32)
    for joint, (right, down) in places.items():
        points[joint] = (x + right * size / ASPECT, y + down * size, 0.0, 0.95)
    return points


def reach(times_s, arrive_s=1.0, travel_s=0.25, lengths=0.8, size=0.25):
    """The left hand goes out and stops at ``arrive_s``; speed falls until then."""
    s = np.clip(1 - (arrive_s - times_s) / travel_s, 0, 1)
    points = np.tile(figure(size), (len(times_s), 1, 1))
    points[:, [15, 17, 19, 21], 0] += (lengths * size / ASPECT * s * s * (3 - 2 * s))[:, None]
    return points


def bounce(times_s, hz=2.0, depth=0.1, size=0.25):
    """Everything sinks by ``depth`` torso lengths, lowest at multiples of ``1 / hz``."""
    points = np.tile(figure(size), (len(times_s), 1, 1))
    points[..., 1] += (0.5 * depth * size * np.cos(2 * np.pi * hz * times_s))[:, None]
    return points


def watch(times_s, points, aspect=ASPECT):
    """The accents of every moment that has any."""
    state, seen = kin.start(), []
    for time_s, pose in zip(times_s, points, strict=True):
        state, accents = kin.update(state, pose, aspect, float(time_s))
        if accents is not None:
            seen.append(accents)
    return seen


def follow(times_s, points, aspect=ASPECT):
    """Times of accents ``[n]`` and strengths ``[n, C]``."""
    seen = watch(times_s, points, aspect)
    return np.array([one.time_s for one in seen]), np.array([one.strength for one in seen])


@pytest.mark.parametrize("fps", [24, 30, 60])
def test_a_hand_that_stops_is_an_accent_then(fps):
    times_s = np.arange(0, 2, 1 / fps)
    at, strength = follow(times_s, reach(times_s))
    weight = strength[:, HANDS]
    centre_s = (at * weight).sum() / weight.sum()
    assert 0.93 < centre_s < 1.0  # braking takes the last 125 ms of the way
    assert weight[np.abs(at - 0.97) < 0.05].max() > 8 * np.median(weight) + 5
    assert strength[:, BODY].max() < 0.1 * weight.max()


def test_dip_and_rise_mark_the_ends_of_a_bounce():
    times_s = np.arange(0, 4, 1 / 30)
    at, strength = follow(times_s, bounce(times_s))
    for channel, expected in ((DIP, 0.0), (RISE, 0.5)):
        phase = np.angle((strength[:, channel] * np.exp(2j * np.pi * 2.0 * at)).sum()) / (2 * np.pi)
        assert (phase - expected + 0.5) % 1 - 0.5 == pytest.approx(0, abs=0.02)
    amplitude = 0.05 * (2 * np.pi * 2.0) ** 2
    assert strength[:, DIP].max() == pytest.approx(amplitude, rel=0.35)


def test_distance_and_picture_shape_do_not_matter():
    times_s = np.arange(0, 2, 1 / 30)
    _, near = follow(times_s, reach(times_s, size=0.3))
    _, far = follow(times_s, reach(times_s, size=0.1))
    assert far[:, HANDS].max() == pytest.approx(near[:, HANDS].max(), rel=0.05)
    narrow = reach(times_s)
    narrow[..., 0] = 0.5 + (narrow[..., 0] - 0.5) * ASPECT / 0.75
    _, upright = follow(times_s, narrow, aspect=0.75)
    _, wide = follow(times_s, reach(times_s))
    assert np.allclose(upright, wide, atol=1e-3)


def test_a_trembling_tracker_shows_next_to_no_accents():
    rng = np.random.default_rng(1)
    times_s = np.arange(0, 6, 1 / 30)
    still = np.tile(figure(), (len(times_s), 1, 1))
    still[..., :2] += rng.normal(0, 0.008 * 0.25, still[..., :2].shape).astype(np.float32)
    _, strength = follow(times_s, still)
    _, danced = follow(times_s, reach(times_s))
    late = strength[90:]
    assert late[:, [BODY, DIP, RISE]].mean() < 0.15
    assert late[:, HANDS].mean() < 0.05 * danced[:, HANDS].max()


def test_a_cut_is_not_a_move():
    times_s = np.arange(0, 2, 1 / 30)
    points = np.tile(figure(x=0.15), (len(times_s), 1, 1))
    points[30:] = figure(x=0.85)
    _, strength = follow(times_s, points)
    assert strength.max() < 0.5


def test_somebody_hidden_does_not_count():
    times_s = np.arange(0, 2, 1 / 30)
    points = reach(times_s)
    points[:, [15, 16], 3] = 0.1
    _, strength = follow(times_s, points)
    assert strength[:, HANDS].max() == 0


def test_dropped_frames_still_show_the_accent():
    times_s = np.arange(0, 2, 1 / 30)
    kept = np.random.default_rng(3).random(len(times_s)) > 0.3
    at, strength = follow(times_s[kept], reach(times_s)[kept])
    assert at[strength[:, HANDS].argmax()] == pytest.approx(0.97, abs=0.06)


def last(times_s, points):
    """The accents of the last moment."""
    return watch(times_s, points)[-1]


@pytest.mark.parametrize("seconds", [3.0, 8.0])
def test_ground_is_how_far_somebody_gets_in_six_seconds(seconds):
    times_s = np.arange(0, seconds, 1 / 30)
    walk = [figure(x=0.1 + 0.25 / ASPECT * 0.4 * float(t)) for t in times_s]
    assert last(times_s, walk).ground == pytest.approx(0.4 * kin.TRAIL_S, rel=0.25)  # its ends are left out
    size = [kin.FOCAL / (kin.FOCAL / 0.15 - 0.4 * t) for t in times_s]  # to the camera
    assert last(times_s, [figure(size=s) for s in size]).ground == pytest.approx(0.4 * kin.TRAIL_S, rel=0.25)


def test_to_and_fro_on_the_spot_and_a_bend_cover_no_ground():
    times_s = np.arange(0, 8, 1 / 30)
    sway = [figure(x=0.5 + 0.25 / ASPECT * 0.3 * np.sin(6 * t)) for t in times_s]
    assert last(times_s, sway).ground < 0.7
    bends = np.tile(figure(), (len(times_s), 1, 1))
    bends[:, :13, 1] += (0.1 * (np.sin(8 * times_s) > 0.3))[:, None]  # head and shoulders come down
    assert last(times_s, bends).ground < 0.7


def test_a_torso_once_seen_too_long_covers_no_ground_and_a_short_look_tells_nothing():
    times_s = np.arange(0, 7, 1 / 30)
    points = np.tile(figure(), (len(times_s), 1, 1))
    points[120] = figure(size=0.33)
    assert last(times_s, points).ground < 0.3
    assert last(times_s[:40], points[:40]).ground is None


def test_the_ground_covered_outlasts_a_short_gap():
    times_s = np.arange(0, 4, 1 / 30)
    walk = np.array([figure(x=0.1 + 0.25 / ASPECT * 0.6 * float(t)) for t in times_s])
    gone = (times_s > 3.0) & (times_s < 3.6)
    assert last(times_s[~gone][:100], walk[~gone][:100]).ground > 2.0


def test_jitter_is_no_rocking():
    times_s = np.arange(0, 5, 1 / 30)
    points = np.tile(figure(), (len(times_s), 1, 1))
    points[..., :2] += np.random.default_rng(0).normal(0, 0.02 * 0.25, (len(times_s), 33, 2))
    assert np.mean([one.rocking for one in watch(times_s, points) if one.time_s > 2.0]) < 0.07


def test_a_trunk_rocks_where_shoulders_go_aside_and_hips_do_not():
    times_s = np.arange(0, 4, 1 / 30)
    points = np.tile(figure(), (len(times_s), 1, 1))
    points[:, :23, 0] += (0.25 / ASPECT * 0.3 * times_s)[:, None]  # 0.3 torso lengths a second
    assert last(times_s[:20], points[:20]).rocking == pytest.approx(0.3, rel=0.1)
    walk = [figure(x=0.1 + 0.05 * float(t)) for t in times_s]
    assert last(times_s, walk).rocking < 0.01


def test_nobody_and_old_poses_change_nothing():
    state = kin.start()
    for time_s in np.arange(0, 1, 1 / 30):
        state, _ = kin.update(state, figure(), ASPECT, float(time_s))
    for pose, time_s in ((None, 2.0), (np.full((33, 4), np.nan, np.float32), 2.0), (figure(), 0.5)):
        after, accents = kin.update(state, pose, ASPECT, time_s)
        assert after is state and accents is None


def test_states_are_left_as_they_were():
    state, _ = kin.update(kin.start(), figure(), ASPECT, 0.0)
    before = [np.array(v, copy=True) for v in vars(state).values()]
    kin.update(state, figure(x=0.6), ASPECT, 0.033)
    assert all(np.array_equal(a, b) for a, b in zip(before, vars(state).values(), strict=True))
