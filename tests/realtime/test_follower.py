"""The follower against dancers whose beats are known, against people who do not dance, and by hand."""

from dataclasses import replace

import numpy as np
import pytest

from dancer import DancerConfig, Stepping, VirtualDancer
from dancer.sight import Sight, watch
from features.beat_sense import WEIGHTS, BeatSense
from realtime.accents import FAR
from realtime.conductor import JUST_BEGUN, conduct
from realtime.follower import LOOSE_PATIENCE_S, PATIENCE_S, Follower, FollowerConfig
from realtime.grid import LOCKED, BeatGrid
from realtime.types import Landmarks
from tests.realtime import bystanders

EXACT = FollowerConfig(landmark_lag_s=0.0)
FRAME_S = 1 / 30


def watched(follower, times_s, points, aspect=4 / 3, state=None):
    """States after each frame; NaN poses are frames in which nobody was found."""
    state, states = state or follower.start(), []
    for time_s, pose in zip(times_s, points, strict=True):
        found = Landmarks(float(time_s), pose, aspect) if np.isfinite(pose).all() else None
        state = follower.update(state, found, float(time_s))
        states.append(state)
    return states


def danced(seconds=14.0, **config):
    dancer = VirtualDancer(DancerConfig(seconds=seconds, **config))
    times_s = np.arange(1, int(seconds * 30)) / 30
    return dancer, times_s, dancer.landmarks(times_s)


def silent(folder):
    """A network that never says anything."""
    with np.load(WEIGHTS, allow_pickle=False) as arrays:
        kept = {name: arrays[name] for name in arrays.files}
    kept |= {name: np.zeros_like(kept[name]) for name in ("out.weight", "out.bias")}
    np.savez(folder / "silent.npz", **kept)
    return BeatSense(folder / "silent.npz")


def errors_ms(states, truth):
    """Signed error of the played beat, positive when it comes too early; and of the tempo, a share."""
    grids = [s.grid() for s in states]
    times_s = np.array([g.time_s for g in grids])
    bpm = truth.tempo.bpm_at(times_s)
    away = (np.array([g.phase_beats for g in grids]) - truth.phase_at(times_s) + 0.5) % 1 - 0.5
    return away * 60e3 / bpm, np.array([g.bpm for g in grids]) / bpm - 1


@pytest.mark.parametrize(
    ("style", "bpm", "seed"),
    [("break", 110, 3), ("pop", 92, 4), ("house", 122, 5), ("waack", 140, 6), ("la_hiphop", 78, 7)],
)
def test_locks_on_a_dancer(style, bpm, seed):
    dancer, times_s, points = danced(style=style, bpm=bpm, seed=seed)
    states = watched(Follower(EXACT), times_s, points)
    confidence = np.array([s.grid().confidence for s in states])
    assert (confidence[times_s > 8] >= LOCKED).mean() > 0.95
    phase_ms, tempo = errors_ms([s for s in states if s.time_s > 8], dancer.truth)
    assert abs(np.median(phase_ms)) < 25
    assert np.percentile(np.abs(phase_ms), 95) < 60
    assert np.median(np.abs(tempo)) < 0.015


@pytest.mark.parametrize("late", [0.1, 0.25, 0.4, 0.55])
@pytest.mark.parametrize(("style", "bpm"), [("house", 122), ("middle_hiphop", 100)])
def test_the_beat_is_found_however_late_the_weight_sinks(late, style, bpm):
    """Some dancers rise on the beat: whoever takes their lowest point for it is half a beat off."""
    dancer = VirtualDancer(DancerConfig(style=style, bpm=bpm, seed=8, seconds=18))
    dancer.choreography.manner = replace(dancer.choreography.manner, late=late)
    times_s = np.arange(1, 18 * 30) / 30
    states = watched(Follower(EXACT), times_s, dancer.landmarks(times_s))
    phase_ms, _ = errors_ms([s for s in states if s.time_s > 10 and s.grid().locked], dancer.truth)
    assert len(phase_ms) > 0.9 * 8 * 30
    assert abs(np.median(phase_ms)) < 35


