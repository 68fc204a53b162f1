"""The shipped bundle as checkpoints again: the same functions, and a sentence where it cannot be."""

from pathlib import Path

import numpy as np
import pytest
import torch

from configs.bundle import load_bundle
from export.__main__ import main
from export.parity import relative_difference, run_onnx
from models.checkpoint import load_model
from models.codec import Codec
from models.decoding import FeatureDecoder
from models.streaming import StreamingGenerator
from realtime.backend.base import decoder_span, played_span
from realtime.backend.windows import recorded_windows
from tests.toy_bundle import make_toy_bundle

SHIPPED = Path(__file__).parents[2] / "bundles" / "house"


def test_the_networks_are_those_of_the_graphs(tmp_path: Path) -> None:
    assert main(["unpack", "--bundle", str(SHIPPED), "--out", str(tmp_path)]) == 0
    generator = load_model(tmp_path / "house_model.pt").eval()
    codec = load_model(tmp_path / "codec_model.pt").eval()
    assert isinstance(generator, StreamingGenerator) and isinstance(codec, Codec)
    bundle = load_bundle(SHIPPED)
    (window,) = recorded_windows(bundle.manifest, 1)
    inputs = {name: torch.from_numpy(value) for name, value in window.items()}
    heard, played = decoder_span(bundle.manifest), played_span(bundle.manifest)
    (found,) = run_onnx(bundle.generator, inputs)
    with torch.inference_mode():
        features = generator(**inputs)
        part = {
            "features": features[..., heard].contiguous(),
            "clock": inputs["clock"][..., heard].contiguous(),
        }
        codes, samples = FeatureDecoder(codec)(**part)
    assert relative_difference(found[..., heard], features[..., heard].numpy()) < 1e-4
    found_codes, sound = run_onnx(bundle.decoder, part)
    assert np.array_equal(found_codes, codes.numpy())
    assert relative_difference(sound[:, played], samples[:, played].numpy()) < 1e-4


def test_a_bundle_of_other_networks_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    toy = make_toy_bundle(tmp_path / "toy")
    assert main(["unpack", "--bundle", str(toy), "--out", str(tmp_path / "out")]) == 2
    assert "wanted (" in capsys.readouterr().err
