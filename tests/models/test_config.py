"""Every length and every ablation of the paper builds and fits together."""

from dataclasses import FrozenInstanceError, replace

import pytest
import torch

from models.config import (
    DiscriminatorConfig,
    GeneratorConfig,
    PaperConfig,
    VQVAEConfig,
    codes_in,
    paper_config,
    without_motion,
    without_reshape,
    without_scaling,
    without_visual,
)
from models.discriminator import MultiScaleDiscriminator
from models.motion_encoder import MotionEncoder
from models.paper import PaperModel


@pytest.mark.parametrize("dataset", ["aist", "tiktok"])
@pytest.mark.parametrize("level", ["high", "low"])
@pytest.mark.parametrize("seconds", [2, 3, 4])
def test_two_three_and_four_seconds(dataset, level, seconds) -> None:
    config = paper_config(dataset, level, seconds)
    with torch.device("meta"):
        motion = torch.empty(1, config.motion.frames, config.motion.features)
        genre = torch.empty(1, 10) if dataset == "aist" else None
        features = PaperModel(config)(motion, torch.empty(1, 1, 2048), genre)
    assert features.shape == (1, 64, codes_in(seconds, level))


def test_codes_in_two_seconds_are_the_papers() -> None:
    assert codes_in(2, "high") == 344 and codes_in(2, "low") == 1378
    assert [VQVAEConfig().samples_per_code(level) for level in range(3)] == [8, 32, 128]


def test_without_motion_and_without_visual() -> None:
    config = paper_config("aist", "high")
    with torch.device("meta"):
        blind = PaperModel(without_visual(config))
        assert blind(torch.empty(1, 120, 219), None, torch.empty(1, 10)).shape == (1, 64, 344)
        still = PaperModel(without_motion(config))
        assert still(None, torch.empty(1, 1, 2048), torch.empty(1, 10)).shape == (1, 64, 344)
    assert blind.generator.lin.in_features == 1024 + 256
    assert still.generator.lin.in_features == 2048 + 256 and still.motion_encoder is None


def test_without_scaling_stays_within_one() -> None:
    config = without_scaling(paper_config("aist", "high"))
    generator = replace(config.generator, divide_channels=8)
    model = PaperModel(replace(config, motion=None, generator=replace(generator, motion_width=0)))
    with torch.inference_mode():
        features = model(None, torch.randn(1, 1, 2048), torch.eye(10)[:1])
    assert 0 < features.abs().max() <= 1


@pytest.mark.parametrize("scales", [1, 2, 3])
@pytest.mark.parametrize("reshape", [True, False])
def test_discriminators(scales: int, reshape: bool) -> None:
    config = DiscriminatorConfig(scales=scales)
    config = config if reshape else without_reshape(config)
    with torch.device("meta"):
        outputs = MultiScaleDiscriminator(config)(torch.empty(2, 64, 344))
    assert len(outputs) == scales
    assert outputs[0][-1].shape == (2, 1, 86 if reshape else 2)


def test_any_motion() -> None:
    config = replace(paper_config("aist", "high").motion, frames=60, features=16)
    with torch.device("meta"):
        assert MotionEncoder(config)(torch.empty(3, 60, 16)).shape == (3, 1, 1024)
        with pytest.raises(ValueError, match=r"\[B, 60, 16\]"):
            MotionEncoder(config)(torch.empty(3, 60, 17))


def test_nonsense_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="all three are switched off"):
        GeneratorConfig(motion_width=0, visual_width=0, genres=0)
    with pytest.raises(ValueError, match="1024 values but the generator takes 512"):
        PaperConfig(generator=GeneratorConfig(motion_width=512))
    with pytest.raises(ValueError, match="lengths 2, 3 and 4"):
        paper_config("aist", "high", 5)
    with pytest.raises(ValueError, match="scales"):
        DiscriminatorConfig(scales=4)
    with pytest.raises(FrozenInstanceError):
        GeneratorConfig().sigma = 3.0


def test_a_missing_input_is_named() -> None:
    with torch.device("meta"):
        model = PaperModel(without_motion(paper_config("aist", "high")))
        with pytest.raises(ValueError, match="'genre'"):
            model(None, torch.empty(1, 1, 2048))
