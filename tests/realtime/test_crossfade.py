import numpy as np
import pytest

from realtime.crossfade import CEILING, best_shift, crossfade, limit


def power_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(samples**2)))


def noise(seed: int, length: int = 20_000) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(length).astype(np.float32)


def test_unlike_signals_keep_their_power() -> None:
    assert abs(power_db(crossfade(noise(1), noise(2))[5000:15000])) < 0.3


def test_equal_signals_pass_unchanged() -> None:
    one = noise(1)
    np.testing.assert_allclose(crossfade(one, one), one, atol=1e-5)


def test_half_alike_signals_keep_their_power_too() -> None:
    common = noise(3)
    one, other = common + noise(1), common + noise(2)
    assert abs(power_db(crossfade(one, other)[5000:15000]) - power_db(one)) < 0.3


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="equal lengths"):
        crossfade(noise(1), noise(2)[:-1])


def test_best_shift_finds_the_continuation() -> None:
    signal = noise(4, 2000)
    tail, candidate = signal[500:900], signal[440:940]  # candidate begins 60 before the tail
    assert best_shift(tail, candidate, 50) == 10


def test_limit_leaves_quiet_sound_alone_and_holds_loud_sound() -> None:
    quiet = np.linspace(-0.4, 0.4, 100, dtype=np.float32)
    np.testing.assert_array_equal(limit(quiet), quiet)
    assert np.abs(limit(10 * noise(1))).max() <= CEILING
