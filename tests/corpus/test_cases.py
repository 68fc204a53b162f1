"""Cases are written whole, agree with the band, and step where they say."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from configs.genres import GENRES
from corpus import cases
from corpus.band.desk import controls_from_features
from corpus.band.song import compose
from corpus.build import build
from corpus.cases import _write_danced, motion_of, step, visual_of, wandering, write_case, write_cases
from corpus.take import make_take
from corpus.takebank import TakeBank
from features.motion import MOTION_FEATURES
from features.visual import VISUAL_FEATURES


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    out = tmp_path_factory.mktemp("corpus")
    build(out, [make_take(compose("house", 0), 0, 9, 1)], 9, Path("there/is/no/bank.npz"), workers=1)
    return out


def test_a_case_holds_conditions_sound_and_beats_of_one_length(corpus, tmp_path):
    window = TakeBank(corpus, "train").cut(0, 172, 516)
    energy = step(516, 0.2, 0.8)
    write_case(tmp_path, window, motion_of(energy), visual_of(np.full(516, 0.5, np.float32)))
    with np.load(tmp_path / "house_0_0000_172.npz", allow_pickle=False) as arrays:
        shapes = {name: arrays[name].shape for name in arrays}
        phase, style = arrays["phase"], arrays["style"]
    assert shapes == {
        "motion": (16, 516),
        "visual": (6, 516),
        "phase": (516,),
        "style": (10, 516),
        "variation": (14, 516),
    }
    assert style[GENRES.index("house")].all() and style.sum() == 516
    samples, rate = soundfile.read(tmp_path / "house_0_0000_172.wav")
    assert (len(samples), rate) == (516 * 128, 22050)
    beats_s = np.loadtxt(tmp_path / "house_0_0000_172.beats.txt")
    at_beats = np.interp(beats_s * 22050 / 128 - 0.5, np.arange(516), np.unwrap(phase, period=16))
    np.testing.assert_allclose(at_beats, np.round(at_beats), atol=0.02, err_msg="beats lie at whole phases")


def test_more_energy_sounds_louder_after_the_step(corpus, tmp_path):
    window = TakeBank(corpus, "train").cut(0, 0, 860)
    write_case(tmp_path, window, motion_of(step(860, 0.2, 0.8)), visual_of(np.full(860, 0.5, np.float32)))
    samples, _ = soundfile.read(next(tmp_path.glob("*.wav")))
    half = len(samples) // 2
    assert np.std(samples[half + 5000 :]) > 1.3 * np.std(samples[: half - 5000])


def test_steps_take_a_quarter_of_a_second_and_wandering_stays_in_bounds():
    curve = step(344, 0.2, 0.8)
    assert curve[171] == pytest.approx(0.2) and curve[172 + 43] == pytest.approx(0.8, abs=0.02)
    energy = wandering(np.random.default_rng(0), 3000)
    assert energy.min() >= 0.25 and energy.max() <= 0.95 and energy.std() > 0.1


def test_columns_are_named_as_the_features_are():
    motion = dict(zip(MOTION_FEATURES, motion_of(np.full(400, 0.7, np.float32)), strict=True))
    assert 0.25 < motion["energy"][0] < 0.35 and motion["present"].all() and not motion["jump"].any()
    assert motion_of(np.zeros(400, np.float32))[MOTION_FEATURES.index("stillness")][-1] == 1.0
    visual = dict(zip(VISUAL_FEATURES, visual_of(np.full(4, 0.8, np.float32)), strict=True))
    assert visual["brightness"][0] == np.float32(0.8) and visual["warmth"][0] == pytest.approx(0.2)


def test_the_desk_gives_back_the_energy_that_a_case_was_given():
    energy = step(1376, 0.2, 0.8)
    controls = controls_from_features(motion_of(energy), visual_of(np.full(1376, 0.5, np.float32)))
    assert controls.energy[600] == pytest.approx(0.2, abs=1e-3)
    assert controls.energy[-1] == pytest.approx(0.8, abs=1e-3)


def test_under_danced_movement_the_band_hears_what_is_and_the_bundle_what_is_seen(
    corpus, tmp_path, monkeypatch
):
    monkeypatch.setattr(cases, "SONG_S", 6.0)
    codes = round(6.0 * 22_050 / 128) + 50
    still, wild = (motion_of(np.full(codes, level, np.float32)) for level in (0.05, 0.9))
    one, other = ({"clean": clean[None], "seen": still[None]} for clean in (still, wild))
    bank = SimpleNamespace(window_of=lambda genre, turn, size, rng: TakeBank(corpus, "train").cut(0, 0, size))
    levels = []
    for name, pool in (("one", one), ("other", other)):
        np.savez(tmp_path / f"{name}.npz", **pool)
        _write_danced(tmp_path / name, bank, 1, tmp_path / f"{name}.npz", np.random.default_rng(0))
        case = next((tmp_path / name).glob("*.npz"))
        with np.load(case) as told:
            assert told["motion"].max() == pytest.approx(still.max(), abs=1e-3)
        levels.append(np.std(soundfile.read(case.with_suffix(".wav"))[0]))
    assert levels[1] > 1.3 * levels[0]
    np.savez(tmp_path / "short.npz", clean=still[None, :, :100], seen=still[None, :, :100])
    with pytest.raises(ValueError, match="less than 6 s"):
        _write_danced(tmp_path / "short", bank, 1, tmp_path / "short.npz", np.random.default_rng(0))


def test_a_corpus_too_small_is_refused_in_words(corpus, tmp_path):
    with pytest.raises(ValueError, match="no takes for 'test'"):
        write_cases(corpus, tmp_path, "test", 1, 0)
    with pytest.raises(ValueError, match="no take of break"):
        write_cases(corpus, tmp_path, "train", 1, 0)
