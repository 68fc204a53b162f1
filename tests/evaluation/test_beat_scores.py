"""Coverage and hit: perfect, empty, malformed, unequal, silent, stereo; and a naive second opinion."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.audio import mono
from evaluation.baselines import BASELINES, baseline, click_each_second
from evaluation.beat_scores import (
    LORIS_WINDOW_FRAMES,
    ClipScore,
    clip_score,
    loris_score,
    marked_seconds,
    onset_times_s,
    published_score,
)

onsets = st.lists(st.floats(0, 9.999), max_size=25)


def naive_counts(truth_s, generated_s):
    """The definition once more, second by second, as one would say it aloud."""
    truth = generated = both = 0
    for second in range(0, 11):
        in_truth = any(second <= onset < second + 1 for onset in truth_s)
        in_generated = any(second <= onset < second + 1 for onset in generated_s)
        truth, generated, both = (
            truth + in_truth,
            generated + in_generated,
            both + (in_truth and in_generated),
        )
    return truth, generated, both


@given(onsets, onsets)
def test_agrees_with_a_naive_second_opinion(truth_s, generated_s):
    score = clip_score(truth_s, generated_s)
    assert (score.truth, score.generated, score.both) == naive_counts(truth_s, generated_s)


@given(st.lists(st.tuples(onsets, onsets), min_size=1, max_size=6))
def test_means_agree_with_a_naive_second_opinion(clips):
    counts = [naive_counts(*clip) for clip in clips]
    counted = [count for count in counts if count[0]]
    scores = [clip_score(*clip) for clip in clips]
    if not counted:
        with pytest.raises(ValueError, match="holds an onset"):
            published_score(scores)
        return
    result, loris = published_score(scores), loris_score(scores)
    assert result.coverage == pytest.approx(sum(100 * g / t for t, g, _ in counted) / len(counted))
    assert result.hit == pytest.approx(sum(100 * b / t for t, _, b in counted) / len(counted))
    assert result.skipped == len(counts) - len(counted)
    assert loris.bhs == pytest.approx(result.hit)
    assert loris.bcs == pytest.approx(sum(100 * b / g if g else 0 for _, g, b in counted) / len(counted))


def test_a_perfect_clip_scores_one_hundred():
    result = published_score([clip_score([0.1, 1.2], [0.3, 1.9])])
    assert (result.coverage, result.hit) == (100.0, 100.0)


def test_a_longer_clip_may_cover_more_than_the_truth():
    score = clip_score([0.5], [0.5, 1.5, 2.5])
    assert (score.coverage, score.hit, score.precision) == (3.0, 1.0, pytest.approx(1 / 3))


def test_a_truth_without_onset_is_left_out_and_counted():
    result = published_score([clip_score([], [0.5]), clip_score([0.5], [])])
    assert (result.coverage, result.hit, result.clips, result.skipped) == (0.0, 0.0, 1, 1)
    assert math.isnan(ClipScore(0, 1, 0).coverage) and math.isnan(ClipScore(0, 1, 0).precision)


def test_loris_deviations_are_sample_deviations():
    loris = loris_score([ClipScore(2, 2, 2), ClipScore(2, 2, 1), ClipScore(2, 1, 0)])
    assert loris.bcs == pytest.approx(50) and loris.csd == pytest.approx(50)
    assert loris.f1 == pytest.approx(50)


@pytest.mark.parametrize("bad", [[-0.1], [float("nan")], [float("inf")], [[0.1, 0.2]]])
def test_malformed_onsets_are_refused(bad):
    with pytest.raises(ValueError, match="finite seconds"):
        marked_seconds(bad)


def test_onsets_are_librosas_with_the_published_settings(make_groove):
    import librosa

    samples, _ = make_groove(seconds=4)
    expected = librosa.onset.onset_detect(
        y=samples, sr=22050, wait=1, delta=0.2, pre_avg=1, post_avg=1, post_max=1, units="time"
    )
    np.testing.assert_array_equal(onset_times_s(samples), expected)
    assert len(expected) >= 3
    wide = librosa.onset.onset_detect(
        y=samples, sr=22050, wait=1, delta=0.2, pre_avg=3, post_avg=3, post_max=3, units="time"
    )
    np.testing.assert_array_equal(onset_times_s(samples, LORIS_WINDOW_FRAMES), wide)


def test_stereo_is_mixed_and_scores_as_mono(make_groove):
    samples, _ = make_groove(seconds=3)
    np.testing.assert_array_equal(
        onset_times_s(mono(np.stack([samples, samples], 1))), onset_times_s(samples)
    )
    with pytest.raises(ValueError, match="mix the channels"):
        onset_times_s(np.stack([samples, samples]))


def test_nothing_and_silence_hold_no_onset():
    assert len(onset_times_s(np.zeros(0))) == 0
    assert len(onset_times_s(np.zeros(44100))) == 0


def test_the_click_scores_full_marks_on_any_rhythm_and_silence_none(make_groove):
    truth = onset_times_s(make_groove(bpm=120, seconds=6)[0])
    click = published_score([clip_score(truth, onset_times_s(click_each_second(6 * 22050)))])
    nothing = published_score([clip_score(truth, onset_times_s(np.zeros(6 * 22050)))])
    assert (click.coverage, click.hit) == (100.0, 100.0)
    assert (nothing.coverage, nothing.hit) == (0.0, 0.0)


def test_baselines_have_the_asked_length_and_unknown_ones_are_refused():
    for name in BASELINES:
        assert len(baseline(name, 1234)) == 1234
    np.testing.assert_array_equal(baseline("white noise", 99, 3), baseline("white noise", 99, 3))
    with pytest.raises(ValueError, match="no baseline is called"):
        baseline("metronome", 10)
