"""What swings with the show's own time: in tune, exact after hours, the same in every window."""

import numpy as np
import pytest
import torch

from models.clock import Clock, Strings

CODE_RATE_HZ = 22050 / 128


def strings() -> Strings:
    return Strings(28, 73, CODE_RATE_HZ, 4096)


def test_strings_are_in_tune() -> None:
    """Each turns by its pitch less whole turns a code, to within a cent and a half of the lowest."""
    keys = np.arange(28, 101)
    pitch_hz = 440 * 2 ** ((keys - 69) / 12)
    turned_hz = strings().numbers[:, 0].numpy() / 4096 * CODE_RATE_HZ
    off_hz = (turned_hz - pitch_hz + CODE_RATE_HZ / 2) % CODE_RATE_HZ - CODE_RATE_HZ / 2
    assert np.abs(1200 * np.log2(1 + off_hz / pitch_hz)).max() < 1.0


@pytest.mark.parametrize("hours", [0, 3, 24])
def test_phases_are_exact_after_hours(hours: int) -> None:
    first = round(hours * 3600 * CODE_RATE_HZ)
    number = torch.arange(first, first + 344)
    numbers = strings().numbers[:, 0].to(torch.float64).numpy()
    turns = numbers[:, None] * (number.numpy()[None] % 4096) / 4096
    wanted = np.concatenate([np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns)])
    found = strings()(number.float()[None])[0].numpy()
    np.testing.assert_allclose(found, wanted, atol=2e-6)


def test_a_clock_repeats_after_its_turn_and_not_before() -> None:
    clock = Clock(43)
    hands = clock(torch.arange(86.0)[None])[0]
    assert hands.shape == (42, 86)
    torch.testing.assert_close(hands[:, :43], hands[:, 43:], atol=1e-6, rtol=0)
    apart = torch.cdist(hands[:, :43].T, hands[:, :43].T) + 10 * torch.eye(43)
    assert apart.min() > 1.0
