"""The paper's batches come from the authors' form and from the house corpus, the same at every asking."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile
import torch

from models.config import VQVAEConfig
from models.vqvae import VQVAE
from training import checkpoint
from training.__main__ import main as training_command
from training.ahead import Ahead
from training.d2m import generator_of
from training.paper import open_codec
from training.paper_data import (
    HouseSource,
    PaperData,
    PublishedSource,
    open_source,
    paper_batches,
    recordings,
)
from training.settings import SettingsError, load_settings
from training.vqvae import VQVAETrainer, VQVAETraining

SMALL_CODEC = VQVAEConfig(width=4, depth=1, codes=32)


def tiktok(folder: Path, segments: int = 3) -> Path:
    """Segments in the authors' form: noise that moves, noises that sound."""
    rng = np.random.default_rng(0)
    lists: dict[str, list[str]] = {"audio": [], "motion": [], "video": []}
    for index in range(segments):
        names = {stream: f"{stream}_{index}.npy" for stream in lists}
        names["audio"] = f"audio_{index}.wav"
        np.save(folder / names["motion"], rng.standard_normal(4500).astype(np.float32))
        np.save(folder / names["video"], rng.standard_normal((1, 12)).astype(np.float32))
        soundfile.write(folder / names["audio"], rng.uniform(-0.5, 0.5, 44_100), 22_050)
        for stream, name in names.items():
            lists[stream].append(name)
    for stream, names_of in lists.items():
        (folder / f"tiktok_{stream}_train_segment.txt").write_text("\n".join(names_of))
    return folder


def test_published_form_becomes_batches(tmp_path: Path) -> None:
    data = PaperData(kind="tiktok", folder=str(tiktok(tmp_path)))
    source = open_source(data, 2)
    assert (source.frames, source.motion_width, source.visual_width, source.genres) == (60, 75, 12, 0)
    batches = paper_batches(data, source, 4, 344 * 128)
    one = batches(3)
    assert one.motion.shape == (4, 60, 75) and one.visual.shape == (4, 1, 12) and one.genre is None
    assert one.samples.shape == (4, 344 * 128) and one.samples.dtype == torch.float32
    again = paper_batches(data, open_source(data, 2), 4, 344 * 128)(3)
    torch.testing.assert_close(again.samples, one.samples, rtol=0, atol=0)
    assert not torch.equal(batches(4).samples, one.samples)


def test_house_windows_become_rows(monkeypatch) -> None:
    """The dancer is in step with the window's own take, and all her movement is known."""
    asked = []
    take, codes, history = object(), 345, 344
    window = SimpleNamespace(take=take, start_code=77, genre=3)

    def dance(danced, start_code, length, rng, recorded):
        asked.append((danced, start_code, length))
        return np.tile(np.arange(length, dtype=np.float32), (16, 1))

    def played(shown, controls, skip):
        assert shown is window and skip == history
        return np.arange(codes * 128, dtype=np.float32)

    bank = SimpleNamespace(window=lambda rng, length: window)
    monkeypatch.setattr("training.paper_data.TakeBank", lambda folder, split: bank)
    monkeypatch.setattr("training.paper_data.dance_to", dance)
    monkeypatch.setattr("training.paper_data.as_seen", lambda rng, columns: columns)
    monkeypatch.setattr("training.paper_data.mixed", played)
    batch = paper_batches(PaperData(workers=0), HouseSource(Path(), 2), 2, 1378 * 32)(0)
    assert asked == [(take, 77, codes + history)] * 2
    assert batch.motion.shape == (2, 60, 16) and batch.visual.shape == (2, 1, 6)
    assert batch.motion[0, 0, 0] == history and batch.motion[0, -1, 0] == history + codes - 1
    assert batch.genre.argmax(1).tolist() == [3, 3]
    assert batch.samples.shape == (2, 1378 * 32)


def test_a_folder_without_motion_is_refused_in_a_sentence(tmp_path: Path) -> None:
    assert recordings("") == []
    with pytest.raises(SettingsError, match=r"data, motions: .* holds no"):
        recordings(str(tmp_path))


