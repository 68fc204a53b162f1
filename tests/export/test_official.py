"""Bundles of the paper's networks: equal to torch, loadable by the stage, refused when they should be.

Narrow copies of the networks take the very path of the real ones, whose full size NOVERRE_FULL=1 adds
(about a minute and 3 GB each; ``python -m export official`` makes the same comparison at every export).
"""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from configs.bundle import load_bundle
from configs.errors import BundleError, ConfigError
from export.__main__ import main as export_command
from export.official import (
    check_decoder,
    check_generator,
    example_inputs,
    export_bundle,
    paper_layout,
)
from export.parity import relative_difference, run_onnx
from models.config import PaperConfig, VQVAEConfig, paper_config
from models.deterministic import draw_weights
from models.paper import PaperModel
from models.vqvae import VQVAE, CodeDecoder

CASES = [("aist", "high"), ("tiktok", "low")]
CODEC = VQVAEConfig(width=4, depth=2, codes=64)


def narrow(dataset: str, level: str) -> PaperConfig:
    config = paper_config(dataset, level)
    assert config.motion is not None
    motion = replace(config.motion, channels=(8, 8, 8))
    return PaperConfig(motion, replace(config.generator, divide_channels=16))


class Exported:
    """A bundle and the networks it was made of."""

    def __init__(self, dataset: str, level: str, folder: Path) -> None:
        torch.manual_seed(0)
        self.dataset, self.folder = dataset, folder
        self.model, self.codec = PaperModel(narrow(dataset, level)), VQVAE(CODEC)
        for part in (self.model, self.codec):
            draw_weights(part)
        self.manifest = export_bundle(self.model, self.codec, dataset, folder, name="small")
        self.level = 2 if level == "high" else 1

    def features(self, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        with torch.inference_mode():
            return self.model(**inputs)


@pytest.fixture(scope="module", params=CASES, ids=["aist-high", "tiktok-low"])
def exported(request, tmp_path_factory) -> Exported:
    return Exported(*request.param, tmp_path_factory.mktemp("bundle"))


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_the_generator_equals_torch_at_any_batch(exported: Exported, batch: int) -> None:
    torch.manual_seed(batch)
    inputs = {
        name: torch.randn(batch, *x.shape[1:]) if name != "genre" else torch.full((batch, 10), 0.1)
        for name, x in example_inputs(exported.model.config, exported.dataset).items()
    }
    (found,) = run_onnx(exported.folder / "generator.onnx", inputs)
    assert relative_difference(found, exported.features(inputs).numpy()) < 1e-4


def test_what_is_played_equals_the_full_decode(exported: Exported) -> None:
    """The decoder's graph sees only block, reserve and context, and the listener cannot know."""
    manifest = exported.manifest
    features = exported.features(example_inputs(exported.model.config, exported.dataset))
    start, hop = manifest.layout.past - manifest.decoder_context_codes, manifest.samples_per_code
    part = features[..., start : start + manifest.decoder_codes].clone()
    codes, samples = run_onnx(exported.folder / "decoder.onnx", {"features": part})
    with torch.inference_mode():
        all_codes, whole = CodeDecoder(exported.codec, exported.level)(features)
    np.testing.assert_array_equal(codes, all_codes[:, start : start + manifest.decoder_codes])
    first, last = manifest.layout.past, manifest.layout.past + manifest.layout.block + manifest.layout.reserve
    played = samples[:, (first - start) * hop : (last - start) * hop]
    assert relative_difference(played, whole[:, first * hop : last * hop].numpy()) < 1e-4


def test_the_manifest_describes_the_graphs(exported: Exported) -> None:
    manifest = load_bundle(exported.folder).manifest
    assert manifest == exported.manifest
    assert manifest.hop_samples == 5504
    assert manifest.window_codes == exported.model.config.generator.codes
    generator = onnx.load(exported.folder / "generator.onnx")
    decoder = onnx.load(exported.folder / "decoder.onnx")
    assert shapes(generator.graph.input) == {tensor.name: tensor.shape for tensor in manifest.inputs}
    assert {**shapes(generator.graph.output), **shapes(decoder.graph.output)} == {
        tensor.name: tensor.shape for tensor in manifest.outputs
    }
    assert shapes(decoder.graph.input) == {"features": ("B", 64, manifest.decoder_codes)}
    assert generator.opset_import[0].version == manifest.opset


def shapes(values) -> dict[str, tuple[int | str, ...]]:
    return {
        value.name: tuple(size.dim_param or size.dim_value for size in value.type.tensor_type.shape.dim)
        for value in values
    }


def test_weight_norm_is_folded(exported: Exported) -> None:
    graph = onnx.load(exported.folder / "generator.onnx").graph
    assert not {node.op_type for node in graph.node} & {"ReduceL2", "Sqrt", "Div"}
    assert not any("weight_g" in tensor.name for tensor in graph.initializer)


def test_a_graph_that_differs_is_refused(exported: Exported) -> None:
    inputs = example_inputs(exported.model.config, exported.dataset)
    features = exported.features(inputs)
    with pytest.raises(BundleError, match=r"generator\.onnx differs from torch by"):
        check_generator(exported.folder / "generator.onnx", inputs, features * 1.001)
    other = VQVAE(CODEC)
    length = exported.manifest.decoder_codes
    with pytest.raises(BundleError, match=r"decoder\.onnx differs from torch"):
        check_decoder(
            exported.folder / "decoder.onnx",
            CodeDecoder(other, exported.level),
            features[..., :length].clone(),
        )


def test_a_changed_bundle_is_refused(exported: Exported, tmp_path: Path) -> None:
    for file in exported.folder.iterdir():
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "decoder.onnx").open("ab") as file:
        file.write(b"x")
    with pytest.raises(BundleError, match=r"decoder\.onnx differs from its SHA-256"):
        load_bundle(tmp_path)


