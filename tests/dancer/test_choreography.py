"""The dance is on the beat, differs by genre and seed, and its symmetries hold."""

from dataclasses import replace

import numpy as np
import pytest

from configs.genres import GENRES
from dancer import DancerConfig, Drifting, Stepping, VirtualDancer
from dancer.channels import INDEX, mirror
from dancer.choreography import ease
from dancer.skeleton import JOINT
from dancer.vocabulary import STYLES, VOCABULARY
from tests.dancer.tempo_of_motion import decelerations, tempo_bpm, tempo_error_bpm

FPS = 60.0
ASPECT = 4 / 3


def braking_by_phase(dancer: VirtualDancer, seconds: float, bins: int = 12) -> np.ndarray:
    """Mean limb deceleration in each twelfth of the true beat, 1 on average; bin 0 is centred on the beat."""
    times = np.arange(int(seconds * FPS)) / FPS
    braking = decelerations(dancer.landmarks(times), ASPECT, FPS)
    phase = dancer.truth.phase_at(times[1:-1]) % 1
    bin_of = (np.floor(phase * bins + 0.5) % bins).astype(int)
    sums, counts = np.bincount(bin_of, braking, bins), np.bincount(bin_of, minlength=bins)
    return sums / counts / np.mean(braking)


def test_the_styles_are_the_genres_in_their_order() -> None:
    assert STYLES == GENRES


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("bpm", (72, 108, 156))
def test_limbs_brake_on_the_true_beat(style: str, bpm: float) -> None:
    profiles = [braking_by_phase(VirtualDancer(DancerConfig(bpm, style, seed)), 20) for seed in (0, 1)]
    profile = np.mean(profiles, axis=0)
    assert np.argmax(profile) in (11, 0), profile  # the stop itself, or just before it
    assert profile.max() > 2
    assert profile[[4, 5, 7, 8]].max() < 0.6 * profile.max()  # neither just before nor after half a beat


@pytest.mark.parametrize("tempo", (Drifting(0.06, 14), Stepping(((8.0, 126.0), (16.0, 98.0)))))
def test_limbs_follow_a_tempo_that_changes(tempo) -> None:
    profile = braking_by_phase(VirtualDancer(DancerConfig(110, "lock", 5, tempo=tempo)), 24)
    assert np.argmax(profile) in (11, 0) and profile.max() > 2


@pytest.mark.parametrize("style", STYLES)
def test_the_tempo_comes_back_from_exact_landmarks(style: str) -> None:
    for seed, bpm in enumerate((70, 93, 117, 141, 160)):
        dancer = VirtualDancer(DancerConfig(bpm, style, seed))
        found = tempo_bpm(dancer.landmarks(np.arange(360) / 30), ASPECT, 30)
        assert tempo_error_bpm(found, bpm) <= 1, (bpm, found)


def test_half_time_puts_the_accents_on_every_second_beat() -> None:
    whole = braking_by_phase(VirtualDancer(DancerConfig(130, "lock", 1, speed=1)), 30)
    config = DancerConfig(130, "lock", 1, speed=0.5)
    dancer = VirtualDancer(config)
    times = np.arange(int(30 * FPS)) / FPS
    braking = decelerations(dancer.landmarks(times), ASPECT, FPS)
    two_beats = dancer.truth.phase_at(times[1:-1]) / 2 % 1
    near = lambda where: braking[np.abs((two_beats - where + 0.5) % 1 - 0.5) < 0.06].mean()  # noqa: E731
    assert near(0.98) > 1.8 * near(0.48)
    assert whole.max() > 2


def test_genres_move_differently() -> None:
    """Any two genres differ in mean pose and in how much each joint moves about it."""
    times = np.arange(0, 30, 1 / 10)

    def portrait(style: str, seed: int) -> np.ndarray:
        joints = VirtualDancer(DancerConfig(110, style, seed, energy=((0.0, 0.7),))).joints(times)
        local = joints - joints[:, :1]
        return np.concatenate([local.mean(0), local.std(0)]).ravel()

    portraits = {style: np.mean([portrait(style, seed) for seed in range(3)], axis=0) for style in STYLES}
    gaps = [np.linalg.norm(portraits[a] - portraits[b]) for a in STYLES for b in STYLES if a < b]
    assert min(gaps) > 0.15


def test_moves_of_every_genre_are_sound() -> None:
    for genre in VOCABULARY.values():
        for track in ("legs", "core", "arms"):
            calm = [move for move in genre.of_track(track) if move.needs == 0]
            assert len(calm) >= 2, f"{genre.name} has too little to do with its {track} at low energy"
        for move in genre.moves:
            assert move.beats in (1, 2, 4, 8) and move.keys[0].beat == 0, (genre.name, move.name)


