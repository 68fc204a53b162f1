"""Our networks are the authors': names, shapes and numbers.

``golden/paper.npz`` was written by ``golden/make_golden.py`` after parity with the authors' own outputs was
seen; the last test repeats that comparison wherever those outputs are at hand.
"""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.config import DiscriminatorConfig, VQVAEConfig, paper_config
from models.deterministic import draw_weights
from models.discriminator import MultiScaleDiscriminator
from models.motion_encoder import MotionEncoder
from models.vq_generator import build_generator
from models.vqvae import VQVAE, CodeDecoder

REFERENCE = Path("/work/shared/reference/expected_high.npz")
FEATURE_STRIDE, SAMPLE_STRIDE = 29, 101

OFFICIAL = {
    "aist.mencoder": lambda: MotionEncoder(paper_config("aist", "high").motion),
    "tiktok.mencoder": lambda: MotionEncoder(paper_config("tiktok", "high").motion),
    "aist.netG.high": lambda: build_generator(paper_config("aist", "high").generator),
    "aist.netG.low": lambda: build_generator(paper_config("aist", "low").generator),
    "tiktok.netG.high": lambda: build_generator(paper_config("tiktok", "high").generator),
    "netD": lambda: MultiScaleDiscriminator(DiscriminatorConfig()),
    "vqvae": lambda: VQVAE(VQVAEConfig()),
}


def assert_near(ours: torch.Tensor, theirs: np.ndarray, tolerance: float) -> None:
    """Largest difference, relative to the largest value."""
    worst = np.abs(ours.numpy() - theirs).max() / np.abs(theirs).max()
    assert worst < tolerance, f"differs by {worst:.2e}"


@pytest.mark.parametrize("group", OFFICIAL)
def test_names_and_shapes_are_official(group: str, official_names) -> None:
    with torch.device("meta"):
        ours = {name: list(value.shape) for name, value in OFFICIAL[group]().state_dict().items()}
    assert ours == official_names[group]


def test_every_official_group_is_covered(official_names) -> None:
    assert set(OFFICIAL) == set(official_names)


def test_tiktok_low_has_the_linear_that_the_authors_lost() -> None:
    with torch.device("meta"):
        generator = build_generator(paper_config("tiktok", "low").generator)
        assert generator.lin.weight.shape == (2048, 3072)
        assert generator(torch.empty(1, 1, 1024), torch.empty(1, 1, 2048)).shape == (1, 64, 1378)


def test_motion_embedding(motion_embedding, golden) -> None:
    assert_near(motion_embedding, golden["aist.motion_embedding"], 1e-3)


def test_high_features(high_features, golden) -> None:
    assert high_features.shape == (2, 64, 344)
    assert_near(high_features[..., ::FEATURE_STRIDE], golden["aist.high.features"], 1e-3)


@torch.inference_mode()
def test_low_features_codes_and_samples(motion_embedding, visual_and_genre, codec, golden) -> None:
    generator = build_generator(paper_config("aist", "low").generator)
    draw_weights(generator)
    features = generator.eval()(motion_embedding, *visual_and_genre)
    assert features.shape == (2, 64, 1378)
    assert_near(features[..., ::FEATURE_STRIDE], golden["aist.low.features"], 1e-3)
    codes, samples = CodeDecoder(codec, 1)(features[..., :256])
    np.testing.assert_array_equal(codes.numpy(), golden["low.codes"])
    assert_near(samples[..., ::SAMPLE_STRIDE], golden["low.samples"], 1e-3)


@torch.inference_mode()
def test_high_codes_and_samples(high_features, codec, golden) -> None:
    codes, samples = CodeDecoder(codec, 2)(high_features)
    np.testing.assert_array_equal(codes.numpy(), golden["high.codes"])
    assert samples.shape == (2, 344 * 128)
    assert_near(samples[..., ::SAMPLE_STRIDE], golden["high.samples"], 1e-3)


@pytest.mark.parametrize("level", [0, 1, 2])
@torch.inference_mode()
def test_encoders(level: int, codec, golden) -> None:
    tone = torch.sin(torch.arange(8192) * 0.05)[None]
    assert_near(codec.features(tone, level)[..., ::FEATURE_STRIDE], golden[f"vqvae.features{level}"], 1e-3)


@torch.inference_mode()
def test_discriminator_scores(high_features, golden) -> None:
    judges = MultiScaleDiscriminator(DiscriminatorConfig())
    draw_weights(judges)
    for scale, layers in enumerate(judges.eval()(high_features)):
        assert len(layers) == 7
        assert_near(layers[-1], golden[f"netD.scale{scale}"], 1e-3)


@pytest.mark.skipif(not REFERENCE.is_file(), reason="the authors' outputs are not at hand; golden/ stands in")
@torch.inference_mode()
def test_the_authors_own_outputs(motion_embedding, high_features, codec) -> None:
    with np.load(REFERENCE) as expected:
        assert_near(motion_embedding, expected["aist.motion_embedding"], 1e-3)
        assert_near(high_features, expected["aist.high.features"], 1e-3)
        codes, samples = CodeDecoder(codec, 2)(high_features)
        np.testing.assert_array_equal(codes.numpy(), expected["high.codes"])
        assert_near(samples, expected["high.audio"][..., 0], 1e-3)
        judges = MultiScaleDiscriminator(DiscriminatorConfig())
        draw_weights(judges)
        for scale, layers in enumerate(judges(high_features)):
            assert_near(layers[-1], expected[f"netD.scale{scale}"], 1e-3)
