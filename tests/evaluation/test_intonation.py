"""Partials against the tempered scale: in tune, a quarter tone off, between, and no pitch at all."""

import numpy as np
import pytest

from evaluation.intonation import CENTS_BY_CHANCE, cents_off

SECONDS = np.arange(3 * 22_050) / 22_050


def chord(keys: list[int], off_cents: float = 0.0) -> np.ndarray:
    pitches_hz = [440 * 2 ** ((key - 69) / 12 + off_cents / 1200) for key in keys]
    return np.sum([np.sin(2 * np.pi * pitch * SECONDS) for pitch in pitches_hz], axis=0)


@pytest.mark.parametrize("off_cents", [0.0, 10.0, -30.0])
def test_a_chord_is_as_far_off_as_it_was_played(off_cents: float) -> None:
    assert cents_off(chord([45, 52, 57, 61], off_cents)) == pytest.approx(abs(off_cents), abs=1.0)


def test_any_pitches_are_off_as_by_chance() -> None:
    rng = np.random.default_rng(0)
    off = [cents_off(np.sin(2 * np.pi * hz * SECONDS)) for hz in rng.uniform(100, 900, 60)]
    assert np.mean(off) == pytest.approx(CENTS_BY_CHANCE, abs=4)


def test_noise_and_silence_have_no_pitch() -> None:
    assert np.isnan(cents_off(np.zeros(22_050)))
    clicks = np.zeros(44_100)
    clicks[20_000] = 1.0
    assert np.isnan(cents_off(clicks))
