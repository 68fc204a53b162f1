"""Multi-scale discriminators on code features or on samples. Knows nothing of losses."""

from torch import Tensor, nn

from models.config import DiscriminatorConfig
from models.layers import LEAK, WeightNormConv1d


class Discriminator(nn.Module):
    """One scale: seven layers, each one's output kept; the last is the window-based score."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        width = config.base
        layers: dict[str, nn.Module] = {
            "layer_0": nn.Sequential(
                nn.ReflectionPad1d(7),
                WeightNormConv1d(config.channels, width, config.first_kernel),
                nn.LeakyReLU(LEAK),
            )
        }
        for index in range(1, 5):
            wider = min(4 * width, 32 * config.base)
            conv = WeightNormConv1d(width, wider, 41, stride=4, padding=20, groups=width // 4)
            layers[f"layer_{index}"] = nn.Sequential(conv, nn.LeakyReLU(LEAK))
            width = wider
        top = WeightNormConv1d(width, config.top, 5, padding=2)
        layers["layer_5"] = nn.Sequential(top, nn.LeakyReLU(LEAK))
        layers["layer_6"] = WeightNormConv1d(config.top, 1, 3, padding=1)
        self.model = nn.ModuleDict(layers)

    def forward(self, x: Tensor) -> list[Tensor]:
        """``[B, channels, N]`` to the outputs of the seven layers."""
        outputs = []
        for layer in self.model.values():
            x = layer(x)
            outputs.append(x)
        return outputs


class MultiScaleDiscriminator(nn.Module):
    """The same judge at full, half and quarter rate."""

    def __init__(self, config: DiscriminatorConfig) -> None:
        super().__init__()
        self.config = config
        self.model = nn.ModuleDict({f"disc_{scale}": Discriminator(config) for scale in range(config.scales)})
        self.halve = nn.AvgPool1d(4, stride=2, padding=1, count_include_pad=False)

    def forward(self, x: Tensor) -> list[list[Tensor]]:
        """Outputs of every layer at every scale, finest scale first.

        Args:
            x: code features ``[B, 64, T]``, or samples ``[B, 1, N]``. With ``channels`` 1 the features are
                reshaped to one signal ``[B, 1, 64 T]``: channel after channel.
        """
        x = x.reshape(len(x), self.config.channels, -1)
        outputs = []
        for scale, judge in enumerate(self.model.values()):
            x = self.halve(x) if scale else x
            outputs.append(judge(x))
        return outputs
