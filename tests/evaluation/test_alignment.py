"""Alignment measures what it says on beats whose errors are known, and on sound made at known times."""

import numpy as np
import pytest

from evaluation.alignment import align, alignment_of, tempo_steps, time_of_lock
from evaluation.trace import Trace

TRUTH = np.arange(0.4, 40, 0.5)


def test_perfect_beats_lock_at_once():
    result = align(TRUTH, TRUTH)
    assert (result.f_70, result.f_25, result.lock_s) == (1.0, 1.0, pytest.approx(0.4))
    assert result.median_ms == pytest.approx(0) and result.octave == 1.0 and result.relocks_s == ()


def test_time_to_lock_counts_from_when_the_dancer_could_be_seen():
    heard = TRUTH + np.where(TRUTH < 5, 0.2, 0.01)
    result = align(TRUTH, heard, start_s=1.0)
    assert result.lock_s == pytest.approx(5.4 + 0.01 - 1.0)
    assert result.f_70 == 1.0 and result.f_70_all < 0.95
    assert result.median_ms == pytest.approx(10)


def test_chance_agreement_of_another_tempo_is_no_lock():
    heard = np.arange(0.1, 40, 0.57)
    assert time_of_lock(TRUTH, heard, 0.0) is None or align(TRUTH, heard).f_70 < 0.6
    double = np.arange(0.4, 40, 0.25)
    assert time_of_lock(TRUTH, double, 0.0) is None
    assert align(TRUTH, double).octave == 2.0


def test_nothing_heard_is_no_lock_and_zero():
    result = align(TRUTH, [])
    assert (result.f_70, result.lock_s) == (0.0, None) and np.isnan(result.median_ms)
    with pytest.raises(ValueError, match="too few"):
        align([1.0], TRUTH)


def test_a_tempo_step_opens_a_new_search_and_excuses_four_seconds():
    truth = np.concatenate([np.arange(0.5, 20, 0.5), np.arange(20.0, 40, 0.5 / 1.15)])
    assert tempo_steps(truth) == [pytest.approx(20, abs=0.6)]
    old = np.arange(0.5, 22.2, 0.5)  # the band keeps its tempo for two seconds
    heard = np.concatenate([old, truth[truth > 22.4]])
    result = align(truth, heard)
    assert len(result.relocks_s) == 1 and 1.5 < result.relocks_s[0] < 4
    assert result.f_70 == pytest.approx(1.0) and result.f_70_all < 1


def test_drift_is_no_step():
    beats = np.cumsum(60 / np.linspace(100, 125, 80))
    assert tempo_steps(beats) == []


@pytest.mark.parametrize("late_s", [0.0, 0.05])
def test_sound_made_late_is_measured_late(make_groove, late_s):
    samples, beats = make_groove(bpm=118, seconds=12)
    hops = [{"kind": "hop", "start_sample": 5504 * k, "heard_s": 0.3 + 5504 * k / 22050} for k in range(40)]
    trace = Trace({"truth": [{"beats": list(beats + 0.3 - late_s)}], "hop": hops, "frame": [{"time_s": 0.1}]})
    result = alignment_of(samples, trace)["heard"]
    assert result.median_ms == pytest.approx(1e3 * late_s, abs=5)
    assert result.f_70 > 0.95 and (result.f_25 > 0.95) == (late_s == 0)


def test_announced_beats_are_judged_beside_the_heard_ones(make_groove):
    samples, beats = make_groove(seconds=8)
    announced = [{"kind": "beat", "sample": 0, "heard_s": float(beat) + 0.02} for beat in beats]
    # The announced beats also place the sound, so this trace says where it begins.
    trace = Trace(
        {"truth": [{"beats": list(beats)}], "beat": announced, "hop": [{"start_sample": 0, "heard_s": 0.0}]}
    )
    assert alignment_of(samples, trace)["claimed"].median_ms == pytest.approx(20)
