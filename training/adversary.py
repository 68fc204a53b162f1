"""A discriminator and its optimiser as one opponent: it learns, and says what a maker should do better."""

from typing import Any

import torch
from torch import Tensor, nn

from training.losses import feature_matching, hinge_discriminator, hinge_generator


class Adversary:
    """Judges what a maker makes (hinge loss, feature matching); the maker's step and its own take turns.

    Args:
        judges: gives, for a batch, the outputs of every layer of every scale, scores last.
        learning_rate: Adam's; betas as in the paper.
    """

    def __init__(self, judges: nn.Module, learning_rate: float) -> None:
        self.judges = judges
        self.optimiser = torch.optim.Adam(judges.parameters(), learning_rate, betas=(0.5, 0.9))

    def learn(self, made: Tensor, true: Tensor, half: torch.autocast) -> float:
        """One update towards telling `made` from `true`; returns the loss."""
        self.judges.requires_grad_(True)
        with half:
            loss = hinge_discriminator(self.judges(true.detach()), self.judges(made.detach()))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        return loss.item()

    def terms(self, made: Tensor, true: Tensor, half: torch.autocast) -> tuple[Tensor, Tensor]:
        """Adversarial and feature-matching loss of the maker; gradients reach `made` only."""
        self.judges.requires_grad_(False)
        with half:
            scores = self.judges(made)
            with torch.no_grad():
                wanted = self.judges(true)
            return hinge_generator(scores), feature_matching(wanted, scores, "official")

    def state(self) -> dict[str, Any]:
        """Weights and optimiser, in plain types."""
        return {"judges": self.judges.state_dict(), "optimiser": self.optimiser.state_dict()}

    def resume(self, state: dict[str, Any]) -> None:
        """Continue from `state()`."""
        self.judges.load_state_dict(state["judges"])
        self.optimiser.load_state_dict(state["optimiser"])
