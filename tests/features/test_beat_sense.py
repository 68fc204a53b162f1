"""The network that reads the beat from poses: what ships with the repository, on dancers it never saw."""

import time

import numpy as np
import pytest

from dancer import DancerConfig, VirtualDancer
from dancer.sight import Sight, watch
from features.beat_sense import DELAY_S, LATE_S, WEIGHTS, BeatSense, shipped

PHASES = np.arange(128) / 128
ORDERS = np.arange(1, 4)


def heard(points, times_s, aspect=4 / 3, sense=None):
    sense = sense or shipped()
    state, found = sense.start(), []
    for time_s, pose in zip(times_s, points, strict=True):
        state, new = sense.update(state, pose, aspect, float(time_s))
        found += new
    return found


def phase(one):
    density = np.exp((np.exp(2j * np.pi * np.outer(PHASES, ORDERS)) @ one.beat).real)
    return np.angle(density @ np.exp(2j * np.pi * PHASES)) / (2 * np.pi)


@pytest.mark.parametrize(
    ("style", "bpm", "seed"), [("break", 92, 901), ("waack", 128, 902), ("ballet_jazz", 116, 903)]
)
def test_it_hears_the_beat_of_a_dancer_it_never_saw(style, bpm, seed):
    dancer = VirtualDancer(DancerConfig(style=style, bpm=bpm, seed=seed, seconds=16))
    times_s, points = watch(dancer.landmarks, 16.0, 4 / 3, Sight(), np.random.default_rng(seed))
    late = [one for one in heard(points, times_s) if one.time_s > 5]
    away = np.array([(phase(one) - float(dancer.truth.phase_at(one.time_s)) + 0.5) % 1 - 0.5 for one in late])
    assert np.median(np.abs(away)) * 60e3 / bpm < 35
    assert np.mean([one.sure for one in late]) > 0.7


def test_who_stands_still_has_no_beat():
    dancer = VirtualDancer(DancerConfig(style="house", energy=0.0, seed=5, seconds=12))
    times_s = np.arange(1, 360) / 30
    assert np.median([one.sure for one in heard(dancer.landmarks(times_s), times_s)]) < 0.4


def test_it_is_pure_repeatable_small_and_quick():
    dancer = VirtualDancer(DancerConfig(seed=1, seconds=4))
    times_s = np.arange(1, 100) / 30
    points = dancer.landmarks(times_s)
    sense, begun = shipped(), shipped().start()
    first, again = heard(points, times_s), heard(points, times_s)
    assert all(
        np.array_equal(a.beat, b.beat) and a.time_s == b.time_s for a, b in zip(first, again, strict=True)
    )
    assert not begun.hidden[0].any() and len(first) == pytest.approx(len(times_s) / 2, abs=2)
    assert first[0].time_s < times_s[2] - DELAY_S - LATE_S + 0.1
    assert WEIGHTS.stat().st_size < 500_000
    began = time.process_time()
    heard(points, times_s, sense=sense)
    assert (time.process_time() - began) / len(times_s) < 0.002


def test_absence_is_no_news():
    sense = shipped()
    state = sense.start()
    assert sense.update(state, None, 4 / 3, 1.0) == (state, [])
    assert sense.update(state, np.full((33, 4), np.nan, np.float32), 4 / 3, 1.0)[1] == []


def test_weights_of_another_shape_are_refused_in_words(tmp_path):
    with np.load(WEIGHTS, allow_pickle=False) as arrays:
        other = {name: arrays[name] for name in arrays.files} | {"out.weight": arrays["out.weight"][:4]}
    np.savez(tmp_path / "other.npz", **other)
    with pytest.raises(ValueError, match="make it anew"):
        BeatSense(tmp_path / "other.npz")
