"""Pictures are prepared as published, and flow points the right way."""

import numpy as np
import pytest

from corpus.i3d import clip_features, dis_flow, open_network, shrink, tvl1_flow
from features.i3d import CLIP_FRAMES, colour_picture, flow_picture


def picture(shift: int = 0, height: int = 256, width: int = 320) -> np.ndarray:
    """A smooth pattern that moves ``shift`` pixels to the right."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    wave = np.sin((x - shift) / 9) + np.cos(y / 7) + np.sin((x - shift + y) / 13)
    return np.repeat(((wave + 3) / 6 * 255).astype(np.uint8)[..., None], 3, axis=2)


class Network:
    """Stands in for I3D: remembers its clips, answers their mean."""

    def __init__(self) -> None:
        self.clips: list[np.ndarray] = []

    def __call__(self, clip: np.ndarray) -> np.ndarray:
        self.clips.append(clip)
        return np.full((1, 1024), clip.mean(), np.float32)


@pytest.mark.parametrize("size", [(480, 640), (1080, 1920), (640, 360), (120, 160)])
def test_the_shorter_side_becomes_256(size: tuple[int, int]) -> None:
    small = shrink(np.zeros((*size, 3), np.uint8))
    assert min(small.shape[:2]) == 256
    assert small.shape[1] / small.shape[0] == pytest.approx(size[1] / size[0], rel=0.01)


def test_colour_is_rgb_within_one() -> None:
    blue_left = np.zeros((256, 256, 3), np.uint8)
    blue_left[:, :128, 0] = 255
    prepared = colour_picture(blue_left)
    assert prepared.shape == (3, 224, 224) and prepared.dtype == np.float32
    assert prepared[2, 0, 0] == 1 and prepared[0, 0, 0] == -1 and prepared[2, 0, -1] == -1


@pytest.mark.parametrize("engine", [tvl1_flow, dis_flow])
def test_flow_points_where_things_go(engine) -> None:
    flow = flow_picture(picture(), picture(2), engine())
    assert flow.shape == (2, 224, 224)
    assert np.median(flow[0]) == pytest.approx(2 / 20, abs=0.02)
    assert np.median(flow[1]) == pytest.approx(0, abs=0.02)


def test_a_clip_has_two_halves() -> None:
    colour, movement = Network(), Network()
    features = clip_features([picture(i) for i in range(5)], colour, movement, dis_flow())
    assert features.shape == (2048,) and features.dtype == np.float32
    assert colour.clips[0].shape == (1, 3, CLIP_FRAMES, 224, 224)
    assert movement.clips[0].shape == (1, 2, CLIP_FRAMES, 224, 224)
    assert features[0] == pytest.approx(colour.clips[0].mean()) and features[-1] > 0.005


def test_one_picture_is_too_few() -> None:
    with pytest.raises(ValueError, match="two pictures"):
        clip_features([picture()], Network(), Network())


def test_flow_is_clipped_at_twenty_pixels() -> None:
    flow = flow_picture(picture(), picture(), lambda before, _: np.full((*before.shape, 2), -50, np.float32))
    assert (flow == -1).all()


def test_a_missing_network_says_how_to_make_it(tmp_path) -> None:
    with pytest.raises(FileNotFoundError, match="python -m export i3d"):
        open_network(tmp_path / "rgb.onnx")
