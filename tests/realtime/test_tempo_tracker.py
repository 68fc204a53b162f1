"""What a network says of the beat's phase, in the bar-pointer filter."""

from dataclasses import replace

import numpy as np
import pytest

from features.beat_sense import Sensed
from features.kinematics import CHANNELS, Accents
from realtime.accents import GROOVES, ODDS, AccentLevels
from realtime.tempo_tracker import TempoTracker, TrackerConfig, log_odds

STEP_S = 1 / 15
NOTHING = np.zeros(len(CHANNELS))


def said(time_s, phase, sharp=10.0):
    """A density of the phase, narrow about ``phase``."""
    orders = np.arange(1, 4)
    return Sensed(
        time_s, sharp * np.array([1.0, 0.0, 0.0]) * np.exp(-2j * np.pi * orders * phase), NOTHING[:2]
    )


def followed(bpm, seconds=6.0, late_s=0.1, sharp=10.0):
    """Estimate after a network spoke of a beat at ``bpm``, each time of a moment ``late_s`` before."""
    tracker = TempoTracker(TrackerConfig(), GROOVES, ODDS)
    state = tracker.start(110.0)
    for k in range(1, int(seconds / STEP_S)):
        now = k * STEP_S
        word = said(now - late_s, (now - late_s) * bpm / 60, sharp)
        state = tracker.update(state, now, NOTHING, [word])
    return tracker, state, tracker.estimate(state)


@pytest.mark.parametrize("bpm", [63.0, 110.0, 158.0])
def test_tempo_octave_and_phase_are_found_from_what_is_said(bpm):
    _, state, found = followed(bpm)
    assert found.bpm == pytest.approx(bpm, rel=0.02) and found.share > 0.85 and found.evidence > 1
    away = (found.phase - state.time_s * bpm / 60 + 0.5) % 1 - 0.5
    assert abs(away) * 60 / bpm < 0.015  # the moment it spoke of counts, not when


def test_a_flat_word_says_nothing():
    _, state, found = followed(120.0, sharp=0.0)
    assert found.share < 0.1 and abs(state.evidence) < 1e-6


def test_a_sure_and_wrong_word_is_doubted():
    tracker, state, before = followed(120.0)
    wrong = said(state.time_s, before.phase + 0.5, sharp=200.0)
    after = tracker.estimate(tracker.update(state, state.time_s + STEP_S, NOTHING, [wrong]), before)
    assert after.share > 0.5 * before.share and np.isfinite(after.evidence)


def test_a_word_is_moved_to_the_filters_present():
    tracker, state, _ = followed(120.0)
    word = said(state.time_s - 0.2, 0.0)
    moved = tracker.sensed(state, 120.0, word)
    phase = np.arange(200) / 200
    density = (np.exp(2j * np.pi * np.outer(phase, np.arange(1, 4))) @ moved).real
    assert phase[density.argmax()] == pytest.approx(0.4, abs=0.006)


def test_who_stops_or_walks_is_not_heard_through_the_network():
    levels, time_s = AccentLevels(), 0.0
    for k in range(120):
        time_s = k / 30
        strong = Accents(time_s, 5.0 * np.ones(len(CHANNELS)) * (k % 15 < 4), 1.0, 0.0, 0.3)
        levels, _ = levels.update(strong)
    assert levels.alive > 0.9
    stopped, walked = levels, levels
    for k in range(60):
        stopped, _ = stopped.update(Accents(time_s + (k + 1) / 30, NOTHING, 0.0, 0.0, 0.3))
    for k in range(150):  # a trunk that rocked is forgotten in some five seconds
        walked, _ = walked.update(Accents(time_s + (k + 1) / 30, 5.0 * np.ones(len(CHANNELS)), 1.0, 3.0, 0.0))
    assert stopped.alive < 0.15 and walked.alive < 0.05


def test_who_gets_about_and_rocks_dances():
    levels = AccentLevels()
    for k in range(240):
        levels, _ = levels.update(Accents(k / 30, np.ones(len(CHANNELS)), 1.0, 3.0, 0.4))
    assert levels.danced == 1.0


def danced(dance_bpm, word_bpm, seconds, wide=0.1, loose=0.0):
    """Trust, moment by moment, and the tempo at last, where a network goes on about a tempo of its own.

    ``wide``: how long an accent is, in beats. ``loose``: share of the accents that come at any time.
    """
    tracker = TempoTracker(TrackerConfig(), GROOVES, ODDS)
    state, trusts = tracker.start(110.0), []
    for k in range(1, int(seconds / STEP_S)):
        now = k * STEP_S
        on_beat = float((now * dance_bpm / 60) % 1.0 < wide)
        rates = (loose + (1.0 - loose) * 3.0 * on_beat) * np.ones(len(CHANNELS))
        word = said(now - 0.1, (now - 0.1) * word_bpm / 60, sharp=2.0)
        state = tracker.update(state, now, rates, [word])
        trusts.append(tracker.trust(state))
    return trusts, tracker.estimate(state).bpm