def test_where_the_network_says_nothing_the_accents_carry(tmp_path):
    dancer, times_s, points = danced(style="house", bpm=122, seed=5)
    states = watched(Follower(EXACT, silent(tmp_path)), times_s, points)
    phase_ms, _ = errors_ms([s for s in states if s.time_s > 8], dancer.truth)
    assert np.percentile(np.abs(phase_ms), 95) < 60
    assert states[-1].grid().locked and states[-1].sure < 1e-6


def test_the_network_locks_sooner_and_times_closer_than_accents_alone(tmp_path):
    locks, errors = {True: [], False: []}, {True: [], False: []}
    for style, bpm, seed in (("ballet_jazz", 121, 91), ("krump", 96, 92), ("break", 88, 93)):
        config = DancerConfig(style=style, bpm=bpm, seed=seed, seconds=16)
        dancer = VirtualDancer(config)
        times_s, points = watch(dancer.landmarks, 16.0, 4 / 3, Sight(), np.random.default_rng(seed))
        for heard in (True, False):
            states = watched(Follower(sense=None if heard else silent(tmp_path)), times_s, points)
            phase_ms, _ = errors_ms(states, dancer.truth)
            right = np.array([s.grid().locked for s in states]) & (np.abs(phase_ms) < 70)
            locks[heard].append(times_s[np.argmax(np.convolve(right, np.ones(30), "full")[29:] >= 30)])
            errors[heard].append(np.median(np.abs(phase_ms[times_s > 8])))
    assert np.mean(locks[True]) < np.mean(locks[False])
    assert np.mean(errors[True]) < np.mean(errors[False])


def test_follows_through_a_poor_tracker_with_dropped_frames():
    config = DancerConfig(style="street_jazz", bpm=104, seed=11, seconds=20)
    dancer = VirtualDancer(config)
    sight = Sight(fps=25, fps_jitter=0.1, dropped=0.2, difficulty=1.5)
    times_s, points = watch(dancer.landmarks, 20.0, config.aspect, sight, np.random.default_rng(2))
    states = watched(Follower(), times_s, points, config.aspect)
    phase_ms, _ = errors_ms([s for s in states if s.time_s > 8], dancer.truth)
    assert (np.abs(phase_ms) < 70).mean() > 0.9


def test_a_tempo_step_is_caught_within_four_seconds():
    dancer, times_s, points = danced(
        style="house", bpm=112, seed=21, seconds=22, tempo=Stepping(((12.0, 112 * 1.15),))
    )
    states = watched(Follower(EXACT), times_s, points)
    phase_ms, tempo = errors_ms(states, dancer.truth)
    assert np.all(np.abs(phase_ms[(times_s > 8) & (times_s < 12)]) < 70)
    assert (np.abs(phase_ms[times_s > 16]) < 70).mean() > 0.95
    assert np.abs(tempo[times_s > 16]).max() < 0.04


@pytest.mark.parametrize("spare_beats", [0.0, 0.43])
def test_a_looped_clip_keeps_its_dancers_tempo(spare_beats):
    """The loop's own length, 5.5 s, is a false period: at whole beats, and where the beat jumps."""
    bpm, frames = 122.0, round((11 + spare_beats) * 60 / 122.0 * 30)
    _, _, points = danced(style="house", bpm=bpm, seed=42, seconds=8)
    times_s = np.arange(1, 30 * 30) / 30
    states = watched(Follower(EXACT), times_s, points[np.arange(len(times_s)) % frames])
    late = [s.grid() for s in states if s.time_s > 10]
    assert np.mean([g.locked for g in late]) > (0.8 if spare_beats else 0.95)  # each jump is doubted
    off = [min(abs(g.bpm / (bpm * octave) - 1) for octave in (0.5, 1, 2)) for g in late if g.locked]
    assert np.median(off) < 0.04
    assert np.mean(np.array(off) < 0.04) > (0.5 if spare_beats else 0.95)  # a jump looks like a rush at first


