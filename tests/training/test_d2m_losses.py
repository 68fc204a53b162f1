"""Each term by hand, and that the two weightings are the published ones."""

import pytest
import torch

from features.mel import log_mel as numpy_log_mel
from training.losses import (
    WEIGHTINGS,
    feature_matching,
    hinge_discriminator,
    hinge_generator,
    mel_l1,
    waveform_l1,
)


def layers(*scores: float) -> list[list[torch.Tensor]]:
    """One scale a score: a first layer of ones times the score, then the score."""
    return [[torch.full((2, 3, 4), s), torch.full((2, 1, 5), s)] for s in scores]


def test_hinge_by_hand() -> None:
    # Scale 1: relu(1 - 0.5) + relu(1 + 0.25); scale 2: relu(1 - 2) + relu(1 - 3).
    assert hinge_discriminator(layers(0.5, 2.0), layers(0.25, -3.0)).item() == pytest.approx(0.5 + 1.25)
    assert hinge_generator(layers(0.25, -3.0)).item() == pytest.approx(-0.25 + 3.0)


def test_feature_matching_by_hand() -> None:
    real, made = layers(1.0, 2.0), layers(0.5, 4.0)
    assert feature_matching(real, made).item() == pytest.approx(0.5 + 0.5 + 2 + 2)
    assert feature_matching(real, made, "official").item() == pytest.approx(4 / 5 / 2 * (0.5 + 2))


def test_feature_matching_moves_only_what_was_made() -> None:
    real = [[torch.zeros(1, requires_grad=True)]]
    made = [[torch.ones(1, requires_grad=True)]]
    feature_matching(real, made).backward()
    assert real[0][0].grad is None and made[0][0].grad.item() == 1


def test_mel_is_the_shared_definition() -> None:
    torch.manual_seed(0)
    one, other = torch.randn(1, 8192) * 0.1, torch.randn(1, 8192) * 0.2
    expected = abs(numpy_log_mel(one[0].numpy()) - numpy_log_mel(other[0].numpy())).mean()
    assert mel_l1(one, other).item() == pytest.approx(expected, rel=1e-4)
    assert mel_l1(one, one).item() == 0


def test_waveform_is_a_mean() -> None:
    assert waveform_l1(torch.ones(2, 10), torch.zeros(2, 10)).item() == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [("paper", (1, 3, 15, 0, 40, 15, "paper")), ("official", (1, 3, 8, 5, 40, 15, "official"))],
)
def test_weightings(name: str, expected: tuple) -> None:
    w = WEIGHTINGS[name]
    given = (w.adversarial, w.feature_matching, w.commitment, w.features, w.waveform, w.mel, w.matching)
    assert given == expected
