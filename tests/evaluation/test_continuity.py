"""Drift, loops and seams are found where they were put, and not where they were not."""

import numpy as np
import pytest

from evaluation.continuity import boundary_accuracy, chroma, drift, strongest_loop, timbre

RATE = 22050
HOP = 5504


def tones(midi, seconds=4.0):
    time_s = np.arange(int(seconds * RATE)) / RATE
    return sum(0.1 * np.sin(2 * np.pi * 440 * 2 ** ((note - 69) / 12) * time_s) for note in midi).astype(
        np.float32
    )


def test_chroma_names_the_pitch_class_and_ignores_the_octave():
    assert chroma(tones([60])).argmax() == 0 and chroma(tones([57])).argmax() == 9
    np.testing.assert_allclose(chroma(tones([60])).sum(), 1)
    assert np.abs(chroma(tones([60])) - chroma(tones([72]))).sum() / 2 < 0.2
    np.testing.assert_allclose(chroma(np.zeros(100, np.float32)), 1 / 12)


def test_a_change_of_key_is_drift_and_the_same_key_is_not():
    home, away = tones([60, 64, 67]), tones([61, 65, 68])
    steady, moved = drift(np.concatenate([home] * 4), 4.0), drift(np.concatenate([home, home, away]), 4.0)
    assert steady.chroma < 0.02 and steady.timbre < 0.02
    assert moved.chroma > 0.5


def test_a_change_of_timbre_is_drift_without_drift_of_key(make_groove):
    bright = make_groove(seconds=4)[0]
    dull = np.convolve(bright, np.ones(12) / 12, mode="same").astype(np.float32)
    assert (
        drift(np.concatenate([bright, dull]), 4.0).timbre
        > 3 * drift(np.concatenate([bright] * 2), 4.0).timbre
    )
    assert timbre(bright).shape == (12,)
    with pytest.raises(ValueError, match="fewer than two spans"):
        drift(bright, 4.0)


def test_an_exact_loop_is_found_wherever_it_lies_and_fresh_music_has_none():
    rng = np.random.default_rng(0)
    fresh = np.convolve(rng.standard_normal(20 * RATE), np.ones(20) / 20, mode="same").astype(np.float32)
    assert strongest_loop(fresh, 3.0, 1.0) < 0.2
    looped = fresh.copy()
    looped[int(11.37 * RATE) : int(17.37 * RATE)] = looped[2 * RATE : 8 * RATE]
    assert strongest_loop(looped, 3.0, 1.0) > 0.98
    nearly = fresh.copy()
    nearly[int(11.37 * RATE) : int(17.37 * RATE)] += 3 * fresh[2 * RATE : 8 * RATE]
    assert strongest_loop(nearly, 3.0, 1.0) < 0.98
    assert strongest_loop(np.zeros(9 * RATE), 3.0, 1.0) == 0.0
    with pytest.raises(ValueError, match="too short"):
        strongest_loop(fresh[:RATE], 3.0, 1.0)


def blocks(make_groove, fault):
    """A minute of groove whose block boundaries carry a fault."""
    samples = np.concatenate([make_groove(113, 15, seed, 1.0)[0] for seed in range(4)])
    samples = samples + 2e-3 * np.random.default_rng(0).standard_normal(len(samples)).astype(np.float32)
    for at in range(HOP, len(samples) - HOP, HOP):
        fault(samples, at)
    return samples


def test_clean_joins_are_not_found(make_groove):
    accuracy = boundary_accuracy(blocks(make_groove, lambda samples, at: None), HOP)
    assert 0.38 < accuracy < 0.62


def test_a_click_and_a_short_gap_at_the_joins_are_found(make_groove):
    def click(samples, at):
        samples[at] += 0.03

    def gap(samples, at):
        samples[at : at + 40] *= 0.5

    assert boundary_accuracy(blocks(make_groove, click), HOP) > 0.8
    assert boundary_accuracy(blocks(make_groove, gap), HOP) > 0.7


def test_what_every_code_repeats_is_no_seam(make_groove):
    samples = blocks(make_groove, lambda samples, at: None)
    samples[::128] += 0.03
    assert boundary_accuracy(samples, HOP) > 0.8
    assert 0.38 < boundary_accuracy(samples, HOP, grid=128) < 0.62


def test_too_few_blocks_are_refused():
    with pytest.raises(ValueError, match="too few"):
        boundary_accuracy(np.zeros(4 * HOP), HOP)
