"""What can be chosen about the paper's networks, ablations included. Knows nothing of torch.

Every class is frozen and made of plain values, so that a checkpoint can carry it and rebuild its model.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

Level = Literal["high", "low"]
Dataset = Literal["aist", "tiktok"]

SAMPLE_RATE = 22_050
LEVEL_INDEX: dict[str, int] = {"high": 2, "low": 1}
SAMPLES_PER_CODE: dict[str, int] = {"high": 128, "low": 32}
CODE_FEATURES = 64


def codes_in(seconds: int, level: Level) -> int:
    """Whole codes in ``seconds``: 344, 516, 689 (high) and 1378, 2067, 2756 (low) for 2, 3, 4 s."""
    return seconds * SAMPLE_RATE // SAMPLES_PER_CODE[level]


@dataclass(frozen=True)
class MotionEncoderConfig:
    """A sequence of ``frames`` x ``features`` becomes one vector of ``width``."""

    frames: int = 120
    features: int = 219
    hidden: int = 800
    channels: tuple[int, int, int] = (256, 512, 1024)
    width: int = 1024


@dataclass(frozen=True)
class GeneratorConfig:
    """The VQ generator: which vectors it fuses, and the grid of codes it fills.

    ``motion_width`` or ``visual_width`` 0 is the ablation without that input, ``genres`` 0 is TikTok,
    ``sigma`` 1 is the ablation without scaling.
    """

    level: Level = "high"
    seconds: int = 2
    motion_width: int = 1024
    visual_width: int = 2048
    genres: int = 10
    genre_width: int = 256
    sigma: float = 100.0
    divide_channels: int = 1
    """Every inner width is divided by this: 1 is the paper's; more makes small models for tests."""

    def __post_init__(self) -> None:
        if self.fused_width == 0:
            raise ValueError("A generator needs motion, visual or genre input; all three are switched off.")
        if self.divide_channels < 1 or 32 % self.divide_channels:
            raise ValueError(f"divide_channels must divide 32; got {self.divide_channels}.")

    @property
    def codes(self) -> int:
        """Codes in the window: 344 at the high level in two seconds."""
        return codes_in(self.seconds, self.level)

    @property
    def samples_per_code(self) -> int:
        """128 at the high level, 32 at the low."""
        return SAMPLES_PER_CODE[self.level]

    @property
    def fused_width(self) -> int:
        """Length of the concatenated inputs: 3,328 with all three."""
        return self.motion_width + self.visual_width + (self.genre_width if self.genres else 0)


@dataclass(frozen=True)
class DiscriminatorConfig:
    """``scales`` 1 to 3; ``channels`` is 1 when the features are reshaped to one long signal."""

    scales: int = 3
    channels: int = 1
    first_kernel: int = 16
    base: int = 32
    top: int = 512

    def __post_init__(self) -> None:
        if self.scales not in (1, 2, 3):
            raise ValueError(f"There are 1, 2 or 3 discriminator scales; got {self.scales}.")


FINE_TUNING_DISCRIMINATOR = DiscriminatorConfig(first_kernel=15, top=1024)
"""Judges decoded samples while the decoder is fine-tuned."""


@dataclass(frozen=True)
class VQVAEConfig:
    """Jukebox's "5b" codec: three levels with hops of 8, 32 and 128 samples."""

    downs: tuple[int, ...] = (3, 2, 2)
    width: int = 32
    depth: int = 4
    multipliers: tuple[int, ...] = (2, 1, 1)
    dilation_growth: int = 3
    features: int = CODE_FEATURES
    codes: int = 2048
    decay: float = 0.99
    restart_below: float = 1.0

    def __post_init__(self) -> None:
        if len(self.downs) != len(self.multipliers):
            raise ValueError("A codec needs as many multipliers as downs: one of each a level.")

    @property
    def levels(self) -> int:
        """How many levels there are."""
        return len(self.downs)

    def samples_per_code(self, level: int) -> int:
        """Samples that one code of ``level`` (0 finest) stands for."""
        return 1 << sum(self.downs[: level + 1])


@dataclass(frozen=True)
class PaperConfig:
    """Motion encoder (none: the ablation without motion) and generator, as one model."""

    motion: MotionEncoderConfig | None = field(default_factory=MotionEncoderConfig)
    generator: GeneratorConfig = field(default_factory=GeneratorConfig)

    def __post_init__(self) -> None:
        width = self.motion.width if self.motion else 0
        if width != self.generator.motion_width:
            raise ValueError(
                f"The motion encoder gives {width} values but the generator takes "
                f"{self.generator.motion_width}; make them equal (0 and none: without motion)."
            )


MOTION_RATE_FPS: dict[str, int] = {"aist": 60, "tiktok": 30}
MOTION_SIZE: dict[str, int] = {"aist": 219, "tiktok": 75}


def paper_config(dataset: Dataset, level: Level, seconds: int = 2) -> PaperConfig:
    """The published networks for ``dataset`` at ``level``; 2, 3 or 4 seconds.

    Raises:
        ValueError: a data set, level or length that the paper does not have.
    """
    if dataset not in MOTION_SIZE or level not in LEVEL_INDEX or seconds not in (2, 3, 4):
        raise ValueError(
            f"The paper has data sets aist and tiktok, levels high and low, lengths 2, 3 and 4 s; "
            f"got {dataset}, {level}, {seconds}."
        )
    motion = MotionEncoderConfig(MOTION_RATE_FPS[dataset] * seconds, MOTION_SIZE[dataset])
    return PaperConfig(motion, GeneratorConfig(level, seconds, genres=10 if dataset == "aist" else 0))


def without_motion(config: PaperConfig) -> PaperConfig:
    """The ablation "w/o motion"."""
    return replace(config, motion=None, generator=replace(config.generator, motion_width=0))


def without_visual(config: PaperConfig) -> PaperConfig:
    """The ablation "w/o visual"."""
    return replace(config, generator=replace(config.generator, visual_width=0))


def without_scaling(config: PaperConfig) -> PaperConfig:
    """The ablation "w/o scaling": the generator ends at tanh, within -1..1."""
    return replace(config, generator=replace(config.generator, sigma=1.0))


def without_reshape(config: DiscriminatorConfig) -> DiscriminatorConfig:
    """The ablation "w/o reshape": the discriminators see 64 channels of T instead of one of 64 T."""
    return replace(config, channels=CODE_FEATURES)