def official(tmp_path: Path, *more: str) -> int:
    return export_command(
        ["official", "--dataset", "tiktok", "--level", "low", "--out", str(tmp_path / "bundle"), *more]
    )


def test_the_command_asks_for_what_is_missing(tmp_path: Path, capsys, monkeypatch) -> None:
    make_small(monkeypatch)
    assert official(tmp_path) == 2
    assert "give --motion-encoder FILE" in capsys.readouterr().err
    assert not (tmp_path / "bundle").exists()


def test_the_command_refuses_a_wrong_checkpoint_in_a_sentence(tmp_path: Path, capsys, monkeypatch) -> None:
    make_small(monkeypatch)
    aist = PaperModel(narrow("aist", "low"))
    torch.save(aist.motion_encoder.state_dict(), tmp_path / "mencoder.pt")
    assert official(tmp_path, "--motion-encoder", str(tmp_path / "mencoder.pt")) == 2
    assert "lin1.weight is [800, 219] but this network has [800, 75]" in capsys.readouterr().err


def test_the_command_reads_the_three_checkpoints(tmp_path: Path, monkeypatch, capsys) -> None:
    make_small(monkeypatch)
    read: dict[str, torch.nn.Module] = {}
    monkeypatch.setattr(
        "export.official.export_bundle",
        lambda model, codec, dataset, out, **_: read.update(paper=model, codec=codec),
    )
    model, codec = PaperModel(narrow("tiktok", "low")), VQVAE(CODEC)
    parts = {"motion-encoder": model.motion_encoder, "generator": model.generator, "vqvae": codec}
    arguments = []
    for option, part in parts.items():
        torch.save(part.state_dict(), tmp_path / f"{option}.pt")
        arguments += [f"--{option}", str(tmp_path / f"{option}.pt")]
    assert official(tmp_path, *arguments) == 0, capsys.readouterr().err
    for ours, theirs in ((read["paper"], model), (read["codec"], codec)):
        for name, value in theirs.state_dict().items():
            torch.testing.assert_close(ours.state_dict()[name], value, rtol=0, atol=0)


def make_small(monkeypatch) -> None:
    monkeypatch.setattr("export.official.paper_config", lambda dataset, level, _: narrow(dataset, level))
    monkeypatch.setattr("export.official.VQVAEConfig", lambda: CODEC)


def test_an_unknown_command_shows_the_known(capsys) -> None:
    assert export_command(["offical"]) == 2
    assert "official" in capsys.readouterr().err


@pytest.mark.skipif(not os.environ.get("NOVERRE_FULL"), reason="full-size networks: set NOVERRE_FULL=1")
@pytest.mark.parametrize("level", ["high", "low"])
@pytest.mark.parametrize("dataset", ["aist", "tiktok"])
def test_full_size(dataset: str, level: str, tmp_path: Path) -> None:
    arguments = ["--dataset", dataset, "--level", level, "--deterministic", "--out", str(tmp_path)]
    assert export_command(["official", *arguments]) == 0


def test_a_longer_block_is_one_more_hop_of_the_same_window() -> None:
    """Twice the music a call, the same context on both sides; what does not fit is refused."""
    config, codec = paper_config("aist", "high"), VQVAEConfig()
    (one, context), (two, same) = (paper_layout(config, codec, hops) for hops in (1, 2))
    assert (two.block, two.reserve, two.margin, same) == (2 * one.block, one.reserve, one.margin, context)
    assert one.window == two.window == config.generator.codes and two.past >= context
    for hops in (0, 9):
        with pytest.raises(ConfigError, match=f"--hops {hops}"):
            paper_layout(config, codec, hops)
