import numpy as np
import pytest

from corpus.band.render import LAYERS, PITCHED, STEMS, Stems, bell, loudness, render_stems, shelf
from corpus.band.song import Song, compose
from corpus.band.tempo import DRIFT_PER_BEAT, beat_times, phase_at
from corpus.bank import Bank


def gain_db(section: list[float], hz: float) -> float:
    z = np.exp(-2j * np.pi * hz / 22_050)
    b, a = np.array(section[:3]), np.array(section[3:])
    powers = z ** np.arange(3)
    return float(20 * np.log10(abs((b @ powers) / (a @ powers))))


def test_stem_rows_are_the_layers_pitched_ones_twice() -> None:
    expected = [
        n for layer in LAYERS for n in ([f"{layer}_dark", f"{layer}_bright"] if layer in PITCHED else [layer])
    ]
    assert list(STEMS) == expected


def test_shapes_and_units(house_stems: Stems) -> None:
    codes = int(16.0 * 22_050) // 128
    assert house_stems.rows.shape == (len(STEMS), codes * 128)
    assert house_stems.rows.dtype == np.float32
    assert house_stems.duck.shape == house_stems.phase.shape == (codes,)
    assert house_stems.phase.min() >= 0 and house_stems.phase.max() < 16
    assert np.all(np.isfinite(house_stems.rows))
    assert min(float(np.abs(row).max()) for row in house_stems.rows) > 1e-3, "a silent stem"


def test_phase_is_beats_at_code_centres(house_stems: Stems) -> None:
    centres_s = (np.arange(len(house_stems.phase)) * 128 + 64) / 22_050
    np.testing.assert_allclose(house_stems.phase, (centres_s * 2.0) % 16, atol=1e-4)


def test_same_song_same_samples(house: Song, bank: Bank) -> None:
    beats_s = beat_times(118.0, 16, np.random.default_rng(3))
    variation = np.random.default_rng(4).uniform(-1, 1, (1, 8)).astype(np.float32)
    first = render_stems(house, beats_s, variation, bank)
    second = render_stems(compose("house", 0), beats_s, variation, Bank.synthetic())
    assert first.rows.tobytes() == second.rows.tobytes()
    assert first.duck.tobytes() == second.duck.tobytes()


def test_equal_phrases_sound_equal(house: Song, house_stems: Stems) -> None:
    """The music is a function of the phase: nothing drifts or rolls dice from phrase to phrase.

    But notes, which begin where their wave does: a few ms from the written place, so their level is the same.
    """
    cycle_samples = 8 * 22_050  # 16 beats at 120
    settle = 22_050  # the first phrase has no tails of a phrase before it
    first = house_stems.rows[:, settle:cycle_samples]
    second = house_stems.rows[:, cycle_samples + settle : 2 * cycle_samples]
    n = min(first.shape[1], second.shape[1])
    for name, a, b in zip(STEMS, first[:, :n], second[:, :n], strict=True):
        if name.split("_")[0] in PITCHED:
            a, b = (np.sqrt(np.mean(x[: n // 1102 * 1102].reshape(-1, 1102) ** 2, axis=1)) for x in (a, b))
            assert np.abs(a - b).mean() < 0.2 * a.mean(), name
        else:
            assert float(np.abs(a - b).max()) < 1e-3, name


def test_kicks_of_house_fall_on_the_beats_to_the_sample(house_stems: Stems) -> None:
    kick = np.abs(house_stems.rows[STEMS.index("kick")])
    for beat in range(1, 31):
        at = round(beat * 22_050 * 0.5)
        assert kick[at : at + 110].max() > 2 * kick[at - 220 : at].max(), beat


def test_dark_is_darker(house_stems: Stems) -> None:
    spectrum = np.abs(np.fft.rfft(house_stems.rows, axis=1)) ** 2
    hz = np.fft.rfftfreq(house_stems.rows.shape[1], 1 / 22_050)
    for layer in PITCHED:
        dark, bright = (spectrum[STEMS.index(f"{layer}_{shade}")] for shade in ("dark", "bright"))
        assert dark[hz > 2500].sum() < 0.1 * bright[hz > 2500].sum(), layer


def test_wrong_number_of_beats_is_refused(house: Song, bank: Bank) -> None:
    with pytest.raises(ValueError, match="2 phrases need 33 beat times, not 17"):
        render_stems(house, beat_times(120.0, 16), np.zeros((2, 8), np.float32), bank)


def test_equaliser_sections_lift_what_they_say() -> None:
    low, high, middle = shelf(150.0, 6.0, False), shelf(4500.0, -12.0, True), bell(800.0, -5.0)
    assert gain_db(low, 20) == pytest.approx(6.0, abs=0.2) and abs(gain_db(low, 3000)) < 0.1
    assert gain_db(high, 10_500) == pytest.approx(-12.0, abs=0.2) and abs(gain_db(high, 200)) < 0.1
    assert gain_db(middle, 800) == pytest.approx(-5.0, abs=0.01)


def test_loudness_is_of_the_sounding_part() -> None:
    sine = np.sin(np.arange(22_050) * 0.3).astype(np.float32)
    half = np.concatenate([sine, np.zeros(22_050, np.float32)])
    assert loudness(half) == pytest.approx(np.sqrt(0.5), rel=0.03)


def test_beats_drift_a_little_and_stay_near_the_tempo() -> None:
    steady = beat_times(120.0, 64)
    np.testing.assert_allclose(np.diff(steady), 0.5)
    human = np.diff(beat_times(120.0, 2000, np.random.default_rng(0)))
    assert 0 < np.std(np.log(human)) < 5 * DRIFT_PER_BEAT
    assert np.mean(human) == pytest.approx(0.5, rel=0.01)


def test_phase_at_inverts_the_grid() -> None:
    beats_s = beat_times(97.0, 32, np.random.default_rng(1))
    np.testing.assert_allclose(phase_at(beats_s, beats_s), np.arange(33), atol=1e-9)
    assert phase_at(np.array([beats_s[-1] + 1.0]), beats_s)[0] > 33