def test_a_broken_segment_is_named_and_left_out(tmp_path: Path, capsys) -> None:
    (tiktok(tmp_path) / "motion_1.npy").write_bytes(b"broken")
    source = PublishedSource(tmp_path, "tiktok", 2)
    assert source.good == [0, 2]
    assert "skipped audio_1: motion_1.npy" in capsys.readouterr().out


def test_no_usable_segment_is_refused(tmp_path: Path) -> None:
    (tiktok(tmp_path, 1) / "motion_0.npy").write_bytes(b"broken")
    with pytest.raises(SettingsError, match="no usable segment"):
        PublishedSource(tmp_path, "tiktok", 2)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(SettingsError, match="'films' is not one of house, aist, tiktok"):
        open_source(PaperData(kind="films"), 2)


@pytest.mark.parametrize("published", [True, False])
def test_codecs_of_both_kinds_open(tmp_path: Path, published: bool, monkeypatch) -> None:
    monkeypatch.setattr("training.paper.VQVAEConfig", lambda: SMALL_CODEC)
    codec = VQVAETrainer(VQVAETraining(model=SMALL_CODEC)).codec
    path = tmp_path / "vqvae.pt"
    if published:
        torch.save({"model": codec.state_dict()}, path)
    else:
        checkpoint.save(path, "vqvae", VQVAETrainer(VQVAETraining(model=SMALL_CODEC)).state())
    opened = open_codec(path)
    assert isinstance(opened, VQVAE) and opened.config == SMALL_CODEC
    assert opened.codebook(2).started and not opened.training


CONFIG = """
data: {{kind: tiktok, folder: {folder}, codec: {folder}/vqvae.pt}}
vqvae:
  model: {{width: 4, depth: 1, codes: 32}}
  steps: 2
  batch: 2
  samples: 8192
d2m:
  steps: 2
  batch: 2
  divide_channels: 8
  discriminator_base: 4
  discriminators: 1
  sound_codes: 16
finetune: {{steps: 1, batch: 2, samples: 8192, discriminator_base: 4}}
"""


def test_the_three_commands_follow_one_another(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.format(folder=tiktok(tmp_path)))
    for command in ("vqvae", "d2m", "finetune"):
        arguments = [command, "--config", str(tmp_path / "config.yaml"), "--out", str(tmp_path)]
        assert training_command(arguments) == 0
    state = checkpoint.load(tmp_path / "d2m.pt", "d2m")
    assert state["step"] == 2 and state["data"]["kind"] == "tiktok"
    model = generator_of(state)
    assert model(torch.zeros(1, 60, 75), torch.zeros(1, 1, 12)).shape == (1, 64, 344)
    assert isinstance(open_codec(tmp_path / "finetune.pt"), VQVAE)


def test_a_codec_that_is_not_there_is_a_sentence(tmp_path: Path, capsys) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.format(folder=tiktok(tmp_path)))
    assert training_command(["d2m", "--config", str(tmp_path / "config.yaml"), "--out", str(tmp_path)]) == 2
    assert "There is no file of weights" in capsys.readouterr().err


@pytest.mark.parametrize(
    "path",
    sorted((Path(__file__).parents[2] / "configs/training").glob("paper-*.yaml")),
    ids=lambda p: p.stem,
)
def test_shipped_configurations_are_understood(path: Path) -> None:
    from training.d2m import D2MTraining
    from training.finetune import FineTuning

    assert load_settings(D2MTraining, path, "d2m").level == "high"
    assert load_settings(FineTuning, path, "finetune").level == "high"
    assert load_settings(PaperData, path, "data").kind in ("house", "aist")


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_ahead_gives_what_was_asked_for(workers: int) -> None:
    made = Ahead(lambda step: step * 10, workers)
    assert [made(step) for step in (5, 6, 7, 2, 9)] == [50, 60, 70, 20, 90]