def test_a_network_that_reads_a_dancer_is_believed_more_and_one_that_does_not_less():
    right, _ = danced(100.0, 100.0, seconds=20.0)
    wrong, bpm = danced(100.0, 137.0, seconds=20.0)
    assert right[-1] > 0.9 and min(wrong) < 0.5
    assert wrong[-1] < TrackerConfig().trust  # forgotten in 40 s, and not before
    assert bpm == pytest.approx(100, rel=0.03)


@pytest.mark.parametrize(("dance_bpm", "word_bpm"), [(80.0, 120.0), (120.0, 90.0)])
def test_a_sure_network_with_a_tempo_of_its_own_is_unmasked_by_loose_accents(dance_bpm, word_bpm):
    """Its words agree with each other, and at first nothing else is known; no accent ever bears them out."""
    trusts, bpm = danced(dance_bpm, word_bpm, seconds=30.0, wide=0.15, loose=0.5)
    assert min(trusts) < 0.3 and trusts[-1] < 0.5
    assert bpm == pytest.approx(dance_bpm, rel=0.03)


def test_moving_between_tempi_neither_makes_nor_loses_anything():
    tracker = TempoTracker(TrackerConfig(), GROOVES, ODDS)
    state = tracker.start(56.0)  # at the edge of the grid
    for k in range(1, 60):
        state = tracker.update(state, k * STEP_S, None)
    assert np.allclose(state.mass.sum((1, 2, 3)), 1.0, atol=1e-12)


def test_who_comes_back_after_minutes_is_followed_anew():
    tracker = TempoTracker(TrackerConfig(), GROOVES, ODDS)
    for gap_s in (10.0, 30.0, 120.0, 1000.0):
        state = tracker.start(110.0)
        for k in range(1, 200):
            now = k * STEP_S + gap_s * (k > 100)
            on_beat = float((k * STEP_S * 100 / 60) % 1.0 < 0.1)
            state = tracker.update(state, now, 3.0 * on_beat * np.ones(len(CHANNELS)))
            assert state.mass.min() >= 0.0 and np.allclose(state.mass.sum((1, 2, 3)), 1.0)
        assert tracker.estimate(state).bpm == pytest.approx(100, rel=0.03) and np.isfinite(state.evidence)


def test_a_tempo_that_leaps_keeps_its_phase_and_stays_near():
    """All the mass in one cell: what has leapt lies at the same true phase, and nowhere out of reach."""
    config = TrackerConfig(restart_rate=0.0, wander=0.0)
    tracker = TempoTracker(config, GROOVES, ODDS)
    start = tracker.start(110.0)
    row, cell = 50, 7
    mass = np.zeros_like(start.mass)
    mass[:, 0, row, cell] = 1.0
    state = tracker.update(replace(start, mass=mass), 0.5, None)
    phases = (np.arange(config.phases) / config.phases + state.turned[:, None]) % 1.0
    there = state.mass[0, 0] > 1e-6
    off = (phases - phases[row, cell] + 0.5) % 1.0 - 0.5
    assert np.abs(off[there]).max() < 2.0 / config.phases  # moved twice, between cells
    leapt = np.abs(tracker.log_bpm - tracker.log_bpm[row])[there.any(1)]
    assert 0.9 * config.jump < leapt.max() < 1.1 * config.jump


def test_a_tempo_kept_for_long_outweighs_accents_at_odds_with_it():
    tracker = TempoTracker(TrackerConfig(), GROOVES, ODDS)
    state, found, rng = tracker.start(110.0), None, np.random.default_rng(5)
    for k in range(1, int(28 / STEP_S)):
        now = k * STEP_S
        on_beat = float((now * 126 / 60) % 1.0 < 0.15) if now < 24 else float(rng.random() < 0.15)
        state = tracker.update(state, now, (0.6 + 1.2 * on_beat) * np.ones(len(CHANNELS)))
        found = tracker.estimate(state, found)
    assert found.bpm == pytest.approx(126, rel=0.03)


def test_a_walker_out_of_sight_for_a_moment_stays_one():
    levels = AccentLevels()
    for k in range(240):
        levels, _ = levels.update(Accents(k / 30, np.ones(len(CHANNELS)), 1.0, 3.0, 0.02))
    levels, _ = levels.update(Accents(9.0, np.ones(len(CHANNELS)), 1.0, None, 2.0))
    assert levels.danced < 0.05
    levels, _ = levels.update(Accents(9.5, np.ones(len(CHANNELS)), 1.0, 0.5, 0.4))
    assert levels.danced == 1.0


def test_trust_returns_while_nothing_is_said():
    tracker = TempoTracker(TrackerConfig(), GROOVES, ODDS)
    state = replace(tracker.start(110.0), trust=-3.0)
    prior = log_odds(TrackerConfig().trust)
    for fps in (15, 60):
        later = state
        for k in range(1, 40 * fps):
            later = tracker.update(later, k / fps, NOTHING if k % 2 else None)
        assert later.trust == pytest.approx(prior + (-3.0 - prior) / np.e, abs=0.1)
