from dataclasses import replace

import numpy as np
import pytest

from configs.genres import GENRES
from corpus.band.mix import CEILING, Controls, apply_gains, limited, mix, row_gains
from corpus.band.render import STEMS, Stems, render_stems
from corpus.band.song import Song, compose
from corpus.band.tempo import beat_times
from corpus.bank import Bank


def level_db(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-12))


def gains_of(controls: Controls, stems: Stems) -> dict[str, np.ndarray]:
    return dict(zip(STEMS, row_gains(controls, stems.phase, stems.duck), strict=True))


@pytest.mark.parametrize("genre", GENRES)
def test_loudness_ceiling_and_an_energy_step(genre: str, bank: Bank) -> None:
    song = compose(genre, 1)
    stems = render_stems(song, beat_times(song.bpm, 16), np.zeros((1, 8), np.float32), bank)
    codes = len(stems.phase)
    quiet, middle, loud = (mix(stems, Controls.constant(codes, e), song.style.pump) for e in (0.2, 0.6, 0.8))
    assert -20.0 < level_db(middle) < -15.5
    assert abs(float(loud.mean())) < 2e-3
    assert level_db(loud) - level_db(quiet) > 4.0
    assert max(float(np.abs(x).max()) for x in (quiet, middle, loud)) <= CEILING


def test_energy_brings_the_layers_in_one_by_one(house_stems: Stems) -> None:
    codes = len(house_stems.phase)
    counts = []
    for energy in np.linspace(0, 1, 11):
        gains = gains_of(Controls.constant(codes, float(energy)), house_stems)
        counts.append(sum(float(gain[codes // 2]) > 0.05 for gain in gains.values()))
    assert counts == sorted(counts) and counts[0] < 4 and counts[-1] >= 12


def test_a_layer_enters_within_150_ms(house_stems: Stems) -> None:
    codes = len(house_stems.phase)
    energy = np.full(codes, 0.2, np.float32)
    energy[1000:] = 0.8
    controls = replace(Controls.constant(codes), energy=energy)
    rows = row_gains(controls, house_stems.phase, house_stems.duck, pump=0.0)
    lead = rows[STEMS.index("lead_bright")]
    assert lead[999] == 0 and lead[1000 + 5] < 0.5 * lead[-1]
    assert lead[1000 + 26] > 0.95 * lead[-1]


def test_stillness_thins_to_a_pad_within_a_bar(house_stems: Stems) -> None:
    codes = len(house_stems.phase)
    stillness = np.zeros(codes, np.float32)
    stillness[1000:] = 1.0
    gains = gains_of(replace(Controls.constant(codes, 0.8), stillness=stillness), house_stems)
    bar = int(2.0 * 22_050 / 128)
    for name, gain in gains.items():
        if name.startswith("pad"):
            assert gain[1000 + bar] > gain[900]
        else:
            assert np.all(gain[1000 + bar :] == 0), name


def test_a_jump_lands_on_the_next_beat_and_only_there(house_stems: Stems) -> None:
    codes = len(house_stems.phase)
    jump = np.zeros(codes, np.float32)
    jump[300:310] = 1.0
    crash = gains_of(replace(Controls.constant(codes), jump=jump), house_stems)["crash"]
    beat_of = np.floor(house_stems.phase)
    landing = np.flatnonzero(crash > 0.9)
    assert set(beat_of[landing]) == {beat_of[305] + 1}
    assert beat_of[landing[0] - 3] == beat_of[305]


def test_turning_sweeps_and_arms_open_the_filter(house_stems: Stems) -> None:
    codes = len(house_stems.phase)
    assert np.all(gains_of(Controls.constant(codes), house_stems)["sweep"] == 0)
    assert np.all(gains_of(Controls.constant(codes, turn=1.0), house_stems)["sweep"] > 0.9)
    closed, opened = (
        mix(house_stems, Controls.constant(codes, 0.8, arm_openness=arms, arm_height=arms))
        for arms in (0.0, 1.0)
    )
    hz = np.fft.rfftfreq(len(closed), 1 / 22_050)
    above, below = (hz > 1500), (hz < 150)
    rise_db = [
        level_db(np.abs(np.fft.rfft(opened)[part])) - level_db(np.abs(np.fft.rfft(closed)[part]))
        for part in (above, below)
    ]
    assert rise_db[0] > 3.0 and abs(rise_db[1]) < 1.0


def test_picture_colours_the_timbre(house_stems: Stems) -> None:
    codes = len(house_stems.phase)
    dim, light = (gains_of(Controls.constant(codes, 0.9, brightness=b), house_stems) for b in (0.0, 1.0))
    assert np.all(light["hats"] > dim["hats"]) and np.all(light["lead_bright"] > dim["lead_bright"])
    cold, warm = (gains_of(Controls.constant(codes, 0.9, warmth=w), house_stems) for w in (0.0, 1.0))
    assert np.all(warm["hats"] < cold["hats"]) and np.all(warm["pad_dark"] > cold["pad_dark"])


def test_gains_never_look_ahead(house_stems: Stems) -> None:
    """What the future mask hides cannot have been heard: gains before ``now`` ignore what comes after."""
    codes, now = len(house_stems.phase), 900
    rng = np.random.default_rng(0)
    controls = Controls(*(rng.uniform(0, 1, codes).astype(np.float32) for _ in range(8)))
    full = row_gains(controls, house_stems.phase, house_stems.duck)
    held = row_gains(controls.held_after(now), house_stems.phase, house_stems.duck)
    np.testing.assert_array_equal(full[:, :now], held[:, :now])
    assert not np.allclose(full[:, now + 50 :], held[:, now + 50 :])
    assert np.all(controls.held_after(now).energy[now:] == controls.energy[now - 1])


def test_side_chain_ducks_with_the_kick(house_stems: Stems) -> None:
    codes = len(house_stems.phase)
    controls = Controls.constant(codes, 0.8)
    gain = row_gains(controls, house_stems.phase, house_stems.duck, pump=0.6)[STEMS.index("bass_bright")]
    on_beat = gain[(house_stems.phase % 1) < 0.05].mean()
    off_beat = gain[(house_stems.phase % 1) > 0.8].mean()
    assert on_beat < 0.6 * off_beat


def test_apply_gains_is_the_plain_sum() -> None:
    rng = np.random.default_rng(2)
    rows, gains = (
        rng.normal(size=(14, 128 * 9)).astype(np.float32),
        rng.uniform(0, 1, (14, 9)).astype(np.float32),
    )
    moments = np.arange(128 * 9) / 128
    expected = sum(np.interp(moments, np.arange(9), g) * r for g, r in zip(gains, rows, strict=True))
    np.testing.assert_allclose(apply_gains(rows, gains), expected, atol=1e-5)


def test_limiter_leaves_the_quiet_and_bounds_the_loud() -> None:
    x = np.linspace(-5, 5, 10_001).astype(np.float32)
    y = limited(x)
    np.testing.assert_array_equal(y[np.abs(x) < 0.6], x[np.abs(x) < 0.6])
    assert np.abs(y).max() <= CEILING + 1e-6
    assert np.all(np.diff(y) >= 0)


def test_lengths_must_agree(house: Song, house_stems: Stems) -> None:
    with pytest.raises(ValueError, match="Controls last 10 codes"):
        mix(house_stems, Controls.constant(10))
