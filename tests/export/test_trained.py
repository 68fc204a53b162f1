"""A checkpoint of our own training becomes a bundle; a wrong one is refused."""

from pathlib import Path

import pytest
import torch

from export.__main__ import main as export_command
from export.official import input_tensors
from models.checkpoint import packed
from models.config import GeneratorConfig, MotionEncoderConfig, PaperConfig, VQVAEConfig
from models.deterministic import draw_weights
from models.paper import PaperModel
from models.vqvae import VQVAE

MOTION = MotionEncoderConfig(60, 3, channels=(8, 8, 8))
CONFIG = PaperConfig(MOTION, GeneratorConfig(visual_width=6, divide_channels=16))


@pytest.fixture
def checkpoints(tmp_path: Path) -> PaperModel:
    """``d2m.pt`` and ``vqvae.pt`` as the trainers write them."""
    model, codec = PaperModel(CONFIG), VQVAE(VQVAEConfig(width=4, depth=1, codes=32))
    draw_weights(model), draw_weights(codec)
    data = {"kind": "house", "motion_features": ["energy", "turn", "jump"], "visual_features": list("abcdef")}
    torch.save({"kind": "d2m", "step": 7, "data": data, "model": packed(model)}, tmp_path / "d2m.pt")
    torch.save({"kind": "vqvae", "step": 9, "model": packed(codec)}, tmp_path / "vqvae.pt")
    return model.eval()


def trained(folder: Path, generator: str, codec: str) -> int:
    paths = ["--generator", str(folder / generator), "--codec", str(folder / codec)]
    return export_command(["trained", *paths, "--out", str(folder / "bundle")])


def test_a_taught_network_goes_into_the_bundle(checkpoints: PaperModel, tmp_path: Path, monkeypatch) -> None:
    """What is exported, and under which names; test_official.py shows that the graphs are right."""
    given: dict[str, object] = {}
    monkeypatch.setattr(
        "export.trained.export_bundle",
        lambda model, codec, dataset, out, **more: given.update(
            model=model, codec=codec, data=dataset, **more
        ),
    )
    assert trained(tmp_path, "d2m.pt", "vqvae.pt") == 0
    assert given["motion_features"] == ("energy", "turn", "jump")
    assert (given["data"], given["steps"], given["name"]) == ("house", 7, "bundle")
    for name, value in checkpoints.state_dict().items():
        torch.testing.assert_close(given["model"].state_dict()[name], value, rtol=0, atol=0)
    assert isinstance(given["codec"], VQVAE)


def test_the_manifest_tells_our_features() -> None:
    motion, visual, genre = input_tensors(CONFIG, "house")
    assert motion.shape == ("B", 60, 3) and "30 fps" in motion.meaning
    assert visual.shape == ("B", 1, 6) and "I3D" not in visual.meaning
    assert genre.shape == ("B", 10)


def test_exchanged_checkpoints_are_refused(checkpoints: PaperModel, tmp_path: Path, capsys) -> None:
    assert trained(tmp_path, "vqvae.pt", "d2m.pt") == 2
    assert "is a checkpoint of 'vqvae'; expected one of d2m" in capsys.readouterr().err
