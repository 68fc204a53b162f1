"""A small codec and generator as a house bundle: equal to torch, small on disk, described completely."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from configs.bundle import load_bundle
from configs.errors import BundleError, ConfigError
from export.house import HOP_CODES, RESERVE_CODES, export_bundle, main
from export.parity import run_onnx
from export.small_weights import on_grid, rounded
from features.motion import MOTION_FEATURES
from features.visual import VISUAL_FEATURES
from models.checkpoint import save_model
from models.codec import Codec, CodecConfig
from models.streaming import SONG_CODES, Part, StreamingConfig, StreamingGenerator

TOLD = {
    "steps": 10,
    "trained_s": 36.0,
    "codec_steps": 20,
    "codec_trained_s": 72.0,
    "held_out__mel_l1": 0.4,
    "held_out__codec_mel_l1": 0.2,
    "unheard__codec_mel_l1": 0.21,
}


@pytest.fixture(scope="module")
def networks() -> tuple[Codec, StreamingGenerator]:
    torch.manual_seed(0)
    codec = CodecConfig(
        encoder_dim=16, encoder_blocks=1, decoder_dim=32, decoder_blocks=2, codebooks=3, codebook_size=64
    )
    generator = StreamingConfig(
        dim=32, motion_dim=16, visual_dim=8, parts=(Part("bass", 28, 20, 2, 2),), dilations=(1, 2)
    )
    return Codec(codec), StreamingGenerator(generator)


@pytest.fixture(scope="module")
def folder(networks: tuple[Codec, StreamingGenerator], tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("bundles") / "small"
    export_bundle(*networks, out, TOLD, "a test")
    return out


def test_manifest_agrees_with_the_features_and_the_figures(folder: Path) -> None:
    manifest = load_bundle(folder).manifest
    assert manifest.motion_features == MOTION_FEATURES
    assert manifest.visual_features == VISUAL_FEATURES
    assert manifest.window_codes == 344 and manifest.hop_codes == HOP_CODES
    assert manifest.evaluation["codec_mel_l1_unheard_songs"] == 0.21
    assert manifest.evaluation["hop_ms"] > 0
    assert manifest.training["codec_steps"] == 20 and manifest.training["note"] == "a test"


def test_margin_covers_what_generator_and_decoder_see(
    folder: Path, networks: tuple[Codec, StreamingGenerator]
) -> None:
    manifest = load_bundle(folder).manifest
    codec, generator = networks
    seen = codec.config.context_codes + generator.config.right_context_codes
    assert manifest.layout.margin == seen and manifest.layout.reserve >= manifest.layout.block
    assert manifest.layout.past >= manifest.decoder_context_codes and manifest.layout.window == 344
    assert manifest.decoder_codes == HOP_CODES + RESERVE_CODES + 2 * manifest.decoder_context_codes


def test_the_clock_turns_when_all_that_swings_has_come_round(folder: Path) -> None:
    manifest = load_bundle(folder).manifest
    assert manifest.clock_turn_codes == 43 * 4096
    assert manifest.clock_turn_codes % HOP_CODES == 0
    assert HOP_CODES % SONG_CODES == 0  # or windows would look at the songs at other moments


def test_graphs_take_one_row_or_many(folder: Path) -> None:
    manifest = load_bundle(folder).manifest
    for rows in (1, 3):
        shapes = {tensor.name: [rows, *tensor.shape[1:]] for tensor in manifest.inputs}
        inputs = {name: torch.rand(*map(int, shape)) for name, shape in shapes.items()}
        (features,) = run_onnx(folder / "generator.onnx", inputs)
        assert features.shape == (rows, 64, 344)
        part = torch.from_numpy(features[..., : manifest.decoder_codes].copy())
        given = {"features": part, "clock": inputs["clock"][..., : manifest.decoder_codes]}
        codes, samples = run_onnx(folder / "decoder.onnx", given)
        assert codes.shape == (rows, 3, manifest.decoder_codes)
        assert samples.shape == (rows, manifest.decoder_codes * 128)
        assert np.isfinite(samples).all()


def test_large_weights_take_one_byte(folder: Path, networks: tuple[Codec, StreamingGenerator]) -> None:
    graph = onnx.load(folder / "generator.onnx").graph
    whole = [
        w for w in graph.initializer if w.data_type == onnx.TensorProto.FLOAT and np.prod(w.dims) > 20_000
    ]
    assert whole == []
    size = sum(weight.numel() for weight in networks[1].parameters())
    assert (folder / "generator.onnx").stat().st_size < size + 300_000


def test_rounding_is_fine_and_found_again() -> None:
    layer = torch.nn.Linear(64, 64)
    weight = rounded(layer).weight.detach().numpy()
    assert (
        np.abs(weight - layer.weight.detach().numpy()).max()
        <= np.abs(layer.weight.detach().numpy()).max() / 250
    )
    found = on_grid(np.ascontiguousarray(weight.T))
    assert found is not None and np.allclose(found[0] * found[1], weight.T, atol=1e-7)
    assert on_grid(layer.weight.detach().numpy()) is None


def test_a_bundle_that_differs_is_refused(
    networks: tuple[Codec, StreamingGenerator], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("export.house.TOLERANCE", -1.0)
    with pytest.raises(BundleError, match="differs from torch"):
        export_bundle(*networks, tmp_path / "bad", TOLD, "")


def test_command_refuses_the_wrong_network(
    networks: tuple[Codec, StreamingGenerator], tmp_path: Path
) -> None:
    small = replace(networks[1].config, dim=16)
    save_model(tmp_path / "generator.pt", StreamingGenerator(small))
    path = str(tmp_path / "generator.pt")
    with pytest.raises(ConfigError, match="--codec wants a codec"):
        main(["--codec", path, "--generator", path, "--out", str(tmp_path / "out")])
