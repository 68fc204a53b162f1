import numpy as np
import pytest

from corpus.band.desk import controls_from_features
from corpus.band.mix import row_gains
from corpus.band.render import STEMS
from features.motion import MOTION_FEATURES, NEUTRAL
from features.visual import NEUTRAL_VISUAL

CODES = 900


def features(**columns: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    motion = np.repeat(NEUTRAL[:, None], CODES, axis=1)
    for name, values in columns.items():
        motion[MOTION_FEATURES.index(name)] = values
    return motion, np.repeat(NEUTRAL_VISUAL[:, None], CODES, axis=1)


def test_nobody_is_a_pad() -> None:
    controls = controls_from_features(*features())
    gains = row_gains(controls, np.zeros(CODES, np.float32), np.zeros(CODES, np.float32))
    sounding = {name for name, gain in zip(STEMS, gains[:, -1], strict=True) if gain > 0.01}
    assert sounding == {"pad_dark", "pad_bright"}


def test_all_out_dancing_fills_the_stage() -> None:
    controls = controls_from_features(*features(energy=0.35, stillness=0.0))
    gains = row_gains(controls, np.zeros(CODES, np.float32), np.zeros(CODES, np.float32))
    silent = {name for name, gain in zip(STEMS, gains[:, -1], strict=True) if gain < 0.05}
    assert silent == {"crash", "sweep"}


def test_steps_within_a_beat_do_not_pump_the_arrangement() -> None:
    """Limbs swell and fall twice a second; of that, less than a quarter reaches the desk."""
    swing = 0.25 + 0.07 * np.sin(2 * np.pi * 2.0 * np.arange(CODES) * 128 / 22_050)
    steady = controls_from_features(*features(energy=0.25, stillness=0.0)).energy[-1]
    moved = controls_from_features(*features(energy=swing, stillness=0.0)).energy[300:]
    raw = controls_from_features(*features(energy=0.32, stillness=0.0)).energy[-1] - steady
    assert np.abs(moved - steady).max() < 0.25 * raw


def test_it_is_causal() -> None:
    energy = np.full(CODES, 0.1, np.float32)
    energy[600:] = 0.4
    stepped = controls_from_features(*features(energy=energy))
    flat = controls_from_features(*features(energy=0.1))
    np.testing.assert_array_equal(stepped.energy[:600], flat.energy[:600])
    assert stepped.energy[600 + 130] > 0.95


def test_wrong_shapes_are_refused() -> None:
    motion, visual = features()
    with pytest.raises(ValueError, match="Features should be"):
        controls_from_features(motion.T, visual)
    with pytest.raises(ValueError, match="Features should be"):
        controls_from_features(motion, visual[:, :-1])
