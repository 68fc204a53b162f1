"""The streaming generator: what the dancer does and where the beat is, to code features. Torch only.

Convolutional in time, so that two windows a hop apart agree where they overlap, away from their edges.
Motion and picture are read causally; the trunk looks `right_context_codes` ahead, where phase, style and
variation are known. The pulse enters as sines and cosines of beat, bar and four-bar phase, and pitch as
strings that sound through all windows (models/clock.py): the page says which of them ring.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.clock import Strings

CYCLE_BEATS = 16
SONG_CODES = 8


@dataclass(frozen=True)
class Part:
    """A pitched part of the band: the keys it plays, in how many ways, and the partials that are told."""

    name: str
    lowest: int  # MIDI key
    keys: int
    choices: int
    partials: int


@dataclass(frozen=True)
class StreamingConfig:
    """Sizes of a streaming generator; the defaults take 4.1 M parameters."""

    motion_features: int = 16
    visual_features: int = 6
    styles: int = 10
    songs_per_style: int = 6
    variation: int = 14  # song weights, then phrase values
    feature_dim: int = 64
    sigma: float = 8.0  # features lie within -sigma..sigma, as the paper's tanh x sigma
    beat_harmonics: int = 32
    bar_harmonics: int = 4
    cycle_harmonics: int = 8
    parts: tuple[Part, ...] = (
        Part("bass", 28, 27, 4, 8),
        Part("lead", 54, 39, 3, 4),
        Part("harmony", 45, 37, 3, 3),
        Part("pad", 45, 35, 1, 3),
    )
    sheet_strokes: int = 40  # channels of a page that say when something is struck; then those of keys
    variation_steps: tuple[float, ...] = (-0.5, -0.3333, 0.0, 0.3333, 0.5)
    step_sharpness: float = 30.0
    sheet_places: int = 64  # sixteenths of four bars
    motion_dim: int = 96
    motion_dilations: tuple[int, ...] = (1, 2, 4, 8, 16, 32)
    visual_dim: int = 32
    visual_dilations: tuple[int, ...] = (1, 4)
    dim: int = 256
    expansion: float = 1.5
    kernel: int = 7
    look_ahead: int = 2  # taps of a kernel that lie in the future
    dilations: tuple[int, ...] = (1, 2, 4, 1, 2, 4)

    @property
    def right_context_codes(self) -> int:
        """Codes of the future an output depends on."""
        return self.look_ahead * sum(self.dilations)

    @property
    def left_context_codes(self) -> int:
        """Codes of the past an output depends on."""
        trunk = (self.kernel - 1 - self.look_ahead) * sum(self.dilations)
        return trunk + 2 * max(sum(self.motion_dilations), sum(self.visual_dilations))

    @property
    def sheet_dim(self) -> int:
        """Channels of a page: strokes, then every choice of every part, key by key."""
        return self.sheet_strokes + sum(part.keys * part.choices for part in self.parts)

    @property
    def steps_channels(self) -> int:
        """Channels that the phrase values become."""
        return (self.variation - self.songs_per_style) * len(self.variation_steps)

    @property
    def songs(self) -> int:
        """Songs the generator can tell apart."""
        return self.styles * self.songs_per_style


class PhaseHarmonics(nn.Module):
    """Sines and cosines of beat, bar and four-bar phase.

    The whole turns are taken off before the multiplication: the sine of a large float32 is a coarse one.
    """

    def __init__(self, beat: int, bar: int, cycle: int) -> None:
        super().__init__()
        self.orders = [(1.0, beat), (4.0, bar), (float(CYCLE_BEATS), cycle)]
        self.channels = 2 * (beat + bar + cycle)
        for index, (_, highest) in enumerate(self.orders):
            numbers = 2 * math.pi * torch.arange(1, highest + 1, dtype=torch.float32)
            self.register_buffer(f"numbers_{index}", numbers[:, None], persistent=False)

    def forward(self, phase: Tensor) -> Tensor:
        """Phase [B, T] in beats, 0 <= phase < 16, to [B, channels, T]."""
        waves = []
        for index, (period, _) in enumerate(self.orders):
            turns = phase / period
            angle = getattr(self, f"numbers_{index}") * (turns - torch.floor(turns))[:, None]
            waves += [torch.sin(angle), torch.cos(angle)]
        return torch.cat(waves, dim=1)


class SongSheet(nn.Module):
    """A learnt page a song: what is played at each sixteenth of its four bars, read by phase.

    It is memory, so that the trunk can spend its layers on how things sound. Which songs are read is looked
    at once in `SONG_CODES` codes (46 ms): a fiftieth of the work.
    """

    places_at: Tensor

    def __init__(self, songs: int, places: int, dim: int) -> None:
        super().__init__()
        self.places = places
        self.pages = nn.Parameter(0.1 * torch.randn(songs * places, dim))
        self.register_buffer(
            "places_at", torch.arange(places, dtype=torch.float32)[:, None], persistent=False
        )

    def forward(self, songs: Tensor, phase: Tensor) -> Tensor:
        """Song weights [B, S, T] and phase [B, T] to [B, dim, T]."""
        if self.training and torch.equal(songs, songs[..., :1].expand_as(songs)):
            return self._one_song(songs[..., 0], phase)
        batch, _, codes = songs.shape
        pieces = -(-codes // SONG_CODES)
        pages = songs[..., ::SONG_CODES].transpose(1, 2) @ self.pages.view(songs.shape[1], -1)
        pages = pages.view(batch, pieces, self.places, -1)
        place = F.pad(phase, (0, pieces * SONG_CODES - codes)).view(batch, pieces, SONG_CODES, 1)
        place = place * (self.places / CYCLE_BEATS)
        before = torch.floor(place)
        after = before + 1 - self.places * torch.floor((before + 1) / self.places)
        one, other = (
            torch.gather(pages, 2, at.long().expand(-1, -1, -1, pages.shape[-1])) for at in (before, after)
        )
        read: Tensor = (one + (place - before) * (other - one)).flatten(1, 2)[:, :codes]
        return read.transpose(1, 2)

    def _one_song(self, songs: Tensor, phase: Tensor) -> Tensor:
        """The same for song weights [B, S] that do not change within the window."""
        page = (songs @ self.pages.view(songs.shape[1], -1)).view(len(songs), self.places, -1)
        read: Tensor = self._nearness(phase).transpose(1, 2) @ page
        return read.transpose(1, 2)

    def _nearness(self, phase: Tensor) -> Tensor:
        """How near each place is, [B, places, T]: a line from one place to the next."""
        distance = (phase[:, None] * (self.places / CYCLE_BEATS) - self.places_at).abs()
        return F.relu(1 - torch.minimum(distance, self.places - distance))


class VariationSteps(nn.Module):
    """Phrase values as soft steps: the band chooses among three or four parts by thresholds of a value."""

    thresholds: Tensor

    def __init__(self, thresholds: tuple[float, ...], sharpness: float) -> None:
        super().__init__()
        self.sharpness = sharpness
        self.register_buffer("thresholds", torch.tensor(thresholds)[:, None], persistent=False)

    def forward(self, values: Tensor) -> Tensor:
        """[B, V, T] in -1..1 to [B, V * steps, T] in 0..1."""
        return torch.sigmoid(self.sharpness * (values[:, :, None] - self.thresholds)).flatten(1, 2)


class CausalBlock(nn.Module):
    """x + conv1(leaky(conv3(leaky(x)))), looking only back, [B, C, T]."""

    def __init__(self, dim: int, dilation: int) -> None:
        super().__init__()
        self.past = 2 * dilation
        self.look = nn.Conv1d(dim, dim, 3, dilation=dilation)
        self.mix = nn.Conv1d(dim, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, T] to [B, C, T]."""
        y: Tensor = self.look(F.pad(F.leaky_relu(x, 0.2), (self.past, 0)))
        y = self.mix(F.leaky_relu(y, 0.2))
        return x + y


