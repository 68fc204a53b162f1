"""The fine filter against beats that are known: steady, drifting, stepping, misleading."""

from dataclasses import replace

import numpy as np
import pytest

from dancer.tempo import Drifting, Steady, TempoMap
from realtime.fine_tempo import FineConfig, FineTempo, Manner

FRAME_S = 1 / 30
ORDERS = np.arange(1, 11)
WIDTH = 0.05


def accents(phase, strength=0.1):
    """Spectrum of an accent whose likelihood over phase is a bump at phase 0, strongest on the beat."""
    away = (phase + 0.5) % 1 - 0.5
    rate = np.exp(-0.5 * (away / WIDTH) ** 2)
    return strength * rate * 2 * np.exp(-2 * (np.pi * WIDTH * 2 * ORDERS) ** 2 / 2).astype(complex)


def followed(tempo, seconds=30.0, bpm=112.0, jitter_s=0.0, config=None, seed=0):
    """Error (ms, positive when early) of the prediction 0.5 s ahead, and the last state."""
    truth, rng = TempoMap(bpm, tempo), np.random.default_rng(seed)
    fine = FineTempo(config)
    state, errors, off_s = fine.start(0.0, 0.0, bpm), [], 0.0
    for k in range(1, int(seconds / FRAME_S)):
        time_s = k * FRAME_S
        beat = float(truth.beat_at(time_s))
        if beat % 1 < FRAME_S * bpm / 60:  # every beat a body is early or late
            off_s = float(rng.normal(0, jitter_s))
        state = fine.update(state, time_s, accents(beat - off_s * bpm / 60))
        line = fine.line(state, time_s + 0.5)
        if time_s > 12:
            wrong = (line.phase - float(truth.beat_at(time_s + 0.5)) + 0.5) % 1 - 0.5
            errors.append(wrong * 60e3 / bpm)
    return np.array(errors), state, fine


def test_a_steady_beat_is_predicted_to_milliseconds():
    errors, state, fine = followed(Steady())
    assert np.percentile(np.abs(errors), 95) < 8
    assert fine.line(state, 30.0).bpm == pytest.approx(112.0, rel=0.003)


def test_a_drifting_tempo_is_predicted_where_a_constant_one_is_late():
    drift = Drifting(0.03, 12.0)
    errors, _, _ = followed(drift, jitter_s=0.01)
    stiff, _, _ = followed(drift, jitter_s=0.01, config=FineConfig(manners=(Manner(0.003, 0.0),)))
    assert np.percentile(np.abs(errors), 90) < 35
    assert errors.std() < 0.5 * stiff.std()


def test_three_manners_cost_a_steady_dancer_little():
    both, _, _ = followed(Steady(), jitter_s=0.015)
    drifting, _, _ = followed(Steady(), jitter_s=0.015, config=FineConfig(manners=(Manner(0.004, 0.02),)))
    assert both.std() < 0.8 * drifting.std()


def test_a_dancer_whose_accents_lie_far_off_moves_the_tempo_less():
    loose, state, _ = followed(Steady(), jitter_s=0.07, seed=3)
    taken, _, _ = followed(Steady(), jitter_s=0.07, seed=3, config=FineConfig(loosen=0.0))
    assert state.loose > 1.5 and loose.std() < 0.9 * taken.std()
    _, precise, _ = followed(Steady(), jitter_s=0.01)
    assert precise.loose == 1.0


def test_a_beat_that_moves_back_is_not_measured_again():
    """Accents say the beat is later than thought: its place is crossed twice, and measured once."""
    fine, measured, back = FineTempo(), [], []
    state = fine.start(0.0, 0.0, 120.0)
    for k in range(1, 120):
        before = fine.line(state, k * FRAME_S).phase
        state = fine.update(state, k * FRAME_S, accents(k * FRAME_S * 2.0 - 0.2 * (k > 60), strength=0.3))
        if state.spectrum is None:
            measured.append(k * FRAME_S)
            back.append(before - fine.line(state, k * FRAME_S).phase)
    assert max(back) > 0.1  # past the place where it was measured
    assert min(np.diff(measured)) > 0.45


def left(danced, looked_at=False, seconds=3.0):
    """The coarse filter leaves for a beat 0.4 later; the dancer then shows the beat ``danced`` later."""
    _, state, fine = followed(Steady(), seconds=10.0)
    stays, found = fine.line(state, 10.0).phase, []
    for k in range(int(seconds / FRAME_S)):
        time_s, phase = 10.0 + k * FRAME_S, stays + k * FRAME_S * 112.0 / 60
        state = fine.follow(state, time_s, phase + 0.4, 112.0)
        if looked_at:
            density = 6.0 * np.exp(-2j * np.pi * ORDERS[:1] * (phase + danced))
            state = fine.look(state, time_s, density, FRAME_S)
        else:
            state = fine.update(state, time_s, accents(phase + danced))
        found.append((fine.line(state, time_s).phase - phase + 0.25) % 1 - 0.25)
    return np.array(found), state, fine


@pytest.mark.parametrize("looked_at", [False, True])
def test_it_begins_anew_where_the_coarse_filter_went_if_the_dancer_did(looked_at):
    away, state, _ = left(0.4, looked_at)
    assert away[-1] == pytest.approx(0.4, abs=0.02)
    assert state.other is None


@pytest.mark.parametrize("looked_at", [False, True])
def test_it_keeps_what_it_sees_where_the_coarse_filter_errs(looked_at):
    away, state, fine = left(0.0, looked_at)
    assert np.abs(away).max() < 0.02
    assert state.other_nats < -1.0
    line = fine.line(state, state.time_s)
    agreed = fine.follow(state, line.time_s, line.phase, line.bpm)
    assert agreed.other is None and agreed.other_nats == 0.0


