"""Steering finds an answer when it comes, with its delay, and is silent when the music does not answer."""

import numpy as np
import pytest

from evaluation.steering import judge, steering_of
from evaluation.trace import Step, Trace

RATE = 22050
BPM = 120.0


def music(make_groove, switches, delay_s):
    """A lively and a quiet take of one groove, switched ``delay_s`` after each step; and its beats."""
    lively, beats = make_groove(BPM, 32, 3, 1.0, 0.0)
    quiet, _ = make_groove(BPM, 32, 3, 0.0, 0.0)
    level = np.zeros(len(lively), bool)
    for step in switches:
        level[int((step.time_s + delay_s) * RATE) :] = step.after > step.before
    noise = 1e-3 * np.random.default_rng(0).standard_normal(len(lively))
    return (np.where(level, lively, 0.7 * quiet) + noise).astype(np.float32), beats


STEPS = [Step(8.0, 0.2, 0.8), Step(16.0, 0.8, 0.2), Step(24.0, 0.2, 0.8)]


@pytest.mark.parametrize("delay_s", [0.25, 0.75])
def test_the_answer_is_found_with_its_delay_and_direction(make_groove, delay_s):
    samples, beats = music(make_groove, STEPS, delay_s)
    result = judge(samples, STEPS, beats)
    assert result.detection_rate == 1.0 and result.right_way_rate == 1.0
    # The change is heard at the next sound that differs: at most a quarter beat and the frames' own width.
    assert 1e3 * delay_s - 60 <= result.delay_ms(50) <= 1e3 * delay_s + 320
    assert result.false_alarm_rate <= 0.2


def test_music_that_does_not_answer_is_not_credited(make_groove):
    samples, beats = make_groove(BPM, 32, 3, 1.0, 0.0)
    result = judge(samples, STEPS, beats)
    assert result.detection_rate == 0.0 and result.right_way_rate == 0.0 and np.isnan(result.delay_ms(50))


def test_a_trace_is_read_with_its_offset(make_groove):
    samples, beats = music(make_groove, STEPS, 0.25)
    truth = {"beats": list(beats + 0.5), "times_s": [0, 8.5, 16.5, 24.5], "energy": [0.2, 0.8, 0.2, 0.8]}
    trace = Trace({"truth": [truth], "hop": [{"start_sample": 0, "heard_s": 0.5}]})
    assert steering_of(samples, trace).detection_rate == 1.0


def test_a_step_counts_from_the_limbs_too(make_groove):
    """Limbs that follow the will 0.4 s late are answered 0.4 s sooner."""
    samples, beats = music(make_groove, STEPS, 0.75)
    times = np.arange(0, 32, 0.1)
    lively = np.isin(np.digitize(times, [8.4, 16.4, 24.4]), (1, 3))
    truth = {"beats": list(beats), "times_s": list(times), "limb_speed": list(np.where(lively, 1.5, 0.3))}
    truth["energy"] = list(np.where(np.isin(np.digitize(times, [8, 16, 24]), (1, 3)), 0.8, 0.2))
    result = steering_of(samples, Trace({"truth": [truth]}))
    moved = [trial.step.moved_s - trial.step.time_s for trial in result.trials]
    assert moved == pytest.approx([0.4] * 3, abs=0.11)
    assert result.from_movement_ms(50) == pytest.approx(result.delay_ms(50) - 400, abs=110)
    assert np.isnan(judge(samples, STEPS, beats).from_movement_ms(50))


def test_no_steps_and_steps_beyond_the_sound_are_refused(make_groove):
    samples, beats = make_groove(BPM, 12, 3, 1.0, 0.0)
    with pytest.raises(ValueError, match="no steps of energy"):
        steering_of(samples, Trace({"truth": [{"beats": list(beats), "times_s": [0], "energy": [0.5]}]}))
    with pytest.raises(ValueError, match="outside the sound"):
        judge(samples, [Step(40.0, 0.2, 0.8)], beats)
