import numpy as np
import pytest

from features.visual import VISUAL_FEATURES, visual_features


def picture(blue: int, green: int, red: int) -> np.ndarray:
    return np.full((48, 64, 3), (blue, green, red), np.uint8)


def value(image: np.ndarray, name: str) -> float:
    return float(visual_features(image)[VISUAL_FEATURES.index(name)])


def test_light_and_dark() -> None:
    assert value(picture(255, 255, 255), "brightness") == pytest.approx(1.0)
    assert value(picture(0, 0, 0), "brightness") == 0.0


def test_warm_and_cold() -> None:
    assert value(picture(0, 80, 255), "warmth") > 0.9 and value(picture(255, 80, 0), "warmth") < 0.1
    assert value(picture(90, 90, 90), "warmth") == pytest.approx(0.5)


def test_hue_is_a_vector_that_grey_lacks() -> None:
    assert value(picture(0, 0, 255), "hue_cos") == 1.0
    assert abs(value(picture(90, 90, 90), "hue_cos")) + abs(value(picture(90, 90, 90), "hue_sin")) < 1e-6


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 700, 3), (2160, 3840, 3)])
def test_any_size(shape: tuple[int, int, int]) -> None:
    features = visual_features(np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8))
    assert features.shape == (6,) and np.isfinite(features).all()
