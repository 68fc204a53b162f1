"""Onsets are found where they are, once, and the same whole or in pieces."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.onsets import HOP_SAMPLES, LOOKAHEAD_SAMPLES, find_onsets, onset_strength, start, step

RATE = 22050
BLOCK = 5504


def drum_loop(seconds: float = 4.0, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Decaying noise hits at random times at least 120 ms apart over a quiet bass tone; and the hits."""
    rng = np.random.default_rng(seed)
    hits = np.cumsum(rng.integers(int(0.12 * RATE), int(0.4 * RATE), 40))
    hits = hits[hits < seconds * RATE - 3000]
    samples = 0.05 * np.sin(2 * np.pi * 55 * np.arange(int(seconds * RATE)) / RATE)
    for hit in hits:
        length = min(4000, len(samples) - hit)
        samples[hit : hit + length] += (
            rng.uniform(0.2, 0.8) * rng.standard_normal(length) * np.exp(-np.arange(length) / 600)
        )
    return samples.astype(np.float32), hits


def test_every_hit_is_found_once_within_a_hop_or_so():
    samples, hits = drum_loop()
    found = np.array([onset.sample for onset in find_onsets(samples)])
    assert len(found) >= len(hits) - 1 and len(found) <= len(hits) + 1
    nearest = np.abs(found[None] - hits[:, None]).min(1)
    assert np.median(nearest) < HOP_SAMPLES and np.mean(nearest < 2 * HOP_SAMPLES) > 0.95


def test_the_found_place_is_not_biased():
    errors = []
    for shift in range(0, 128, 8):
        samples = np.zeros(RATE, np.float32)
        samples[9000 + shift :] = np.random.default_rng(1).standard_normal(RATE - 9000 - shift) * 0.3
        errors += [onset.sample - 9000 - shift for onset in find_onsets(samples)[:1]]
    assert len(errors) == 16 and abs(np.mean(errors)) < 44  # 2 ms


def test_silence_and_a_held_tone_have_no_onsets_inside():
    assert find_onsets(np.zeros(RATE)) == []
    tone = 0.3 * np.sin(2 * np.pi * 220 * np.arange(2 * RATE) / RATE)
    tone *= np.minimum(1, np.arange(len(tone)) / 2000) * np.minimum(1, np.arange(len(tone))[::-1] / 2000)
    assert all(onset.sample < 3000 for onset in find_onsets(tone))


def test_a_louder_attack_is_stronger_and_strength_stays_within_0_and_1():
    def hit(level: float) -> np.ndarray:
        samples = 0.02 * np.random.default_rng(2).standard_normal(RATE)
        samples[8000:9000] += level * np.random.default_rng(3).standard_normal(1000)
        return samples

    quiet, loud = (find_onsets(hit(level))[-1].strength for level in (0.06, 0.5))
    assert 0 < quiet < loud <= 1
    assert onset_strength(hit(10.0)).min() >= 0 and onset_strength(hit(10.0)).max() <= 1


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 12000), min_size=1, max_size=12), st.integers(0, 3))
def test_pieces_of_any_length_give_the_onsets_of_the_whole(lengths, seed):
    samples, _ = drum_loop(seed=seed)
    state, found, at = start(), [], 0
    for length in [*lengths, len(samples)]:
        onsets, state = step(state, samples[at : at + length])
        found += onsets
        at += min(length, len(samples) - at)
    onsets, state = step(state, np.zeros(LOOKAHEAD_SAMPLES + HOP_SAMPLES))
    whole = find_onsets(samples)
    assert [onset.sample for onset in found + onsets] == [onset.sample for onset in whole]
    np.testing.assert_allclose(
        [onset.strength for onset in found + onsets], [onset.strength for onset in whole], rtol=1e-4
    )


def test_with_its_reserve_a_block_tells_all_its_onsets_before_it_plays():
    samples, _ = drum_loop()
    state, found = start(), []
    for at in range(0, len(samples), BLOCK):
        onsets, state = step(
            state, samples[at : at + BLOCK], np.resize(samples[at + BLOCK : at + 2 * BLOCK], BLOCK)
        )
        assert all(at <= onset.sample < at + BLOCK for onset in onsets)
        found += onsets
    assert [onset.sample for onset in found][:-1] == [onset.sample for onset in find_onsets(samples)][
        : len(found) - 1
    ]


def test_a_reserve_that_comes_out_differently_repeats_nothing():
    samples, _ = drum_loop(seed=5)
    state, found = start(), []
    rng = np.random.default_rng(0)
    for at in range(0, len(samples), BLOCK):
        onsets, state = step(state, samples[at : at + BLOCK], 0.5 * rng.standard_normal(BLOCK))
        found += [onset.sample for onset in onsets]
    assert np.all(np.diff(found) > 0)


def test_stereo_is_refused_in_words():
    with pytest.raises(ValueError, match="mix the channels"):
        onset_strength(np.zeros((2, 4000)))
    with pytest.raises(ValueError, match="mix the channels"):
        find_onsets(np.zeros((2, 4000)))