@pytest.mark.parametrize("kind", ["standing", "talking", "walking", "walking_depth"])
def test_who_does_not_dance_is_not_followed(kind):
    times_s = np.arange(1, 900) / 30
    for seed in (1, 2, 6, 12):  # 6 and 12 walk slowly towards the camera and away
        points = (
            bystanders.walking(times_s, seed, "depth")
            if kind == "walking_depth"
            else getattr(bystanders, kind)(times_s, seed)
        )
        states = watched(Follower(), times_s, points, bystanders.ASPECT)
        assert max(s.grid().confidence for s in states) < LOCKED
        assert states[-1].grid().bpm == pytest.approx(FollowerConfig().style_bpm, rel=0.01)


def test_a_lost_dancer_leaves_a_held_beat_and_falling_confidence():
    dancer, times_s, points = danced(style="waack", bpm=120, seed=31, seconds=24)
    points[(times_s > 12) & (times_s <= 18)] = np.nan
    states = watched(Follower(EXACT), times_s, points)
    gone = [s.grid() for s in states if 12.3 < s.time_s <= 18]
    falling = np.array([g.confidence for g in gone])
    assert np.all(np.diff(falling) <= 1e-9) and falling[0] > LOCKED > falling[-1]
    assert np.ptp([g.bpm for g in gone[15:]]) < 1.0
    phases = np.array([g.phase_beats for g in gone])
    assert np.allclose(np.diff(phases) * 30 * 60, 120, atol=8)  # never stops, never jumps
    phase_ms, _ = errors_ms([s for s in states if s.time_s > 23], dancer.truth)
    assert np.abs(phase_ms).max() < 70


def test_a_pause_is_held_and_the_dance_found_again():
    energy = ((0.0, 0.7), (10.0, 0.0), (18.0, 0.7))
    dancer, times_s, points = danced(style="break", bpm=108, seed=35, seconds=26, energy=energy)
    states = watched(Follower(EXACT), times_s, points)
    confidence = np.array([s.grid().confidence for s in states])
    assert confidence[(times_s > 7) & (times_s < 10)].min() > LOCKED
    assert confidence[(times_s > 17) & (times_s < 18)].max() < LOCKED
    assert all(s.grid().bpm == pytest.approx(108, rel=0.03) for s in states if 10 < s.time_s < 18)
    phase_ms, _ = errors_ms([s for s in states if s.time_s > 24], dancer.truth)
    assert confidence[times_s > 24].min() > LOCKED and np.abs(phase_ms).max() < 70


def music(states, hop_s=0.186, lead_s=0.22):
    """Phases of the music ``[n]``, 500 a second, as the conductor leads it after the follower."""
    at_s, plan, times, phases = np.array([s.time_s for s in states]), None, [], []
    for now_s in np.arange(at_s[0], at_s[-1], hop_s):
        grid, heard_s = states[np.searchsorted(at_s, now_s, "right") - 1].grid(), now_s + lead_s
        plan = conduct(plan, grid, heard_s, heard_s + hop_s)
        times.append(heard_s + np.arange(0, hop_s, 0.002))
        phases.append(plan.phase_at(times[-1]))
    return np.concatenate(times), np.concatenate(phases)


def leaps(times_s, phases):
    """Where the music was put elsewhere, and onto which phase; whole bars are no leap."""
    step = (np.diff(phases) - np.median(np.diff(phases)) + 2) % 4 - 2
    at = np.flatnonzero(np.abs(step) > 0.05)
    return times_s[at], phases[at + 1]


@pytest.mark.parametrize("after_bpm", [86.0, 116.0])
def test_the_music_leaps_at_half_bars_or_before_it_strikes_a_beat(after_bpm):
    tempo = Stepping(((9.0, after_bpm),))
    _, times_s, points = danced(style="break", bpm=100, seed=41, seconds=20, tempo=tempo)
    heard_s, phases = music(watched(Follower(EXACT), times_s, points))
    at_s, onto = leaps(heard_s, phases)
    left = phases[np.searchsorted(heard_s, at_s)]
    half_bars, before = (onto + 1) % 2 - 1, (left + JUST_BEGUN + 0.5) % 1 - 0.5
    assert np.all(np.minimum(np.abs(half_bars), np.abs(before)) < 0.03)
    assert 1 <= len(at_s) <= 4


