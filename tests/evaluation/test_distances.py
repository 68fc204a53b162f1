"""Distances are zero to oneself, grow as they should and refuse what cannot be compared."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from evaluation.distances import frechet_distance, log_mel_l1


def test_a_sound_is_at_no_distance_from_itself(make_groove):
    samples, _ = make_groove(seconds=2)
    assert log_mel_l1(samples, samples) == 0.0


def test_a_tenth_of_the_level_is_one_decade_where_nothing_is_clamped():
    noise = np.random.default_rng(0).standard_normal(22050)
    assert log_mel_l1(noise, noise / 10, floor=1e-9) == pytest.approx(1.0, abs=1e-3)


def test_two_silences_are_equal_and_the_clamp_hides_what_is_inaudible():
    assert log_mel_l1(np.zeros(5000), np.zeros(5000)) == 0.0
    assert log_mel_l1(np.zeros(5000), np.full(5000, 1e-6)) == 0.0


def test_unequal_lengths_are_cut_and_nothing_is_refused(make_groove):
    samples, _ = make_groove(seconds=2)
    assert log_mel_l1(samples, samples[:30000]) == 0.0
    with pytest.raises(ValueError, match="not empty"):
        log_mel_l1(samples, [])


def test_frechet_equals_the_textbook_formula():
    rng = np.random.default_rng(1)
    first, second = (
        rng.standard_normal((300, 5)),
        rng.standard_normal((200, 5)) @ rng.standard_normal((5, 5)) + 1,
    )
    cov1, cov2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    gap = first.mean(0) - second.mean(0)
    expected = gap @ gap + np.trace(cov1 + cov2 - 2 * np.real(sqrtm(cov1 @ cov2)))
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-9)


def test_frechet_refuses_what_it_cannot_compare():
    with pytest.raises(ValueError, match="at least two rows"):
        frechet_distance(np.zeros((1, 4)), np.zeros((9, 4)))
    with pytest.raises(ValueError, match="differ in size"):
        frechet_distance(np.zeros((9, 3)), np.zeros((9, 4)))
    with pytest.raises(ValueError, match="NaN"):
        frechet_distance(np.full((9, 3), np.nan), np.zeros((9, 3)))
