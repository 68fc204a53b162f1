"""Weight norm is the published one and folds away without a trace; how fresh networks pass signal."""

import pytest
import torch

from models.config import GeneratorConfig
from models.layers import ResidualBlock, WeightNormConv1d, fold_weight_norm, preserving_initialisation
from models.vq_generator import build_generator


@pytest.mark.parametrize("groups", [1, 4])
def test_weight_norm_is_torchs(groups: int) -> None:
    torch.manual_seed(0)
    ours = WeightNormConv1d(8, 12, 5, stride=2, padding=2, dilation=2, groups=groups)
    ours.weight_g.data.uniform_(0.5, 2)
    theirs = torch.nn.Conv1d(8, 12, 5, stride=2, padding=2, dilation=2, groups=groups)
    theirs = torch.nn.utils.parametrizations.weight_norm(theirs)
    theirs.load_state_dict(
        {
            "bias": ours.bias,
            "parametrizations.weight.original0": ours.weight_g,
            "parametrizations.weight.original1": ours.weight_v,
        }
    )
    x = torch.randn(2, 8, 40)
    torch.testing.assert_close(ours(x), theirs(x))


def test_a_new_convolution_starts_with_its_weight() -> None:
    conv = WeightNormConv1d(4, 4, 3)
    torch.testing.assert_close(conv.weight, conv.weight_v)


def test_folding_keeps_the_function_and_the_original() -> None:
    torch.manual_seed(0)
    block = ResidualBlock(16, dilation=3)
    for part in block.modules():
        if isinstance(part, WeightNormConv1d):
            part.weight_g.data.uniform_(0.5, 2)
    folded = fold_weight_norm(block)
    x = torch.randn(2, 16, 50)
    torch.testing.assert_close(folded(x), block(x))
    assert not any("weight_g" in name for name in folded.state_dict())
    assert any("weight_g" in name for name in block.state_dict())


@pytest.mark.parametrize("level", ["high", "low"])
def test_our_initialisation_hears_its_input(level: str) -> None:
    torch.manual_seed(0)
    generator = build_generator(GeneratorConfig(level, divide_channels=4))
    motion, visual, genre = torch.randn(2, 1, 1024), torch.randn(2, 1, 2048), torch.eye(10)[:2]
    with torch.inference_mode():
        deaf = generator(motion, visual, genre)
        preserving_initialisation(generator)
        hears = generator(motion, visual, genre)
    assert (hears[0] - hears[1]).std() > 0.1 * hears.std()
    assert (deaf[0] - deaf[1]).std() < 1e-3 * deaf.std(), (
        "the published start has changed: say so in the docs"
    )