def test_who_comes_back_is_met_within_half_a_bar():
    dancer, times_s, points = danced(style="break", bpm=100, seed=41, seconds=34)
    points[(times_s > 12) & (times_s <= 24)] = np.nan
    states = watched(Follower(EXACT), times_s, points)
    claimed = np.array([s.grid().locked for s in states])
    assert not claimed[(times_s > 21) & (times_s <= 24)].any()
    back_s = times_s[claimed & (times_s > 24)][0]
    heard_s, phases = music(states)
    late = heard_s > back_s + 0.22 + 0.186 + 2 * 60 / 100
    away = (phases - dancer.truth.phase_at(heard_s) + 0.5) % 1 - 0.5
    assert (np.abs(away[late]) < 0.12).mean() > 0.95


def test_style_tempo_decides_where_the_tempo_starts():
    follower = Follower()
    assert follower.start(0.0, 84.0).grid().bpm == 84.0
    state = replace(follower.start(), style_bpm=132.0)
    for k in range(1, 900):
        state = follower.update(state, None, k * FRAME_S)
    assert state.grid().bpm == pytest.approx(132.0, rel=0.01)
    assert state.grid().confidence < LOCKED


def test_set_tempo_overrides_and_gives_back():
    follower = Follower()
    state = follower.set_tempo(follower.update(follower.start(), None, 1.0), 96.0)
    before = state.grid().phase_at(1.0)
    for k in range(1, 300):
        state = follower.update(state, None, 1.0 + k * FRAME_S)
    assert state.grid().bpm == pytest.approx(96.0) and state.grid().locked and state.source == "hand"
    assert state.grid().phase_beats - before == pytest.approx(299 * FRAME_S * 96 / 60, abs=0.15)
    back = follower.update(follower.set_tempo(state, None), None, state.time_s + FRAME_S)
    assert back.source == "dancer" and not back.grid().locked
    with pytest.raises(ValueError, match="cannot be danced"):
        follower.set_tempo(state, 1000.0)


def test_taps_set_tempo_and_beat():
    follower = Follower()
    state, taps_s = follower.start(), 2.0 + np.arange(6) * 60 / 128
    for k in range(1, 240):
        due = [t for t in taps_s if (k - 1) * FRAME_S < t <= k * FRAME_S]
        for tap_s in due:
            state = follower.tap(state, float(tap_s))
        state = follower.update(state, None, k * FRAME_S)
    assert state.source == "hand" and state.grid().bpm == pytest.approx(128, rel=0.01)
    assert (state.grid().phase_at(2.0) + 0.5) % 1 - 0.5 == pytest.approx(0, abs=0.03)


def test_taps_teach_and_then_leave_a_sure_dancer_alone():
    dancer, times_s, points = danced(style="house", bpm=118, seed=51, seconds=20)
    follower = Follower(EXACT)
    states = watched(follower, times_s[:90], points[:90])
    state = states[-1]
    for beat_s in dancer.truth.beat_times_s[:5]:
        state = follower.tap(state, float(beat_s))
    assert state.source == "hand"
    states = watched(follower, times_s[90:], points[90:], state=state)
    assert states[-1].source == "dancer"
    phase_ms, _ = errors_ms([s for s in states if s.time_s > 8], dancer.truth)
    assert np.abs(phase_ms).max() < 70


@pytest.mark.parametrize("beats", [0.1, 0.5])
def test_nudges_stay(beats):
    _, times_s, points = danced(style="lock", bpm=108, seed=61)
    follower = Follower(EXACT)
    plain = watched(follower, times_s, points)[-1]
    nudged = watched(follower, times_s, points, state=follower.nudge(follower.start(), beats))[-1]
    assert (plain.grid().phase_beats - nudged.grid().phase_beats) % 1 == pytest.approx(beats, abs=0.01)


