import numpy as np
import pytest

from configs.genres import GENRES
from dancer import DancerConfig, VirtualDancer


@pytest.mark.parametrize("style", GENRES)
@pytest.mark.parametrize("seed", [2, 34])
def test_no_energy_at_all_is_a_dance_too(style: str, seed: int) -> None:
    curve = ((0.0, 0.0), (5.0, 0.6), (9.0, 0.0), (13.0, 1.0))
    dancer = VirtualDancer(DancerConfig(style=style, seed=seed, seconds=16, energy=curve))
    assert np.isfinite(dancer.landmarks(np.arange(0, 16, 0.25))).all()
