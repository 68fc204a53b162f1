"""What swings with the show's own time: in tune, exact after hours, the same in every window."""

import numpy as np
import pytest
import torch

from configs.tuning import CODE_RATE, TURN_CODES, pitch_hz, turns
from models.clock import Clock, Strings

KEYS = range(28, 101)


def test_the_tuning_is_tempered_and_its_octaves_are_pure() -> None:
    for key in KEYS:
        tempered_hz = 440 * 2 ** ((key - 69) / 12)
        assert abs(1200 * np.log2(pitch_hz(key) / tempered_hz)) < 1.2
        assert turns(key + 12) == 2 * turns(key)
    with pytest.raises(ValueError, match="begins at MIDI key 24"):
        turns(23)


@pytest.mark.parametrize("hours", [0, 3, 24])
def test_phases_are_exact_after_hours(hours: int) -> None:
    """Three partials of some keys, by arithmetic of integers."""
    strings = Strings(((28, 20, 3), (60, 5, 1)))
    first = round(hours * 3600 * CODE_RATE)
    number = np.arange(first, first + 344)
    partials = [h * turns(28 + k) for h in (1, 2, 3) for k in range(20)] + [turns(60 + k) for k in range(5)]
    angle = 2 * np.pi * (np.outer(partials, number) % TURN_CODES) / TURN_CODES
    played = [torch.ones(1, 20, 344), 2 * torch.ones(1, 5, 344)]
    found = strings(played, torch.from_numpy(number).float()[None])[0].numpy()
    strength = np.repeat([1.0, 2.0], [60, 5])[:, None]
    np.testing.assert_allclose(
        found, np.vstack([strength * np.sin(angle), strength * np.cos(angle)]), atol=5e-6
    )


def test_a_clock_repeats_after_its_turn_and_not_before() -> None:
    clock = Clock(43)
    hands = clock(torch.arange(86.0)[None])[0]
    assert hands.shape == (42, 86)
    torch.testing.assert_close(hands[:, :43], hands[:, 43:], atol=1e-6, rtol=0)
    apart = torch.cdist(hands[:, :43].T, hands[:, :43].T) + 10 * torch.eye(43)
    assert apart.min() > 1.0
