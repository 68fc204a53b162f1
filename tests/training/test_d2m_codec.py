"""The Jukebox codec learns, resumes exactly, and its decoder can be taught again for fixed codes."""

from pathlib import Path

import numpy as np
import pytest
import torch

from models.config import VQVAEConfig
from models.vqvae import VQVAE
from training import checkpoint
from training.finetune import FineTuner, FineTuning
from training.loop import run
from training.settings import SettingsError
from training.vqvae import VQVAETrainer, VQVAETraining, codec_of, multi_spectral

SMALL = VQVAEConfig(downs=(2, 1, 1), width=8, depth=1, features=16, codes=32)


def tones(step: int, samples: int = 2048) -> torch.Tensor:
    random = np.random.default_rng(step)
    time = np.arange(samples) / 22_050
    rows = [0.5 * np.sin(2 * np.pi * f * time + random.uniform(0, 6)) for f in (220, 440, 660, 880)]
    return torch.from_numpy(np.stack(rows).astype(np.float32))


def trainer(**changes) -> VQVAETrainer:
    return VQVAETrainer(VQVAETraining(model=SMALL, learning_rate=3e-3, **changes))


def test_every_level_learns() -> None:
    taught = trainer()
    history = [taught.step(tones(step)) for step in range(100)]
    for level in range(3):
        for term in ("waveform", "spectral"):
            name = f"level{level}/{term}"
            first, last = (np.mean([s[name] for s in part]) for part in (history[:5], history[-5:]))
            assert last < 0.9 * first, f"{name}: {first:.4f} -> {last:.4f}"


def test_a_resumed_codec_walks_the_same_path(tmp_path: Path) -> None:
    unbroken = trainer()
    run(unbroken, tones, tmp_path / "whole", steps=4)
    run(trainer(), tones, tmp_path / "broken", steps=2)
    again = trainer()
    torch.manual_seed(99)  # a new process would not share its random state either
    path = run(again, tones, tmp_path / "broken", steps=4)
    for name, value in unbroken.codec.state_dict().items():
        torch.testing.assert_close(again.codec.state_dict()[name], value, rtol=0, atol=0)
    codec = codec_of(checkpoint.load(path, "vqvae"))
    unbroken.codec.eval()
    torch.testing.assert_close(codec.encode(tones(9), 2), unbroken.codec.encode(tones(9), 2))


def test_multi_spectral_by_extremes() -> None:
    sound = tones(0)
    assert multi_spectral(sound, sound).item() == 0
    assert 0.9 < multi_spectral(torch.zeros_like(sound), sound).item() <= 1
    noise = 1e-3 * torch.randn(sound.shape, generator=torch.Generator().manual_seed(0))
    assert multi_spectral(noise, torch.zeros_like(sound)).item() < 1, "a little noise in silence is a little"


def fine_tuner(**changes) -> FineTuner:
    torch.manual_seed(0)
    settings = FineTuning(learning_rate=1e-3, discriminators=1, discriminator_base=4, **changes)
    return FineTuner(settings, VQVAE(SMALL))


def test_fine_tuning_moves_one_decoder_only() -> None:
    tuner = fine_tuner()
    before = {name: value.clone() for name, value in tuner.codec.state_dict().items()}
    history = [tuner.step(tones(0)) for _ in range(15)]
    for name, value in tuner.codec.state_dict().items():
        moved = not torch.equal(value, before[name])
        assert moved == name.startswith("decoders.2."), name
    for name in ("waveform/l1", "mel/l1"):
        assert history[-1][name] < history[0][name]


def test_fine_tuning_resumes_on_the_same_curve(tmp_path: Path) -> None:
    unbroken = fine_tuner()
    run(unbroken, tones, tmp_path / "whole", steps=4)
    run(fine_tuner(), tones, tmp_path / "broken", steps=2)
    again = fine_tuner()
    path = run(again, tones, tmp_path / "broken", steps=4)
    tuned = codec_of(checkpoint.load(path, "finetune"))
    for name, value in unbroken.codec.state_dict().items():
        torch.testing.assert_close(again.codec.state_dict()[name], value, rtol=0, atol=0)
        torch.testing.assert_close(tuned.state_dict()[name], value, rtol=0, atol=0)


def test_only_the_levels_asked_for_are_taught() -> None:
    taught = trainer(levels=(2,))
    before = {name: value.clone() for name, value in taught.codec.state_dict().items()}
    scalars = taught.step(tones(0))
    assert all(name.startswith("level2/") for name in scalars)
    moved = {n.split(".")[1] for n, v in taught.codec.state_dict().items() if not torch.equal(v, before[n])}
    assert moved == {"2", "level_blocks"}, moved
    for level in (0, 1):
        assert torch.equal(taught.codec.codebook(level).k, before[f"bottleneck.level_blocks.{level}.k"])
    with pytest.raises(SettingsError, match="3 is not one of 0 to 2"):
        trainer(levels=(3,))


def test_the_codebook_begins_when_it_is_asked_to() -> None:
    taught = trainer(levels=(2,), look_up_from=2)
    drawn = taught.codec.codebook(2).k.clone()
    for step in range(2):
        assert taught.step(tones(step))["level2/codes"] == 0
    assert torch.equal(taught.codec.codebook(2).k, drawn)
    assert taught.step(tones(2))["level2/codes"] > 1
    assert not torch.equal(taught.codec.codebook(2).k, drawn)
