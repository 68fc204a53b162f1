"""The streaming generator: overlapping windows agree, the future stays unknown, phase is exact."""

import math

import pytest
import torch

from models.streaming import (
    SONG_CODES,
    Part,
    PhaseHarmonics,
    SongSheet,
    StreamingConfig,
    StreamingGenerator,
)

SMALL = StreamingConfig(
    sheet_strokes=8,
    parts=(Part("bass", 28, 5, 2, 2), Part("pad", 45, 4, 1, 1)),
    motion_dim=8,
    motion_dilations=(1, 2),
    visual_dim=4,
    visual_dilations=(1,),
    dim=16,
    dilations=(1, 2),
    beat_harmonics=4,
)
CODES = 60


@pytest.fixture
def generator() -> StreamingGenerator:
    torch.manual_seed(0)
    return StreamingGenerator(SMALL).eval()


def inputs(codes: int = CODES, seed: int = 0) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(seed)
    return {
        "motion": torch.rand(1, 16, codes, generator=draw),
        "motion_mask": torch.ones(1, codes),
        "visual": torch.rand(1, 6, codes, generator=draw),
        "phase": torch.linspace(15.5, 16.3, codes)[None] % 16,
        "style": torch.softmax(torch.randn(1, 10, codes, generator=draw), 1),
        "variation": torch.rand(1, 14, codes, generator=draw),
        "clock": 5000.0 + torch.arange(codes)[None],
    }


def cut(values: dict[str, torch.Tensor], start: int, end: int) -> dict[str, torch.Tensor]:
    return {name: value[..., start:end] for name, value in values.items()}


def test_overlapping_windows_agree_away_from_their_edges(generator: StreamingGenerator) -> None:
    given = inputs(150)
    left, right = SMALL.left_context_codes, SMALL.right_context_codes
    hop = 32
    assert hop % SONG_CODES == 0  # or the two would look at the songs at other moments
    first, second = generator(**cut(given, 0, 100)), generator(**cut(given, hop, hop + 100))
    assert torch.allclose(
        first[..., hop + left : 100 - right], second[..., left : 100 - hop - right], atol=1e-5
    )


@pytest.mark.parametrize("name", ["motion", "motion_mask", "visual", "phase", "style", "variation", "clock"])
def test_no_input_reaches_further_than_declared(generator: StreamingGenerator, name: str) -> None:
    given, at = inputs(), 30
    changed = {**given, name: given[name].clone()}
    changed[name][..., at] = 0.77
    moved = (generator(**given) - generator(**changed)).abs().amax((0, 1)) > 0
    reached = moved.nonzero().flatten()
    assert len(reached) > 0
    assert reached.min() >= at - SMALL.right_context_codes
    assert reached.max() <= at + SMALL.left_context_codes


def test_context_is_not_declared_larger_than_it_is(generator: StreamingGenerator) -> None:
    given, at = inputs(), 30
    changed = {**given, "motion": given["motion"].clone()}
    changed["motion"][..., at] += 3.0
    reached = ((generator(**given) - generator(**changed)).abs().amax((0, 1)) > 0).nonzero().flatten()
    assert reached.min() == at - SMALL.right_context_codes
    assert reached.max() == at + SMALL.left_context_codes


def test_features_stay_within_sigma(generator: StreamingGenerator) -> None:
    given = inputs()
    given["motion"] *= 1e4
    assert generator(**given).abs().max() <= SMALL.sigma


def test_phase_harmonics_are_accurate_and_continuous_over_the_cycle() -> None:
    harmonics = PhaseHarmonics(32, 4, 8)
    phase = torch.linspace(0, 15.999, 5000, dtype=torch.float64)
    found = harmonics(phase.float()[None])[0]
    beat32 = torch.sin(2 * math.pi * 32 * phase)
    assert (found[31] - beat32).abs().max() < 2e-3
    ends = harmonics(torch.tensor([[0.0, 16 - 1e-5]]))[0]
    assert (ends[:, 0] - ends[:, 1]).abs().max() < 5e-3


def test_song_sheet_reads_its_page_at_the_phase() -> None:
    sheet = SongSheet(3, 64, 5)
    songs = torch.zeros(1, 3, 3)
    songs[:, 1] = 1
    read = sheet(songs, torch.tensor([[0.0, 0.375, 15.875]]))[0]
    page = sheet.pages.view(3, 64, 5)[1]
    assert torch.allclose(read[:, 0], page[0], atol=1e-6)
    assert torch.allclose(read[:, 1], (page[1] + page[2]) / 2, atol=1e-6)
    assert torch.allclose(read[:, 2], (page[63] + page[0]) / 2, atol=1e-6)


def test_one_song_is_read_as_many_are() -> None:
    torch.manual_seed(0)
    sheet = SongSheet(3, 64, 5)
    songs = torch.softmax(torch.randn(2, 3, 1), 1).repeat(1, 1, 30)
    phase = torch.rand(2, 30) * 16
    assert torch.allclose(sheet.train()(songs, phase), sheet.eval()(songs, phase), atol=1e-6)


def test_sizes_of_the_shipped_generator() -> None:
    config = StreamingConfig()
    size = sum(weights.numel() for weights in StreamingGenerator(config).parameters())
    assert 3.0e6 < size < 4.5e6
    assert config.right_context_codes <= 36