def test_what_spoke_against_the_coarse_filter_has_a_bound_and_ends_with_its_word():
    _, state, fine = left(0.0, looked_at=True, seconds=60.0)
    assert state.other_nats == -fine.config.most_nats
    other = fine.follow(state, state.time_s, fine.line(state, state.time_s).phase - 0.3, 112.0)
    assert other.other_nats == 0.0  # another word than the one before


def test_another_tempo_is_another_beat_and_how_loose_a_dancer_is_outlives_it():
    _, state, fine = followed(Steady(), seconds=10.0, jitter_s=0.07, seed=3)
    phase = fine.line(state, 10.0).phase
    doubted = fine.follow(state, 10.0, phase, 134.0)
    assert doubted.other is not None and fine.follow(state, 10.0, phase, 120.0) is state
    believed = fine.follow(replace(doubted, other_nats=1.0), 10.0, phase, 134.0)
    assert fine.line(believed, 10.0).bpm == pytest.approx(134.0)
    assert believed.loose == state.loose > 1.0


@pytest.mark.parametrize("hours", [0.002, 1.0, 12.0, 100.0])
def test_who_comes_after_a_gap_is_followed_at_once(hours):
    fine = FineTempo()
    state = fine.start(0.0, 0.0, 112.0)
    means = state.means + np.array([0.0, 0.0, 0.02])  # somebody who was speeding up
    time_s = 3600.0 * hours
    state = fine.follow(replace(state, means=means), time_s, 0.3, 140.0)
    state = fine.update(state, time_s + FRAME_S, accents(0.3))
    line = fine.line(state, time_s + FRAME_S)
    assert line.bpm == pytest.approx(140.0, rel=0.02) and np.isfinite(line.phase)


def test_where_both_filters_agree_nothing_changes():
    _, state, fine = followed(Steady(), seconds=10.0)
    assert fine.follow(state, 10.0, fine.line(state, 10.0).phase, 113.0) is state


def test_updates_leave_the_old_state_alone():
    _, state, fine = followed(Steady(), seconds=5.0)
    means, covariances = state.means.copy(), state.covariances.copy()
    later = state
    for k in range(40):
        later = fine.update(later, 5.0 + k * FRAME_S, accents(0.1 * k))
    assert later.time_s > state.time_s
    assert np.array_equal(state.means, means) and np.array_equal(state.covariances, covariances)


def looked(shift_beats, looks=15, seconds=2.0, bpm=120.0):
    """Phase error (beats) after a narrow density was shown about a beat that lies ``shift_beats`` ahead."""
    fine = FineTempo()
    state = fine.start(0.0, 0.0, bpm)
    for k in range(1, int(seconds * looks) + 1):
        phase = k / looks * bpm / 60 + shift_beats
        spectrum = 20.0 * np.exp(-2j * np.pi * ORDERS[:1] * phase)
        state = fine.look(state, k / looks, spectrum, 1 / looks)
    return fine.line(state, seconds).phase - seconds * bpm / 60 - shift_beats


def quickened(config=None, bpm=112.0, after=1.15, looks=15, leaps_s=(6.0, 7.0)):
    """Errors of phase (beats) and tempo, of a dancer who quickens between ``leaps_s``."""
    times_s = np.arange(1, 14 * looks) / looks
    rate = bpm / 60 * np.interp(times_s, leaps_s, [1.0, after])
    beats = np.cumsum(rate) / looks
    fine = FineTempo(config)
    state, found = fine.start(0.0, 0.0, bpm), []
    for time_s, beat in zip(times_s, beats, strict=True):
        state = fine.look(state, float(time_s), 6.0 * np.exp(-2j * np.pi * ORDERS[:1] * beat), 1 / looks)
        line = fine.line(state, float(time_s))
        found.append(((line.phase - beat + 0.5) % 1 - 0.5, line.bpm / after / bpm - 1))
    return times_s, *np.array(found).T


def test_who_changes_the_tempo_is_followed_and_then_steady_again():
    times_s, phase, tempo = quickened()
    assert np.abs(phase).max() < 0.25
    assert np.abs(phase[times_s > 8.5]).max() < 0.06 and np.abs(tempo[times_s > 9.0]).max() < 0.04
    assert np.abs(tempo[times_s > 12.0]).max() < 0.01
    stiff = quickened(FineConfig(manners=(Manner(0.002, 0.0), Manner(0.003, 0.02))))[1]
    assert np.abs(stiff[times_s > 8.0]).max() > 1.3 * np.abs(phase[times_s > 8.0]).max()


def test_a_tempo_that_leaps_is_known_within_three_beats():
    def wrong_s(config=None):
        """For how long the tempo is wrong by more than 3 %."""
        _, _, tempo = quickened(config, leaps_s=(6.0, 6.001))
        return (np.abs(tempo[6 * 15 :]) > 0.03).sum() / 15

    assert wrong_s() < 1.4
    assert wrong_s(FineConfig(manners=FineConfig().manners[:2])) > 2.0


def test_a_density_of_the_phase_is_followed_at_once():
    assert abs(looked(0.05)) < 0.01
    assert abs(looked(0.05, seconds=0.3)) < 0.04  # not by the beat


def test_a_flat_density_moves_nothing():
    fine = FineTempo()
    state = fine.start(0.0, 0.0, 120.0)
    after = fine.look(state, 0.5, np.zeros(3, complex), 1 / 15)
    assert fine.line(after, 0.5).phase == pytest.approx(1.0, abs=1e-6)
