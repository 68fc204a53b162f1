"""The paper's training, end to end and small: terms fall, gradients are real, a kill changes nothing."""

import signal
from itertools import chain
from pathlib import Path

import pytest
import torch

from models.config import VQVAEConfig
from models.vqvae import VQVAE
from tests.training.paper_fakes import LinearCodec, small_batch, small_settings, small_trainer
from training import checkpoint
from training.checkpoint import CheckpointError
from training.d2m import ABLATIONS, PATHS, TERMS, D2MTrainer, PaperBatch, generator_of
from training.loop import run
from training.settings import SettingsError


def test_every_term_of_the_loss_falls() -> None:
    """The judges' while they learn alone, the generator's from its own first step on."""
    trainer = small_trainer(weighting="official", judges_first=20, learning_rate=3e-4)
    batch = small_batch(2)
    before = [x.clone() for x in trainer.model.parameters()]
    alone = [trainer.step(batch) for _ in range(20)]
    for old, new in zip(before, trainer.model.parameters(), strict=True):
        torch.testing.assert_close(old, new, rtol=0, atol=0)
    assert all(set(scalars) == {"adv/discriminators"} for scalars in alone)
    assert alone[-1]["adv/discriminators"] < 0.5 * alone[0]["adv/discriminators"]
    together = [trainer.step(batch) for _ in range(40)]
    first = {name: sum(s[name] for s in together[:3]) / 3 for name in PATHS.values()}
    last = {name: sum(s[name] for s in together[-3:]) / 3 for name in PATHS.values()}
    for name in PATHS.values():
        assert last[name] < 0.5 * first[name], f"{name}: {first[name]:.3f} -> {last[name]:.3f}"


def gradient(codec, *, off: tuple[str, ...], **changes) -> float:
    """Size of the gradient that the terms that are on send to motion encoder and generator."""
    settings = small_settings(off=off, **changes)
    trainer = D2MTrainer(settings, settings.model_config((10, 6), 8, 10), codec)
    trainer.step(small_batch(2))
    parts = chain(trainer.model.motion_encoder.parameters(), trainer.model.generator.model[0].parameters())
    gradients = [x.grad for x in parts]
    assert all(g is not None for g in gradients)
    return sum(g.abs().sum().item() for g in gradients)


@pytest.mark.parametrize("term", TERMS)
def test_each_term_alone_reaches_the_motion_encoder(term: str) -> None:
    off = tuple(name for name in TERMS if name != term)
    assert gradient(LinearCodec(), off=off, weighting="official") > 0


@pytest.mark.parametrize("term", ["waveform", "mel"])
def test_sound_terms_reach_the_generator_through_jukeboxs_decoder(term: str) -> None:
    torch.manual_seed(0)
    codec = VQVAE(VQVAEConfig(width=4, depth=2, codes=32))
    before = [x.clone() for x in codec.state_dict().values()]
    off = tuple(name for name in TERMS if name != term)
    assert gradient(codec, off=off, sound_codes=24) > 0
    for old, new in zip(before, codec.state_dict().values(), strict=True):
        torch.testing.assert_close(old, new, rtol=0, atol=0)


def test_a_term_that_is_off_is_not_computed() -> None:
    trainer = small_trainer(off=("adversarial", "feature_matching", "waveform", "mel"))
    judges = [x.clone() for x in trainer.judges.parameters()]
    assert set(trainer.step(small_batch(2))) == {"code/commitment"}
    for old, new in zip(judges, trainer.judges.parameters(), strict=True):
        torch.testing.assert_close(old, new, rtol=0, atol=0)


@pytest.mark.parametrize("without", ABLATIONS)
def test_every_ablation_takes_a_step(without: str) -> None:
    trainer = small_trainer(without=(without,))
    batch = small_batch(2)
    batch = batch._replace(motion=None) if without == "motion" else batch
    scalars = trainer.step(batch)
    assert all(torch.isfinite(torch.tensor(list(scalars.values()))))


def test_half_precision_takes_nearly_the_same_step() -> None:
    full, half = small_trainer(), small_trainer(precision="bfloat16")
    batch = small_batch(2)
    one, other = full.step(batch), half.step(batch)
    for name in ("code/commitment", "waveform/l1", "mel/l1"):
        assert other[name] == pytest.approx(one[name], rel=0.1)


