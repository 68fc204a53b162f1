"""Counting bars from where a dancer moves the most."""

from dataclasses import replace

import numpy as np
import pytest

from dancer import DancerConfig, VirtualDancer
from realtime.bars import LEAST_S, BarCount
from realtime.follower import Follower, FollowerConfig
from realtime.types import Landmarks

DT = 1 / 30


def counted(emphasis, seconds=20.0, bpm=120.0):
    bars = BarCount()
    for k in range(int(seconds * 30)):
        phase = k * DT * bpm / 60
        bars = bars.heard(
            phase, emphasis[round(phase) % 4] * np.exp(-0.5 * ((phase - round(phase)) / 0.1) ** 2), DT
        )
    return bars


@pytest.mark.parametrize(("first", "shift"), [(0, 0), (1, -1), (2, 2), (3, 1)])
def test_the_count_moves_to_the_strongest_beat(first, shift):
    emphasis = np.roll([1.8, 0.8, 1.1, 0.5], first)
    assert counted(emphasis).shift() == shift


def test_even_accents_or_too_few_of_them_move_nothing():
    assert counted([1.0, 1.0, 1.0, 1.0]).shift() == 0
    assert counted([0.98, 1.03, 1.0, 1.0]).shift() == 0
    assert counted([0.5, 1.8, 0.8, 1.1], seconds=LEAST_S - 1).shift() == 0
    assert BarCount().shift() == 0


def told(first, seconds=12.0, bpm=120.0, sharp=2.0):
    """The network says that bars begin ``first`` beats after those that are counted."""
    bars, orders = BarCount(), np.arange(1, 3)
    for k in range(int(seconds * 15)):
        phase = k / 15 * bpm / 60
        # a density of the bar's phase about where the dancer's bar is, as Fourier coefficients
        spectrum = sharp * np.exp(-2j * np.pi * orders * (phase - first) / 4)
        bars = bars.told(phase, spectrum, 1 / 15)
    return bars


@pytest.mark.parametrize(("first", "shift"), [(0, 0), (1, -1), (2, 2), (3, 1)])
def test_the_count_moves_where_the_network_says(first, shift):
    assert told(first).shift() == shift
    assert replace(told(first), decided=True).shift() == shift  # it may move a count again


def test_a_network_that_is_new_to_a_dancer_or_says_nothing_moves_nothing():
    assert told(1, seconds=2.0).shift() == 0
    assert told(1, sharp=0.05).shift() == 0
    assert told(1, sharp=50.0, seconds=60.0).nats[0] > -40  # sure, wrong, and soon forgotten


def test_a_dancer_who_stamps_every_first_beat_is_counted_from_there():
    dancer = VirtualDancer(DancerConfig(style="krump", bpm=112, seed=2, seconds=30))
    follower = Follower(FollowerConfig(landmark_lag_s=0.0))
    state, jumps = follower.start(), []
    for time_s in np.arange(1, 900) / 30:
        pose = dancer.landmarks(float(time_s)).copy()
        stamp = dancer.truth.phase_at(float(time_s)) % 4.0
        pose[:, 1] += (
            0.05 * max(0.0, np.cos(np.pi * ((stamp + 1) % 4 - 1))) if abs((stamp + 1) % 4 - 1) < 0.5 else 0
        )
        before = state.grid()
        state = follower.update(state, Landmarks(float(time_s), pose, 4 / 3), float(time_s))
        step = state.grid().phase_beats - before.phase_at(state.time_s)
        jumps.append(abs(step) > 0.5)
    away = (state.grid().phase_beats - dancer.truth.phase_at(state.time_s) + 2) % 4 - 2
    assert away == pytest.approx(0, abs=0.15)
    assert sum(jumps) <= 1
