"""Notes in tune and in phase: measured pitch and wave, and where a note must begin."""

import numpy as np
import pytest

from configs.tuning import pitch_hz
from corpus.band.intune import REACH_S, SAMPLE_RATE, cents_off, in_phase, wave_at_start
from corpus.bank import Bank


def tone(hz: float, at_start: float = 0.0) -> np.ndarray:
    seconds = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    return np.sin(2 * np.pi * (hz * seconds + at_start)).astype(np.float32)


@pytest.mark.parametrize(("key", "cents"), [(40, 7.0), (69, -20.0), (84, 0.0), (57, 44.0)])
def test_the_pitch_of_a_note_is_measured(key: int, cents: float) -> None:
    assert cents_off(tone(pitch_hz(key) * 2 ** (cents / 1200)), key) == pytest.approx(cents, abs=1.5)
    assert cents_off(np.zeros(SAMPLE_RATE, np.float32), key) == 0.0


@pytest.mark.parametrize("at_start", [0.0, 0.3, 0.75])
def test_the_wave_at_its_start_is_measured(at_start: float) -> None:
    found = wave_at_start(tone(pitch_hz(50), at_start), 50)
    assert (found - at_start + 0.5) % 1.0 - 0.5 == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("key", [28, 45, 69, 91])
def test_a_note_begins_with_the_shows_wave_and_near_its_place(key: int) -> None:
    rng = np.random.default_rng(key)
    for start, at_start in zip(rng.integers(0, 10**7, 50), rng.uniform(0, 1, 50), strict=True):
        begun = in_phase(int(start), key, float(at_start))
        turns = pitch_hz(key) * begun / SAMPLE_RATE - at_start
        assert abs((turns + 0.5) % 1.0 - 0.5) < 0.06
        assert abs(begun - start) <= max(REACH_S, 0.5 / pitch_hz(key)) * SAMPLE_RATE + 1


@pytest.mark.parametrize(("instrument", "key"), [("bass_house", 33), ("pad_warm", 57), ("lead_square", 76)])
def test_the_same_note_twice_has_the_shows_phase_twice(instrument: str, key: int) -> None:
    bank = Bank.synthetic()
    sound, phases = bank.note(instrument, key), []
    for start in (10_000, 123_457, 999_983):
        begun = in_phase(start, key, bank.wave_at_start(instrument, key))
        times = begun + np.arange(3000, 6000)
        level = np.sum(sound[3000:6000] * np.exp(-2j * np.pi * pitch_hz(key) / SAMPLE_RATE * times))
        phases.append(level / abs(level))
    assert abs(np.mean(phases)) > 0.99
