"""The paper's motion encoder: a dance phrase becomes one vector. Knows nothing of skeletons."""

from torch import Tensor, nn

from models.config import MotionEncoderConfig
from models.layers import LEAK, published_initialisation, stack


class MotionEncoder(nn.Module):
    """``[B, frames, features] -> [B, 1, width]``; the frames are the channels of the convolutions."""

    def __init__(self, config: MotionEncoderConfig) -> None:
        super().__init__()
        self.config = config
        narrow, middle, wide = config.channels
        self.lin1 = nn.Linear(config.features, config.hidden)
        self.model = nn.Sequential(
            nn.Conv1d(config.frames, narrow, 6),
            nn.ReLU(),
            *stack(narrow),
            nn.LeakyReLU(LEAK),
            nn.Conv1d(narrow, middle, 4),
            *stack(middle),
            nn.LeakyReLU(LEAK),
            nn.Conv1d(middle, wide, 4),
            *stack(wide),
            nn.LeakyReLU(LEAK),
            nn.Conv1d(wide, 1, 4),
        )
        self.lin2 = nn.Linear(config.hidden - 14, config.width)  # 5 + 3 + 3 + 3 lost to the kernels
        published_initialisation(self)

    def forward(self, motion: Tensor) -> Tensor:
        """Encode ``motion``.

        Raises:
            ValueError: when the phrase has another length or another number of features.
        """
        expected = (self.config.frames, self.config.features)
        if tuple(motion.shape[1:]) != expected:
            raise ValueError(
                f"This motion encoder takes [B, {expected[0]}, {expected[1]}]; got {tuple(motion.shape)}."
            )
        embedding: Tensor = self.lin2(self.model(self.lin1(motion)))
        return embedding
