"""Energy stays in 0..1, follows its points, and is what scales the dance."""

import numpy as np
import pytest

from dancer import DancerConfig, VirtualDancer
from dancer.energy import RAMP_S, WANDER, EnergyCurve


@pytest.mark.parametrize("level", (0.0, 0.1, 0.5, 0.95, 1.0))
def test_a_level_wanders_a_little_and_stays_inside(level: float) -> None:
    values = EnergyCurve(level, seed=4)(np.linspace(0, 300, 3000))
    assert values.min() >= 0 and values.max() <= 1
    assert np.max(np.abs(values - level)) <= WANDER + 1e-9


def test_points_are_followed_to_the_letter() -> None:
    curve = EnergyCurve(((0.0, 0.2), (10.0, 0.8), (20.0, 0.0)), seed=1)
    times = [0, 9.999, 10 + RAMP_S, 19.999, 20 + RAMP_S, 500]
    np.testing.assert_allclose(curve(times), [0.2, 0.2, 0.8, 0.8, 0, 0], atol=1e-9)


def mean_speed(dancer: VirtualDancer, start_s: float, end_s: float) -> float:
    times = np.arange(start_s, end_s, 1 / 30)
    return float(np.linalg.norm(np.diff(dancer.joints(times), axis=0), axis=-1).mean() * 30)


@pytest.mark.parametrize("style", ("house", "ballet_jazz", "pop"))
def test_a_step_of_energy_is_a_step_of_movement(style: str) -> None:
    dancer = VirtualDancer(DancerConfig(style=style, seed=2, energy=((0.0, 0.2), (12.0, 0.8))))
    assert mean_speed(dancer, 12.5, 24) > 1.7 * mean_speed(dancer, 0, 12)


def test_without_energy_a_person_stands() -> None:
    dancer = VirtualDancer(DancerConfig(style="krump", energy=0.0, seed=3))
    assert 0 < mean_speed(dancer, 0, 20) < 0.03  # m/s: breath and balance


@pytest.mark.parametrize("energy", (1.2, -0.1, ((0.0, 0.5), (0.0, 0.6)), ()))
def test_impossible_energy_is_refused(energy) -> None:
    with pytest.raises(ValueError, match="energy"):
        DancerConfig(energy=energy)
