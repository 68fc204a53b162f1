"""The paper's forward pass as one model: motion, picture and genre to code features."""

from torch import Tensor, nn

from models.config import PaperConfig
from models.motion_encoder import MotionEncoder
from models.vq_generator import build_generator


class PaperModel(nn.Module):
    """Motion encoder and VQ generator together; what is trained, exported and performed."""

    def __init__(self, config: PaperConfig) -> None:
        super().__init__()
        self.config = config
        self.motion_encoder = MotionEncoder(config.motion) if config.motion else None
        self.generator = build_generator(config.generator)

    def forward(
        self, motion: Tensor | None = None, visual: Tensor | None = None, genre: Tensor | None = None
    ) -> Tensor:
        """Code features ``[B, 64, codes]``.

        Args:
            motion: motion features ``[B, frames, features]``.
            visual: I3D features ``[B, 1, 2048]``, RGB before flow.
            genre: genre weights ``[B, 10]``.

        Raises:
            ValueError: an input is missing or of the wrong size.
        """
        embedding = None
        if self.motion_encoder is not None:
            if motion is None:
                raise ValueError("This generator takes the input 'motion'; none was given.")
            embedding = self.motion_encoder(motion)
        features: Tensor = self.generator(embedding, visual, genre)
        return features
