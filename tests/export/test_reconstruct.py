"""A codec's copies: of either kind, as long as what they copy; wrong sounds are named."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from export.__main__ import main as export_command
from models.checkpoint import packed, save_model
from models.codec import Codec, CodecConfig
from models.config import VQVAEConfig
from models.deterministic import draw_weights
from models.vqvae import VQVAE


def test_copies_are_the_codecs(tmp_path: Path) -> None:
    codec = VQVAE(VQVAEConfig(width=4, depth=1, codes=32))
    draw_weights(codec)
    torch.save({"kind": "vqvae", "step": 1, "model": packed(codec)}, tmp_path / "vqvae.pt")
    samples = np.random.default_rng(0).uniform(-0.5, 0.5, 128 * 20 + 7).astype(np.float32)
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", samples, 22_050, subtype="FLOAT")
    asked = ["reconstruct", "--codec", str(tmp_path / "vqvae.pt"), "--sounds", str(tmp_path / "in")]
    assert export_command([*asked, "--out", str(tmp_path / "out")]) == 0
    copy, _ = soundfile.read(tmp_path / "out" / "a.wav", dtype="float32")
    codec.eval()
    with torch.inference_mode():
        wanted = codec.decode(codec.encode(torch.from_numpy(samples)[None], 2), 2)[0, 0].clamp(-1, 1).numpy()
    assert copy.shape == samples.shape and not copy[128 * 20 :].any()
    np.testing.assert_allclose(copy[: len(wanted)], wanted, atol=1e-4)


def test_the_house_codec_copies_too(tmp_path: Path) -> None:
    save_model(tmp_path / "codec.pt", Codec(CodecConfig()))
    (tmp_path / "in").mkdir()
    soundfile.write(tmp_path / "in" / "a.wav", np.zeros(128 * 50), 22_050)
    asked = ["reconstruct", "--codec", str(tmp_path / "codec.pt"), "--sounds", str(tmp_path / "in")]
    assert export_command([*asked, "--out", str(tmp_path / "out")]) == 0
    assert len(soundfile.read(tmp_path / "out" / "a.wav")[0]) == 128 * 50


@pytest.mark.parametrize(("shape", "rate"), [((400, 2), 22_050), ((400,), 44_100)])
def test_other_sounds_are_refused(tmp_path: Path, capsys, shape: tuple, rate: int) -> None:
    save_model(tmp_path / "codec.pt", VQVAE(VQVAEConfig(width=4, depth=1, codes=32)))
    soundfile.write(tmp_path / "a.wav", np.zeros(shape), rate)
    asked = ["reconstruct", "--codec", str(tmp_path / "codec.pt"), "--sounds", str(tmp_path)]
    assert export_command([*asked, "--out", str(tmp_path / "out")]) == 2
    assert "a.wav is not mono at 22050 Hz" in capsys.readouterr().err