def test_mirrored_is_the_mirror_image() -> None:
    plain = VirtualDancer(DancerConfig(style="waack", seed=7)).choreography.poses(np.linspace(0, 20, 50))
    other = VirtualDancer(DancerConfig(style="waack", seed=7, mirrored=True))
    np.testing.assert_allclose(other.choreography.poses(np.linspace(0, 20, 50)), mirror(plain))
    np.testing.assert_allclose(mirror(mirror(plain)), plain)


def test_movement_has_no_jumps() -> None:
    """Between pictures at 240 fps no joint moves faster than a body can: 18 m/s."""
    times = np.arange(0, 40, 1 / 240)
    for style in STYLES:
        joints = VirtualDancer(DancerConfig(120, style, seed=11, energy=0.9)).joints(times)
        speed = np.linalg.norm(np.diff(joints, axis=0), axis=-1) * 240
        assert speed.max() < 18, (style, float(speed.max()))


def test_feet_stay_on_the_floor_and_limbs_keep_their_length() -> None:
    times = np.arange(0, 30, 1 / 30)
    for style in STYLES:
        dancer = VirtualDancer(DancerConfig(115, style, seed=4, energy=0.8))
        joints = dancer.joints(times)
        at = {name: joints[:, i] for name, i in JOINT.items()}
        assert min(at["left_ankle"][:, 1].min(), at["right_ankle"][:, 1].min()) > 0.04
        thigh = np.linalg.norm(at["left_hip"] - at["left_knee"], axis=-1)
        forearm = np.linalg.norm(at["right_elbow"] - at["right_wrist"], axis=-1)
        np.testing.assert_allclose(thigh, dancer.config.body.thigh_m, rtol=0.01)
        np.testing.assert_allclose(forearm, dancer.config.body.forearm_m, rtol=0.01)


@pytest.mark.parametrize("sharp", (2.0, 3.5, 5.0))
def test_ease_starts_and_stops_at_rest(sharp: float) -> None:
    s = np.linspace(0, 1, 1001)
    way = ease(s, sharp)
    speed = np.diff(way)
    assert way[0] == 0 and way[-1] == pytest.approx(1)
    assert speed.min() >= 0 and speed[0] < 0.01 * speed.max() and speed[-1] < 0.01 * speed.max()
    assert s[np.argmax(speed)] == pytest.approx((sharp - 1) / sharp, abs=0.002)


@pytest.mark.parametrize("style", STYLES)
def test_the_weight_sinks_after_the_feet_have_arrived(style: str) -> None:
    """As on film: the hips are lowest ``late`` beats after the beat, whatever the legs do."""
    dancer = VirtualDancer(DancerConfig(110, style, seed=2))
    times = np.arange(0, 40, 1 / 60)
    beats, hips = dancer.tempo.beat_at(times), dancer.joints(times)[:, JOINT["pelvis"], 1]
    lowest = np.angle(-np.mean((hips - hips.mean()) * np.exp(2j * np.pi * beats))) / (2 * np.pi)
    assert abs(lowest - dancer.choreography.manner.late) < 0.1


@pytest.mark.parametrize("style", ("pop", "waack"))
def test_what_the_keys_ask_of_the_weight_comes_later_than_the_feet(style: str) -> None:
    """Without a pulse, in genres that do not leap: the hips do the same a quarter of a beat later."""

    def poses(late: float, times: np.ndarray) -> np.ndarray:
        choreography = VirtualDancer(DancerConfig(120, style, seed=3, energy=0.8)).choreography
        choreography.manner = replace(choreography.manner, bounce=0.0, late=late)
        return choreography.poses(times) - choreography.life(times)

    times = np.arange(2, 30, 1 / 30)
    up, foot = INDEX["up"], INDEX["l_foot_out"]
    soon, later, shifted = poses(0.0, times), poses(0.25, times), poses(0.0, times - 0.125)
    np.testing.assert_allclose(later[:, foot], soon[:, foot])
    off, unshifted = (np.abs(later[:, up] - other[:, up]).mean() for other in (shifted, soon))
    assert off < 0.25 * unshifted and unshifted > 0.0002


def test_body_and_feet_leap_together() -> None:
    choreography = VirtualDancer(DancerConfig(110, "lock", seed=3, energy=0.9)).choreography
    times = np.arange(0, 40, 1 / 60)
    leapt, around = choreography.poses(times), choreography.phrases.around
    choreography.phrases.around = lambda phrase, track: replace(
        around(phrase, track), hop=np.zeros_like(around(phrase, track).hop)
    )
    leaps = leapt - choreography.poses(times)
    np.testing.assert_allclose(leaps[:, INDEX["up"]], leaps[:, INDEX["l_foot_up"]], atol=1e-9)
    assert leaps[:, INDEX["up"]].max() > 0.03
