"""Teaching the house codec: it learns, resumes exactly, and settles its codes when told to."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from features import mel
from models.checkpoint import load_model, save_model
from models.codec import Codec, CodecConfig
from models.spectrum_judge import SpectrumJudges
from training import checkpoint
from training.adversary import Adversary
from training.codec import KIND, MODEL_FILE, CodecTrainer, CodecTraining, rate_at, train
from training.spectra import log_mel, mel_distance, spectral_distance

MODEL = CodecConfig(
    encoder_dim=16, encoder_blocks=1, decoder_dim=16, decoder_blocks=1, codebooks=2, codebook_size=16
)
SETTINGS = CodecTraining(
    model=MODEL,
    steps=8,
    quantise_from=2,
    adversarial_from=5,
    warmup_steps=2,
    batch=2,
    codes=32,
    measure_every=4,
)


def tones(step: int) -> torch.Tensor:
    """Two decaying tones a batch, a function of the step."""
    rng = np.random.default_rng(step)
    t = np.arange(32 * 128) / 22_050
    rows = [0.5 * np.sin(2 * np.pi * hz * t) * np.exp(-3 * t) for hz in rng.uniform(100, 2000, 2)]
    return torch.from_numpy(np.stack(rows).astype(np.float32))


def batches(first: int, last: int) -> Iterator[list[torch.Tensor]]:
    return ([tones(step)] for step in range(first, last))


def test_resumed_training_equals_unbroken_training(tmp_path: Path) -> None:
    whole = train(SETTINGS, batches, tones(99), tmp_path / "whole")
    halved = replace(SETTINGS, minutes=1e-9)  # stops after one step, every time
    for _ in range(SETTINGS.steps):
        parts = train(halved, batches, tones(99), tmp_path / "parts")
    one, other = (checkpoint.load(path, KIND) for path in (whole, parts))
    assert one["step"] == other["step"] == SETTINGS.steps
    for name, weight in one["codec"].items():
        assert torch.equal(weight, other["codec"][name]), name


def test_training_makes_the_codec_better() -> None:
    trainer = CodecTrainer(replace(SETTINGS, steps=60, quantise_from=20, learning_rate=3e-3))
    losses = [trainer.step(tones(0))["mel/l1"] for _ in range(60)]
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])


def test_settled_codes_stay_while_the_decoder_learns() -> None:
    trainer = CodecTrainer(replace(SETTINGS, decoder_only_from=4))
    for step in range(5):
        trainer.step(tones(step))
    before = {name: value.clone() for name, value in trainer.codec.state_dict().items()}
    trainer.step(tones(6))
    for name, value in trainer.codec.state_dict().items():
        if name.startswith(("encoder", "quantiser")):
            assert torch.equal(value, before[name]), name
    assert not torch.equal(trainer.codec.decoder.head.weight, before["decoder.head.weight"])


def test_an_encoder_can_learn_the_codes_of_a_bundle(tmp_path: Path) -> None:
    """Its decoder and codebooks stay to the bit; what is said in them gets better."""
    given = CodecTrainer(SETTINGS).codec
    save_model(tmp_path / "bundle.pt", given)
    begun = replace(SETTINGS, begin_from=str(tmp_path / "bundle.pt"), encoder_only=True, steps=60)
    trainer = CodecTrainer(replace(begun, adversarial_from=99, learning_rate=3e-3))
    before = {name: value.clone() for name, value in trainer.codec.state_dict().items()}
    losses = [trainer.step(tones(0))["mel/l1"] for _ in range(40)]
    moved = {n.split(".")[0] for n, v in trainer.codec.state_dict().items() if not torch.equal(v, before[n])}
    assert moved == {"encoder"}
    assert losses[-1] < losses[0]


def test_the_shipped_model_is_the_average(tmp_path: Path) -> None:
    path = train(SETTINGS, batches, tones(99), tmp_path)
    model, state = load_model(tmp_path / MODEL_FILE), checkpoint.load(path, KIND)
    assert isinstance(model, Codec) and model.config == MODEL
    assert torch.equal(model.decoder.head.weight, state["average"]["decoder.head.weight"])


def test_rate_warms_up_and_falls() -> None:
    settings = replace(SETTINGS, steps=1000, warmup_steps=10, decay_share=0.5)
    assert rate_at(0, settings) == pytest.approx(settings.learning_rate / 10)
    assert rate_at(400, settings) == settings.learning_rate
    assert rate_at(750, settings) == pytest.approx(settings.learning_rate / 2)
    assert rate_at(999, settings) == pytest.approx(settings.learning_rate / 50)


def test_mel_is_the_projects_mel() -> None:
    samples = tones(3)[0]
    ours, theirs = log_mel(samples[None])[0].numpy(), mel.log_mel(samples.numpy(), floor=1e-3)
    assert ours.shape == theirs.shape
    assert np.abs(ours - theirs).max() < 1e-3


def test_distances_are_zero_only_for_equal_sounds() -> None:
    one, other = tones(1), tones(2)
    assert mel_distance(one, one) == 0
    assert spectral_distance(one, one).item() == pytest.approx(0, abs=1e-6)
    assert mel_distance(one, other) > 0.05
    assert spectral_distance(one, other) > 0.05


def test_a_checkpoint_of_another_kind_is_refused(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "x.pt", "paper", {"step": 1})
    with pytest.raises(checkpoint.CheckpointError, match="'paper', not of 'codec'"):
        checkpoint.load(tmp_path / "x.pt", KIND)


def test_an_adversary_learns_and_improves_what_it_judges() -> None:
    torch.manual_seed(0)
    adversary = Adversary(SpectrumJudges((256,), 8), 2e-3)
    true = tones(0)
    made = torch.nn.Parameter(0.1 * torch.randn_like(true))
    half = torch.autocast("cpu", torch.bfloat16)
    losses = [adversary.learn(made, true, half) for _ in range(30)]
    assert losses[-1] < 0.5 * losses[0]
    optimiser = torch.optim.Adam([made], 1e-2)
    before = adversary.terms(made, true, half)
    for _ in range(10):
        optimiser.zero_grad()
        adversarial, matching = adversary.terms(made, true, half)
        (adversarial + matching).backward()
        optimiser.step()
    assert adversary.terms(made, true, half)[1] < before[1]
    assert all(weight.grad is None or not weight.requires_grad for weight in adversary.judges.parameters())
