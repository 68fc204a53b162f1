"""The offline tracker finds the beats of a groove whose beats are known, and none in nothing."""

import numpy as np
import pytest

from evaluation.rhythm import beat_errors, beat_f, tempo_bpm
from evaluation.tracking import STEP_S, attack_curve, beat_steps, track_beats


@pytest.mark.parametrize("bpm", [72.0, 98.0, 124.0, 160.0])
def test_a_steady_groove_is_found_to_a_few_ms(make_groove, bpm):
    samples, truth = make_groove(bpm=bpm, seconds=12, seed=int(bpm))
    heard = track_beats(samples, bpm)
    assert tempo_bpm(heard) == pytest.approx(bpm, rel=0.01)
    assert beat_f(truth, heard, 0.025) > 0.95
    assert abs(beat_errors(truth, heard).median_ms) < 5


def test_without_a_hint_a_usual_tempo_is_found(make_groove):
    samples, truth = make_groove(bpm=110, seconds=10)
    assert beat_f(truth, track_beats(samples)) > 0.95


def test_a_tempo_step_is_followed(make_groove):
    first, early = make_groove(bpm=100, seconds=8, offset_s=0.0)
    second, late = make_groove(bpm=115, seconds=8, offset_s=0.1)
    truth = np.concatenate([early, late + 8])
    assert beat_f(truth, track_beats(np.concatenate([first, second]))) > 0.9


@pytest.mark.parametrize("beats", [0.25, 0.5, 0.75])
def test_one_beat_cut_short_is_heard_as_one(make_groove, beats):
    before, early = make_groove(bpm=120, seconds=8, offset_s=0.0)
    after, late = make_groove(bpm=120, seconds=8, offset_s=0.0, seed=1)
    cut_s = 0.5 * beats
    samples = np.concatenate([before[: int((7.5 + cut_s) * 22050)], after])
    truth = np.concatenate([early[early < 7.5 + cut_s - 0.1], late + 7.5 + cut_s])
    heard = track_beats(samples)
    assert beat_f(truth[truth > 5], heard[heard > 5]) > 0.9


def test_late_music_is_heard_late(make_groove):
    samples, truth = make_groove(seconds=10)
    late = np.concatenate([np.zeros(int(0.04 * 22050), np.float32), samples])
    assert beat_errors(truth, track_beats(late)).median_ms == pytest.approx(40, abs=6)


def test_silence_and_scraps_hold_no_beats():
    assert len(track_beats(np.zeros(44100))) == 0
    assert len(track_beats(np.zeros(0))) == 0
    assert len(track_beats(np.zeros(100))) == 0


def test_noise_gives_no_agreement_with_a_grid():
    truth = np.arange(0.25, 20, 0.5)
    noise = 0.1 * np.random.default_rng(0).standard_normal(20 * 22050)
    assert beat_f(truth, track_beats(noise), 0.025) < 0.5


def test_the_best_path_is_the_best_of_all_paths_on_a_small_curve():
    """A regular comb in an otherwise empty curve is read exactly."""
    activation = np.zeros(400)
    period = round(0.5 / STEP_S)
    activation[7::period] = 1.0
    assert beat_steps(activation, 120.0) == list(range(7, 400, period))


def test_stereo_is_refused():
    with pytest.raises(ValueError, match="mix the channels"):
        attack_curve(np.zeros((2, 3000)))
