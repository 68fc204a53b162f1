"""The judge of answers hears what a listener would, in both directions, and nothing where nothing is."""

import numpy as np
import pytest

from evaluation.answers import a_weighting, answer_rate, audible, change


def test_more_energy_is_heard_as_up_and_less_as_down(make_groove):
    quiet, lively = make_groove(energy=0.1, seconds=4)[0] * 0.5, make_groove(energy=1.0, seconds=4)[0]
    assert change(quiet, lively).answers("up") and not change(quiet, lively).answers("down")
    assert change(lively, quiet).answers("down") and not change(lively, quiet).answers("up")
    assert answer_rate([(quiet, lively), (lively, quiet)], "up") == 0.5


def test_another_take_of_the_same_is_no_answer(make_groove):
    first, second = make_groove(seed=1, seconds=6)[0], make_groove(seed=2, seconds=6)[0]
    assert not change(first, second).answers("up") and not change(first, second).answers("down")


def test_louder_alone_is_not_enough(make_groove):
    samples = make_groove(seconds=4)[0]
    assert not change(samples * 0.3, samples * 0.6).answers("up")


def test_a_full_scale_tone_of_1_khz_reads_minus_three_db():
    tone = np.sin(2 * np.pi * 1000 * np.arange(22050) / 22050)
    heard = audible(tone)
    assert heard.loudness_db == pytest.approx(-3.0, abs=0.2)
    assert heard.brightness_octaves == pytest.approx(np.log2(1000), abs=0.02)
    assert audible(np.zeros(22050)).loudness_db == pytest.approx(-100, abs=1)


def test_the_a_curve_has_its_standard_values():
    in_db = 20 * np.log10(a_weighting([100, 1000, 4000, 10000]))
    np.testing.assert_allclose(in_db, [-19.1, 0.0, 1.0, -2.5], atol=0.15)


def test_scraps_and_no_trials_are_refused():
    with pytest.raises(ValueError, match="passage"):
        audible(np.zeros(100))
    with pytest.raises(ValueError, match="no trials"):
        answer_rate([], "up")
