"""Teaching the streaming generator: its data, its losses, its exact resume, and the scores it starts from."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from configs.genres import GENRES
from corpus.band.desk import controls_from_features
from corpus.band.parts import cycle
from corpus.band.song import compose
from corpus.bank import Bank
from corpus.take import make_take
from corpus.takebank import TakeWindow
from features.motion import MOTION_FEATURES
from models.checkpoint import save_model
from models.codec import Codec, CodecConfig
from models.streaming import StreamingConfig, StreamingGenerator
from models.weights_file import CheckpointError
from training import checkpoint
from training.curves import as_seen, motion_curves, visual_curves
from training.house import KIND, HouseTrainer, HouseTraining, code_cross_entropy, train
from training.house_data import Dancers, collated, example
from training.score import channels, roll, scored, strokes

CODEC = CodecConfig(
    encoder_dim=8, encoder_blocks=1, decoder_dim=8, decoder_blocks=1, codebooks=2, codebook_size=16
)
MODEL = StreamingConfig(
    motion_dim=8, motion_dilations=(1,), visual_dim=4, visual_dilations=(1,), dim=16, dilations=(1,)
)
SETTINGS = HouseTraining(
    model=MODEL,
    steps=6,
    batch=2,
    codes=64,
    skip_codes=8,
    sound_codes=16,
    sound_from=2,
    decoder_from=3,
    adversarial_from=4,
    judge_base=4,
    measure_every=3,
)


class OneTake:
    """A take bank of a single synthetic take."""

    def __init__(self, genre: str = "house") -> None:
        self.take = make_take(compose(genre, 0), 0, 1, 1)
        self.stems = self.take.stems(Bank.synthetic())

    def window(self, rng: np.random.Generator, codes: int = 344) -> TakeWindow:
        start = int(rng.integers(0, self.take.codes - codes))
        end = start + codes
        rows = self.stems.rows[:, start * 128 : end * 128]
        stems = type(self.stems)(rows, self.stems.duck[start:end], self.stems.phase[start:end])
        variation = self.take.variation_codes[:, start:end]
        style = self.take.song.style
        return TakeWindow(stems, variation, GENRES.index("house"), 0, style.pump, self.take, start)


@pytest.fixture(scope="module")
def takes() -> OneTake:
    return OneTake()


def batch(takes: OneTake, step: int) -> list[torch.Tensor]:
    rng = np.random.default_rng(step)
    return collated([example(rng, takes, SETTINGS.codes) for _ in range(2)])  # type: ignore[arg-type]


def small_codec() -> Codec:
    torch.manual_seed(0)
    return Codec(CODEC).eval()


def unheard() -> torch.Tensor:
    return 0.1 * torch.randn(1, 40 * 128, generator=torch.Generator().manual_seed(0))


def test_example_holds_everything_after_now_in_input_and_sound(takes: OneTake) -> None:
    for seed in range(6):
        one = example(np.random.default_rng(seed), takes, 120, now=70)  # type: ignore[arg-type]
        assert one.motion_mask.sum() == 70 and one.motion_mask[:70].all()
        assert np.ptp(one.motion[:, 69:], axis=1).max() == 0
        assert np.ptp(one.visual[:, 69:], axis=1).max() == 0
        assert one.samples.shape == (120 * 128,)
        assert one.style.sum(0) == pytest.approx(np.ones(120))
        assert one.variation[:6].sum(0) == pytest.approx(np.ones(120))


def test_the_same_seed_gives_the_same_example(takes: OneTake) -> None:
    one, other = (example(np.random.default_rng(3), takes, 100) for _ in range(2))  # type: ignore[arg-type]
    assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_energy_is_heard(takes: OneTake) -> None:
    rng = np.random.default_rng(0)
    window = takes.window(rng, 800)
    motion, visual = motion_curves(rng, 800), visual_curves(rng, 800)
    motion[MOTION_FEATURES.index("stillness")] = 0
    loud = []
    for energy in (0.05, 0.4):
        motion[MOTION_FEATURES.index("energy")] = energy
        loud.append(window.mix(controls_from_features(motion, visual)).std())
    assert loud[1] > 1.4 * loud[0]


def test_curves_stay_in_the_range_of_the_features() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        clean = motion_curves(rng, 500)
        for curves in (clean, as_seen(rng, clean)):
            low = np.where(np.array(MOTION_FEATURES) == "sway", -1.0, 0.0)
            assert np.isfinite(curves).all()
            assert (curves.min(1) >= low - 1e-6).all() and curves.max() <= 1 + 1e-6
        visual = visual_curves(rng, 500)
        assert np.abs(visual).max() <= 1 + 1e-6 and visual[:4].min() >= -1e-6


def test_resumed_training_equals_unbroken_training(takes: OneTake, tmp_path: Path) -> None:
    def batches(first: int, last: int) -> Iterator[list[torch.Tensor]]:
        return (batch(takes, step) for step in range(first, last))

    whole = train(SETTINGS, small_codec(), batches, batch(takes, 99), unheard(), tmp_path / "whole", {})
    for _ in range(SETTINGS.steps):
        short = replace(SETTINGS, minutes=1e-9)  # stops after one step, every time
        parts = train(short, small_codec(), batches, batch(takes, 99), unheard(), tmp_path / "parts", {})
    one, other = (checkpoint.load(path, KIND) for path in (whole, parts))
    assert one["step"] == other["step"] == SETTINGS.steps
    for name, weight in one["generator"].items():
        assert torch.equal(weight, other["generator"][name]), name


def test_all_losses_fall_and_reach_every_part(takes: OneTake) -> None:
    trainer = HouseTrainer(
        replace(SETTINGS, steps=200, sound_from=0, warmup_steps=1, decoder_from=200, adversarial_from=200),
        small_codec(),
    )
    given = batch(takes, 0)
    first = trainer.step(given)
    untouched = [
        name
        for name, weight in trainer.generator.named_parameters()
        if weight.grad is None or not weight.grad.any()
    ]
    assert untouched == []
    assert set(first) == {"feature/l1", "code/cross_entropy", "mel/l1", "spectral/distance"}
    for _ in range(40):
        last = trainer.step(given)
    assert last["feature/l1"] < 0.9 * first["feature/l1"]
    assert last["code/cross_entropy"] < first["code/cross_entropy"]


def test_the_decoder_learns_only_when_told_and_codes_never(takes: OneTake) -> None:
    trainer = HouseTrainer(replace(SETTINGS, decoder_from=2, sound_from=0, adversarial_from=9), small_codec())
    before = copy.deepcopy(trainer.codec.state_dict())
    for step in range(2):
        trainer.step(batch(takes, step))
    assert all(torch.equal(value, before[name]) for name, value in trainer.codec.state_dict().items())
    scalars = trainer.step(batch(takes, 2))
    moved = {n.split(".")[0] for n, v in trainer.codec.state_dict().items() if not torch.equal(v, before[n])}
    assert moved == {"decoder"}
    assert "codec/mel_l1" in scalars
    spoken = trainer.spoken_codec().decoder.head.weight
    assert torch.equal(spoken, trainer.decoder_average.module.head.weight)


def test_a_training_can_begin_from_an_earlier_generator(takes: OneTake, tmp_path: Path) -> None:
    given = HouseTrainer(SETTINGS, small_codec())
    given.step(batch(takes, 0))
    save_model(tmp_path / "earlier.pt", given.generator)
    begun = HouseTrainer(replace(SETTINGS, begin_from=str(tmp_path / "earlier.pt")), small_codec())
    for name, weight in given.generator.state_dict().items():
        assert torch.equal(weight, begun.generator.state_dict()[name]), name
    save_model(tmp_path / "codec.pt", small_codec())
    with pytest.raises(CheckpointError, match="holds a Codec"):
        HouseTrainer(replace(SETTINGS, begin_from=str(tmp_path / "codec.pt")), small_codec())
    wider = replace(SETTINGS, begin_from=str(tmp_path / "earlier.pt"), model=replace(MODEL, dim=24))
    with pytest.raises(CheckpointError, match="other sizes"):
        HouseTrainer(wider, small_codec())


def test_cross_entropy_is_least_at_the_true_codes() -> None:
    codec = small_codec()
    features = torch.randn(1, 64, 20)
    true = codec.quantiser(features)
    here = code_cross_entropy(true.features, true.codes, codec.quantiser, 2, 4.0)
    away = code_cross_entropy(true.features + torch.randn(1, 64, 20), true.codes, codec.quantiser, 2, 4.0)
    assert here < away


@pytest.mark.parametrize(("genre", "slot", "seed"), [("waack", 3, 1)])
def test_scores_on_the_pages_say_what_the_band_plays(genre: str, slot: int, seed: int) -> None:
    generator: StreamingGenerator = scored(StreamingConfig())
    values = np.random.default_rng(seed).uniform(-1, 1, 8)
    values = np.where(np.abs(np.abs(values) - 1 / 3) < 0.15, 0.9, values).astype(np.float32)
    song, places = compose(genre, slot), 64
    phase = torch.arange(places)[None] / 4.0
    songs = torch.zeros(1, 60, places)
    songs[:, GENRES.index(genre) * 6 + slot] = 1
    steps = generator.steps(torch.from_numpy(values)[None, :, None].repeat(1, 1, places))
    chosen = torch.cat([songs, steps], 1)
    gate = 1 + generator.attend(chosen.transpose(1, 2)).transpose(1, 2)
    page = (gate * generator.sheet(songs, phase))[0].detach().numpy()
    kinds = [channel.value for channel in channels(song, generator.config.parts)]
    kicks = [index for index, kind in enumerate(kinds) if kind == "drums"][::2]
    notes = cycle(song, values.tolist())
    played = strokes([note for note in notes if note.layer == "kick"])
    assert np.abs(page[kicks].sum(0) - played)[:56].max() < 0.1
    keys = generator.keys(torch.from_numpy(page)[None])
    for part, sounding in zip(generator.config.parts, keys, strict=True):
        wanted = roll([note for note in notes if note.layer == part.name and not note.octave], part)
        assert np.abs(sounding[0].detach().numpy() - wanted).max() < 0.1, part.name


def test_danced_windows_come_from_one_dancer_and_one_moment(tmp_path: Path) -> None:
    clean = np.arange(2 * 16 * 900, dtype=np.float16).reshape(2, 16, 900) % 97
    np.savez(tmp_path / "pool.npz", clean=clean, seen=clean + 1)
    dancers, rng = Dancers(str(tmp_path / "pool.npz")), np.random.default_rng(0)
    danced = [pair for pair in (dancers.window(rng, 50) for _ in range(40)) if pair[0].max() > 2]
    assert 10 < len(danced) < 30
    for one, other in danced:
        assert one.shape == other.shape == (16, 50)
        assert np.array_equal(other, one + 1)
