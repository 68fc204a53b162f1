"""Beat F-measure and errors: the mir_eval definition, its edges, and what each sign means."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.rhythm import NARROW_S, WIDE_S, beat_errors, beat_f, nearest, octave_error, tempo_bpm

BEATS = np.arange(0.3, 20, 0.5)


def naive_f(truth, heard, tolerance):
    """Best matching of two rising sequences on a line, by dynamic programming."""
    best = np.zeros((len(truth) + 1, len(heard) + 1))
    for i in range(len(truth)):
        for j in range(len(heard)):
            match = best[i, j] + (abs(truth[i] - heard[j]) <= tolerance)
            best[i + 1, j + 1] = max(match, best[i, j + 1], best[i + 1, j])
    return 2 * best[-1, -1] / (len(truth) + len(heard))


@given(
    st.lists(st.integers(0, 2000), min_size=1, max_size=15, unique=True),
    st.lists(st.integers(0, 2000), min_size=1, max_size=15, unique=True),
)
def test_f_agrees_with_a_naive_best_matching(truth_ms, heard_ms):
    # A quarter millisecond apart from the tolerance, so that rounding cannot decide.
    truth, heard = np.sort(truth_ms) / 1000, np.sort(heard_ms) / 1000 + 0.00025
    assert beat_f(truth, heard, WIDE_S) == pytest.approx(naive_f(truth, heard, WIDE_S))


def test_perfect_is_one_and_nothing_is_zero():
    assert beat_f(BEATS, BEATS) == 1.0
    assert beat_f(BEATS, []) == beat_f([], BEATS) == beat_f([], []) == 0.0


def test_the_two_tolerances_differ_where_they_should():
    late = BEATS + 0.05
    assert beat_f(BEATS, late, WIDE_S) == 1.0 and beat_f(BEATS, late, NARROW_S) == 0.0


def test_every_second_beat_only_halves_recall():
    assert beat_f(BEATS, BEATS[::2]) == pytest.approx(2 / 3, abs=0.01)


def test_positive_error_means_heard_too_late():
    errors = beat_errors(BEATS, BEATS + 0.03)
    assert errors.median_ms == pytest.approx(30) and errors.p95_absolute_ms == pytest.approx(30)
    assert errors.matched == len(BEATS)


def test_beats_far_from_any_true_beat_do_not_count_as_errors():
    errors = beat_errors(BEATS, [*BEATS, 40.0])
    assert errors.matched == len(BEATS) and errors.median_ms == pytest.approx(0)
    assert np.isnan(beat_errors(BEATS, []).median_ms)


@pytest.mark.parametrize("bad", [[0.5, 0.4], [0.5, 0.5], [-1.0], [np.nan], [[1.0]]])
def test_malformed_beats_are_refused(bad):
    with pytest.raises(ValueError, match="heard beats"):
        beat_f(BEATS, bad)


def test_nearest_and_tempo():
    np.testing.assert_array_equal(nearest(np.array([0.0, 1.0, 2.0]), np.array([0.4, 0.6, 9.0])), [0, 1, 2])
    np.testing.assert_array_equal(nearest(np.array([1.0]), np.array([0.4, 5.0])), [0, 0])
    assert tempo_bpm(BEATS) == pytest.approx(120) and np.isnan(tempo_bpm([1.0]))


def test_octave_errors_name_the_octave():
    assert octave_error(100, 101) == (pytest.approx(0.01), 1.0)
    assert octave_error(100, 49) == (pytest.approx(-0.02), 0.5)
    assert octave_error(100, 204) == (pytest.approx(0.02), 2.0)
    with pytest.raises(ValueError, match="positive"):
        octave_error(0, 100)