class CausalEncoder(nn.Module):
    """Motion or picture to `dim` channels, each output a function of its past only."""

    def __init__(self, channels_in: int, dim: int, dilations: tuple[int, ...]) -> None:
        super().__init__()
        self.enter = nn.Conv1d(channels_in, dim, 1)
        self.blocks = nn.ModuleList(CausalBlock(dim, dilation) for dilation in dilations)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C_in, T] to [B, dim, T]."""
        x = self.enter(x)
        for block in self.blocks:
            x = block(x)
        return x


class TrunkBlock(nn.Module):
    """A ConvNeXt block on [B, T, C] whose kernel looks further back than ahead."""

    def __init__(self, dim: int, expansion: float, kernel: int, look_ahead: int, dilation: int) -> None:
        super().__init__()
        self.padding = ((kernel - 1 - look_ahead) * dilation, look_ahead * dilation)
        self.mix = nn.Conv1d(dim, dim, kernel, dilation=dilation, groups=dim)
        self.norm = nn.LayerNorm(dim)
        inner = round(expansion * dim)
        self.expand = nn.Linear(dim, 2 * inner)
        self.reduce = nn.Linear(inner, dim)
        self.scale = nn.Parameter(torch.full((dim,), 0.3))

    def forward(self, x: Tensor) -> Tensor:
        """[B, T, C] to [B, T, C]."""
        y: Tensor = self.mix(F.pad(x.transpose(1, 2), self.padding)).transpose(1, 2)
        value, gate = self.expand(self.norm(y)).chunk(2, dim=-1)
        y = self.reduce(value * F.silu(gate))
        return x + self.scale * y


class StreamingGenerator(nn.Module):
    """Motion module, visual module and VQ generator of the house bundle."""

    def __init__(self, config: StreamingConfig) -> None:
        super().__init__()
        self.config = config
        self.harmonics = PhaseHarmonics(config.beat_harmonics, config.bar_harmonics, config.cycle_harmonics)
        self.sheet = SongSheet(config.songs, config.sheet_places, config.sheet_dim)
        self.motion = CausalEncoder(config.motion_features + 1, config.motion_dim, config.motion_dilations)
        self.visual = CausalEncoder(config.visual_features, config.visual_dim, config.visual_dilations)
        self.steps = VariationSteps(config.variation_steps, config.step_sharpness)
        chosen = config.songs + config.steps_channels
        self.attend = nn.Linear(chosen, config.sheet_dim)
        self.strings = Strings(tuple((part.lowest, part.keys, part.partials) for part in config.parts))
        keys = sum(part.keys for part in config.parts)
        known = self.harmonics.channels + config.sheet_strokes + chosen + config.variation
        known += keys + self.strings.channels
        self.enter = nn.Linear(known + config.motion_dim + config.visual_dim, config.dim)
        self.blocks = nn.ModuleList(
            TrunkBlock(config.dim, config.expansion, config.kernel, config.look_ahead, dilation)
            for dilation in config.dilations
        )
        self.norm = nn.LayerNorm(config.dim)
        self.leave = nn.Linear(config.dim, config.feature_dim)
        nn.init.normal_(self.leave.weight, 0.0, 0.1 / config.sigma)  # untrained features are small, not wild

    def forward(
        self,
        motion: Tensor,
        motion_mask: Tensor,
        visual: Tensor,
        phase: Tensor,
        style: Tensor,
        variation: Tensor,
        clock: Tensor,
    ) -> Tensor:
        """Features [B, feature_dim, T] within -sigma..sigma.

        Args:
            motion: [B, 16, T], held at its last known value where unknown.
            motion_mask: [B, T], 1 where motion is known.
            visual: [B, 6, T].
            phase: [B, T], beats within a four-bar cycle, 0 <= phase < 16.
            style: [B, 10, T] weights that sum to 1.
            variation: [B, 14, T], song weights that sum to 1, then phrase values in -1..1.
            clock: [B, T], the codes' numbers since the show began, whole.
        """
        slots = variation[:, : self.config.songs_per_style]
        songs = (style[:, :, None] * slots[:, None]).flatten(1, 2)  # [B, songs, T]
        chosen = torch.cat([songs, self.steps(variation[:, self.config.songs_per_style :])], dim=1)
        attention = 1 + self.attend(chosen.transpose(1, 2)).transpose(1, 2)
        page = attention * self.sheet(songs, phase)  # the part of it that is played
        played = self.keys(page)
        known = [self.harmonics(phase), page[:, : self.config.sheet_strokes], chosen, variation]
        known += [*played, self.strings(played, clock)]
        seen = [self.motion(torch.cat([motion, motion_mask[:, None]], dim=1)), self.visual(visual)]
        x = self.enter(torch.cat(known + seen, dim=1).transpose(1, 2))
        for block in self.blocks:
            x = block(x)
        return self.config.sigma * torch.tanh(self.leave(self.norm(x)).float()).transpose(1, 2)

    def keys(self, page: Tensor) -> list[Tensor]:
        """What each part plays, [B, keys, T], from the part of the page that is played [B, sheet_dim, T]."""
        played, first = [], self.config.sheet_strokes
        for part in self.config.parts:
            last = first + part.choices * part.keys
            played.append(page[:, first:last].reshape(page.shape[0], part.choices, part.keys, -1).sum(1))
            first = last
        return played
