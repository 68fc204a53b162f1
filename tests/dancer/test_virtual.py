"""Pictures and landmarks are pure functions of config and index; the truth is the grid that was danced."""

import numpy as np
import pytest

from dancer import DancerConfig, Stepping, VirtualDancer
from dancer.camera import Viewpoint
from dancer.vocabulary import STYLES
from features.landmarks import (
    LEFT_ANKLE,
    LEFT_EAR,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)  # fmt: skip

CONFIG = DancerConfig(bpm=112, style="street_jazz", seed=6, seconds=1.5, view=Viewpoint(shake=0.7), people=1)


def test_any_frame_at_any_time_equals_the_frame_in_order() -> None:
    in_order = {i: image for i, image in enumerate(VirtualDancer(CONFIG).frames()) if i in (0, 17, 44)}
    at_random = VirtualDancer(CONFIG)
    for index in (44, 0, 17):
        np.testing.assert_array_equal(at_random.frame(index), in_order[index])


def test_the_seed_decides() -> None:
    image = VirtualDancer(CONFIG).frame(30)
    assert image.shape == (480, 640, 3) and image.dtype == np.uint8
    other = VirtualDancer(DancerConfig(bpm=112, style="street_jazz", seed=7, seconds=4)).frame(30)
    assert np.mean(image != other) > 0.5


def test_the_number_of_frames_is_seconds_times_fps() -> None:
    assert len(VirtualDancer(DancerConfig(seconds=2.5, fps=24))) == 60
    small = VirtualDancer(DancerConfig(seconds=0.2, fps=25, width=160, height=120))
    assert [image.shape for image in small.frames()] == [(120, 160, 3)] * 5


@pytest.mark.parametrize("size", ((480, 640), (1280, 720), (320, 240)))
def test_other_picture_sizes_hold_the_whole_dancer(size: tuple[int, int]) -> None:
    dancer = VirtualDancer(DancerConfig(width=size[0], height=size[1], style="waack"))
    assert dancer.frame(3).shape == (size[1], size[0], 3)
    points = dancer.landmarks(np.arange(0, 20, 0.1))
    inside = np.all((points[..., :2] > 0) & (points[..., :2] < 1), axis=-1)
    assert inside.mean() > 0.98


@pytest.mark.parametrize("style", STYLES)
def test_landmarks_lie_within_the_picture_and_in_mediapipes_order(style: str) -> None:
    points = VirtualDancer(DancerConfig(style=style, seed=1, energy=0.6)).landmarks(np.arange(0, 30, 1 / 15))
    assert points.dtype == np.float32 and points.shape == (450, 33, 4)
    inside = np.all((points[..., :2] > 0) & (points[..., :2] < 1), axis=-1)
    assert inside.mean() > 0.995
    assert np.all((points[..., 3] >= 0) & (points[..., 3] <= 1))
    middle = np.median(points, axis=0)
    assert middle[NOSE, 1] < middle[LEFT_SHOULDER, 1] < middle[LEFT_ANKLE, 1]  # y points down
    assert middle[LEFT_SHOULDER, 0] > middle[RIGHT_SHOULDER, 0]  # the dancer faces the camera
    assert middle[LEFT_WRIST, 0] > middle[RIGHT_WRIST, 0]
    assert middle[NOSE, 2] < middle[LEFT_EAR, 2]  # nearer is smaller


def test_landmarks_lie_on_what_is_drawn() -> None:
    """Around the nose, knees and shoes the picture changes when the dancer is taken out of the room."""
    dancer = VirtualDancer(DancerConfig(style="lock", seed=9, room="loft"))
    for index in (10, 200):
        image = dancer.frame(index).astype(int)
        empty = dancer.scene._small.astype(int)
        points = dancer.landmarks(dancer.time_of(index))
        for joint in (0, 11, 12, 23, 24, 25, 26, 31, 32):
            x, y = (points[joint, :2] * [640, 480]).astype(int)
            patch = np.s_[y - 1 : y + 2, x - 1 : x + 2]
            assert np.abs(image[patch] - empty[patch]).max() > 15, (index, joint)


def test_a_turned_back_hides_the_face() -> None:
    behind = VirtualDancer(DancerConfig(style="pop", energy=0.3, view=Viewpoint(azimuth_deg=180)))
    points = behind.landmarks(np.arange(0, 4, 0.2))
    assert np.median(points[:, NOSE, 3]) < 0.6 < np.median(points[:, LEFT_SHOULDER, 3])
    assert np.all(points[:, LEFT_SHOULDER, 0] < points[:, RIGHT_SHOULDER, 0])


def test_truth_is_the_grid() -> None:
    config = DancerConfig(bpm=100, seconds=30, tempo=Stepping(((12.0, 130.0),)), first_beat_s=0.4)
    truth = VirtualDancer(config).truth
    assert truth.beat_times_s[0] == pytest.approx(0.4)
    assert np.all((truth.beat_times_s >= 0) & (truth.beat_times_s < 30))
    np.testing.assert_allclose(np.diff(truth.beat_times_s)[:18], 0.6)
    np.testing.assert_allclose(np.diff(truth.beat_times_s)[-18:], 60 / 130)
    np.testing.assert_allclose(truth.downbeat_times_s, truth.beat_times_s[::4])
    np.testing.assert_allclose(truth.phase_at(truth.beat_times_s), truth.beat_numbers, atol=1e-9)


def test_the_first_beat_cannot_be_guessed() -> None:
    firsts = [VirtualDancer(DancerConfig(bpm=60, seed=seed)).truth.beat_times_s[0] for seed in range(30)]
    assert 0 <= min(firsts) < 0.2 and 0.8 < max(firsts) < 1


def test_joints_of_many_times_are_those_of_each() -> None:
    dancer = VirtualDancer(DancerConfig(style="break", seed=12))
    times = np.array([-1.0, 0.0, 3.21, 77.7])
    np.testing.assert_allclose(dancer.joints(times), [dancer.joints(float(t)) for t in times], atol=1e-12)
    np.testing.assert_allclose(dancer.landmarks(times)[2], dancer.landmarks(3.21), atol=1e-6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(style="tango"), ("style", "tango", "house")),
        (dict(bpm=5.0), ("bpm", "5")),
        (dict(seconds=0.0), ("seconds",)),
        (dict(fps=0.0), ("fps",)),
        (dict(width=3), ("width", "3")),
        (dict(speed=0.7), ("speed", "0.7")),
        (dict(seed=-1), ("seed", "-1")),
        (dict(room="cave"), ("room", "cave", "studio")),
        (dict(people=9), ("people", "9")),
    ],
)
def test_impossible_configs_are_refused_by_name(change, words) -> None:
    with pytest.raises(ValueError) as error:
        DancerConfig(**change)
    assert all(word in str(error.value) for word in words)
