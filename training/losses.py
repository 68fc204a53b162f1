"""The terms of the paper's losses, each a pure function. Knows nothing of networks or of loops."""

from dataclasses import dataclass
from typing import Literal

import torch.nn.functional as F
from torch import Tensor

from features.mel import PAPER_FLOOR
from training.spectra import mel_distance

Layers = list[list[Tensor]]
"""What the discriminators gave: scale, then layer; the last layer of each scale is its score."""


@dataclass(frozen=True)
class LossWeights:
    """Weights of the final loss; a term of weight 0 is off and is not computed."""

    adversarial: float = 1.0
    feature_matching: float = 3.0
    commitment: float = 15.0
    features: float = 0.0
    waveform: float = 40.0
    mel: float = 15.0
    matching: Literal["paper", "official"] = "paper"


WEIGHTINGS: dict[str, LossWeights] = {
    "paper": LossWeights(),
    "official": LossWeights(commitment=8.0, features=5.0, matching="official"),
}
"""The published text's weights, and those of the authors' code."""


def hinge_discriminator(real: Layers, made: Layers) -> Tensor:
    """What the discriminators minimise: real scores above 1, made scores below -1; summed over scales."""
    terms = [
        F.relu(1 - true[-1]).mean() + F.relu(1 + false[-1]).mean()
        for true, false in zip(real, made, strict=True)
    ]
    return _total(terms)


def hinge_generator(made: Layers) -> Tensor:
    """What the generator minimises: minus the mean score of what it made, summed over scales."""
    return _total([-scale[-1].mean() for scale in made])


def feature_matching(real: Layers, made: Layers, form: Literal["paper", "official"] = "paper") -> Tensor:
    """L1 between the discriminators' layers for real and made; gradients reach what was made only.

    ``paper`` adds up all layers of all scales; ``official`` leaves out the scores and weighs each layer by
    4 / (n_layers + 1) / scales, with n_layers 4, as MelGAN does (Kumar et al. 2019).
    """
    pairs = [
        (true.detach(), false)
        for true_scale, made_scale in zip(real, made, strict=True)
        for true, false in list(zip(true_scale, made_scale, strict=True))[: None if form == "paper" else -1]
    ]
    weight = 1.0 if form == "paper" else 4 / 5 / len(real)
    return weight * _total([F.l1_loss(false, true) for true, false in pairs])


def waveform_l1(made: Tensor, true: Tensor) -> Tensor:
    """Mean absolute difference of samples ``[B, N]``."""
    return F.l1_loss(made, true)


def mel_l1(made: Tensor, true: Tensor) -> Tensor:
    """Mean absolute difference of log10 mel magnitudes clamped at 1e-5, of samples ``[B, N]``."""
    return mel_distance(made, true, PAPER_FLOOR)


def _total(terms: list[Tensor]) -> Tensor:
    return sum(terms[1:], start=terms[0])