def test_another_machine_is_followed_with_its_bars():
    follower = Follower()
    link = BeatGrid(0.0, 124.0, 0.0, 1.0)
    state = follower.sync(follower.update(follower.start(), None, 1.0), link)
    for k in range(1, 300):
        state = follower.update(state, None, 1.0 + k * FRAME_S)
    away = (state.grid().phase_at(20.0) - link.phase_at(20.0) + 2) % 4 - 2
    assert away == pytest.approx(0, abs=0.01) and state.source == "external"
    assert follower.sync(state, None).source == "dancer"


def test_updates_are_pure_and_repeatable():
    _, times_s, points = danced(style="pop", bpm=100, seed=71, seconds=6)
    follower = Follower(EXACT)
    states = watched(follower, times_s, points)
    old = states[60]
    mass, phase = old.tracker.mass.copy(), old.grid().phase_beats
    again = watched(follower, times_s[61:], points[61:], state=old)
    assert np.array_equal(old.tracker.mass, mass) and old.grid().phase_beats == phase
    assert again[-1].grid() == states[-1].grid()


def test_late_poses_teach_but_do_not_turn_back_time():
    _, times_s, points = danced(style="house", bpm=120, seed=81, seconds=8)
    follower, state = Follower(EXACT), None
    state = follower.start()
    for time_s, pose in zip(times_s, points, strict=True):
        state = follower.update(state, None, float(time_s) + 0.1)  # the hop was here first
        state = follower.update(state, Landmarks(float(time_s), pose, 4 / 3), float(time_s))
    assert state.time_s == pytest.approx(times_s[-1] + 0.1)
    assert state.grid().bpm == pytest.approx(120, rel=0.02) and state.grid().locked


@pytest.mark.parametrize(("evidence", "patience_s"), [(2.0, PATIENCE_S), (0.0, LOOSE_PATIENCE_S)])
def test_a_first_beat_is_claimed_only_after_it_has_been_sure_for_a_while(evidence, patience_s) -> None:
    """A few steps of a real walker looked like a beat for 0.4 s; where there is little evidence, longer."""
    follower = Follower()

    def looks(state, confidence, seconds):
        for _ in range(round(seconds / 0.05)):
            now = state.time_s + 0.05
            state, danced = follower._believed(state, BeatGrid(now, 100.0, 0.0, confidence), now)
            state = replace(state, played=replace(state.played, time_s=now))
        return state, danced.locked

    state = follower.start()
    state = replace(state, estimate=replace(state.estimate, evidence=evidence))
    state, claimed = looks(state, 0.9, patience_s - 0.1)
    assert not claimed
    state, claimed = looks(state, 0.2, 0.4)  # half of that is lost
    assert not claimed
    state, claimed = looks(state, 0.9, 0.2)
    assert not claimed
    assert looks(state, 0.9, 0.2)[1]
    settled = replace(state, settled=True)
    settled, claimed = looks(settled, 0.9, 0.05)
    assert claimed
    assert not looks(replace(settled, settled=False), 0.9, 0.2)[1]  # once forgotten, from the beginning


def test_who_has_danced_is_believed_with_less_than_who_has_not() -> None:
    follower = Follower()
    state = follower.start()
    state = replace(state, moved_s=0.0, estimate=replace(state.estimate, share=0.39, evidence=2.0))
    assert not follower._danced(state, 0.1).locked
    assert follower._danced(replace(state, locked_s=-5.0), 0.1).locked
    assert not follower._danced(replace(state, settled=True, hand=state.played), 0.1).locked


def test_who_dances_to_the_camera_and_back_is_followed():
    """A dancer on film went 1.2 m to and fro every eight beats and was taken for a walker."""
    dancer, times_s, points = danced(style="middle_hiphop", bpm=110, seed=3, seconds=20)
    nearer = 1 / (1 + 0.15 * np.cos(2 * np.pi * times_s * 110 / 60 / 8))
    points[..., :2] = 0.5 + (points[..., :2] - 0.5) * 0.8 * nearer[:, None, None]
    states = watched(Follower(EXACT), times_s, points)
    late = [s for s in states if s.time_s > 8]
    assert max(s.levels.ground for s in late) > FAR
    assert np.mean([s.grid().locked for s in late]) > 0.95
    assert (np.abs(errors_ms(late, dancer.truth)[0]) < 70).mean() > 0.95