def test_decoding_a_part_gives_that_part_of_the_whole() -> None:
    torch.manual_seed(0)
    codec = VQVAE(VQVAEConfig(width=4, depth=2, codes=32))
    settings = small_settings(sound_codes=24)
    trainer = D2MTrainer(settings, settings.model_config((10, 6), 8, 10), codec)
    whole = D2MTrainer(small_settings(sound_codes=0), trainer.model.config, codec)
    made, samples = torch.randn(1, 64, 344), torch.arange(344.0 * 128)[None]
    with torch.no_grad():
        sound, true = trainer.decoded(made, samples)
        all_sound, _ = whole.decoded(made, samples)
    start = int(true[0, 0])
    assert sound.shape == true.shape == (1, 24 * 128)
    torch.testing.assert_close(sound, all_sound[:, start : start + 24 * 128])


def test_decoding_some_rows_gives_those_rows_and_others_in_time() -> None:
    trainer = small_trainer(sound_rows=2)
    made = torch.randn(6, 64, 344, generator=torch.Generator().manual_seed(0))
    names = torch.arange(6.0)[:, None].expand(6, 344 * 128)
    everything, _ = small_trainer().decoded(made, names)
    heard = set()
    for trainer.next_step in range(12):
        sound, true = trainer.decoded(made, names)
        rows = true[:, 0].int().tolist()
        assert len(set(rows)) == 2
        torch.testing.assert_close(sound, everything[rows])
        heard |= set(rows)
    assert heard == set(range(6))


def batches(step: int) -> PaperBatch:
    return small_batch(2, seed=step)


def test_a_killed_run_resumes_on_the_same_curve(tmp_path: Path) -> None:
    unbroken = small_trainer()
    run(unbroken, batches, tmp_path / "whole", steps=4)
    run(small_trainer(), batches, tmp_path / "broken", steps=2)
    again = small_trainer(seed=0)
    path = run(again, batches, tmp_path / "broken", steps=4)
    for name, value in unbroken.model.state_dict().items():
        torch.testing.assert_close(again.model.state_dict()[name], value, rtol=0, atol=0)
    for name, value in unbroken.judges.state_dict().items():
        torch.testing.assert_close(again.judges.state_dict()[name], value, rtol=0, atol=0)
    model = generator_of(checkpoint.load(path, "d2m"))
    torch.testing.assert_close(
        model.generator.lin.weight, unbroken.model.generator.lin.weight, rtol=0, atol=0
    )


def test_a_kill_while_saving_leaves_the_last_checkpoint_whole(tmp_path: Path, monkeypatch) -> None:
    run(small_trainer(), batches, tmp_path, steps=1)

    def killed(content, path) -> None:
        Path(path).write_bytes(b"half a checkpoi")
        raise KeyboardInterrupt

    monkeypatch.setattr(torch, "save", killed)
    with pytest.raises(KeyboardInterrupt):
        run(small_trainer(), batches, tmp_path, steps=2, save_every=1)
    monkeypatch.undo()
    trainer = small_trainer()
    trainer.resume(checkpoint.load(tmp_path / "d2m.pt", "d2m"))
    assert trainer.next_step == 1


def test_a_run_that_is_asked_to_stop_keeps_the_step_in_hand(tmp_path: Path) -> None:
    def asked(step: int) -> PaperBatch:
        if step == 1:
            signal.raise_signal(signal.SIGTERM)
        return small_batch(2, seed=step)

    path = run(small_trainer(), asked, tmp_path, steps=100)
    assert checkpoint.load(path, "d2m")["step"] == 2


def test_a_run_of_another_network_is_not_continued(tmp_path: Path) -> None:
    run(small_trainer(), batches, tmp_path, steps=1)
    with pytest.raises(CheckpointError, match="another network"):
        run(small_trainer(without=("motion",)), batches, tmp_path, steps=2)


def test_the_log_can_be_heard_and_seen(tmp_path: Path) -> None:
    run(small_trainer(), batches, tmp_path, steps=2, save_every=1, log_every=1)
    lines = (tmp_path / "d2m_log" / "scalars.jsonl").read_text().splitlines()
    assert len(lines) == 2 and '"mel/l1"' in lines[0]
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(tmp_path / "d2m_log")).Reload()
    assert "sound/generated" in events.Tags()["audio"] and "mel/truth" in events.Tags()["images"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"without": ("music",)}, "without: 'music' is not one of motion, visual, scaling, reshape"),
        ({"off": ("melody",)}, "off: 'melody' is not one of adversarial"),
        ({"weighting": "mine"}, "weighting: 'mine' is not one of paper, official"),
        ({"level": "middle"}, "level: 'middle'"),
    ],
)
def test_unknown_options_are_refused(changes: dict, sentence: str) -> None:
    with pytest.raises(SettingsError, match=sentence):
        small_settings(**changes)
