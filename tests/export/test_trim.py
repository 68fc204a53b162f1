"""A trimmed bundle sounds as the whole one where it is heard, computes less, and can be made whole again."""

import shutil
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from configs.bundle import WHOLE, Bundle, load_bundle
from configs.errors import BundleError
from export.__main__ import main
from export.house import export_bundle
from export.onnx import to_onnx
from export.trim import trim
from models.codec import Codec, CodecConfig
from models.decoding import FeatureDecoder
from models.streaming import Part, StreamingConfig, StreamingGenerator
from realtime.backend.base import Inputs, decoder_span, played_span
from realtime.backend.eager import FullWindow, lengthened, untrim
from realtime.backend.hop_graph import prepared
from realtime.backend.onnxruntime import OnnxRuntimeBackend
from realtime.backend.torch_graph import TorchGraph
from realtime.backend.windows import recorded_windows
from tests.toy_bundle import make_toy_bundle

SHIPPED = Path(__file__).parents[2] / "bundles" / "house"


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Untrained networks of every part, as the exporter writes them."""
    torch.manual_seed(0)
    told = defaultdict(lambda: 1.0)  # whatever figures of training the exporter asks for
    codec = Codec(CodecConfig(decoder_dim=32, decoder_blocks=2, encoder_dim=16, encoder_blocks=1))
    parts = (Part("bass", 28, 9, 2, 2),)
    generator = StreamingGenerator(StreamingConfig(dim=32, parts=parts, motion_dim=16, visual_dim=8))
    folder = tmp_path_factory.mktemp("bundles") / "small"
    export_bundle(codec, generator, folder, told, "drawn")  # type: ignore[arg-type]
    return load_bundle(folder)


@pytest.fixture(params=["small", "shipped"])
def bundle(request: pytest.FixtureRequest, small: Bundle) -> Bundle:
    return small if request.param == "small" else load_bundle(SHIPPED)


def whole(path: Path) -> TorchGraph:
    """A graph of a bundle, untrimmed."""
    model = prepared(onnx.load(path), "fp32")
    untrim(model)
    return TorchGraph(model)


def played(graph: TorchGraph, inputs: Inputs) -> list[torch.Tensor]:
    with torch.inference_mode():
        return list(graph(*(torch.from_numpy(inputs[name]) for name in graph.inputs)))


def test_both_graphs_of_a_bundle_are_trimmed(bundle: Bundle) -> None:
    """Of the shipped one too: `python -m export house` makes it so."""
    for path in (bundle.generator, bundle.decoder):
        noted = [
            node for node in onnx.load(path).graph.node for one in node.metadata_props if WHOLE in one.key
        ]
        assert len(noted) > 5, f"{path} computes the whole window"


def test_where_it_is_heard_it_is_the_same(bundle: Bundle) -> None:
    windows = recorded_windows(bundle.manifest, 2)
    rows = {name: np.concatenate([one[name] for one in windows]) for name in windows[0]}
    span = decoder_span(bundle.manifest)
    (found,), (all_of_it,) = (
        played(graph, rows) for graph in (TorchGraph(bundle.generator), whole(bundle.generator))
    )
    np.testing.assert_allclose(
        found[..., span], all_of_it[..., span], atol=1e-4 * float(all_of_it.abs().max())
    )
    assert found.shape == all_of_it.shape and found[..., : span.start].abs().max() == 0
    assert all_of_it[..., : span.start].abs().max() > 0
    features = {
        "features": all_of_it[..., span].contiguous().numpy(),
        "clock": np.ascontiguousarray(rows["clock"][..., span]),
    }
    ours, full = played(TorchGraph(bundle.decoder), features), played(whole(bundle.decoder), features)
    assert torch.equal(ours[0], full[0]) and ours[1].shape == full[1].shape
    heard, largest = played_span(bundle.manifest), float(full[1].abs().max())
    np.testing.assert_allclose(ours[1][:, heard], full[1][:, heard], atol=2e-5 * largest)
    assert ours[1][:, : heard.start].abs().max() == 0


def test_a_fifth_of_the_arithmetic_is_saved() -> None:
    bundle = load_bundle(SHIPPED)
    (window,) = recorded_windows(bundle.manifest, 1)
    codes = bundle.manifest.decoder_codes
    features = {"features": np.zeros((1, 64, codes), np.float32), "clock": np.zeros((1, codes), np.float32)}
    for path, given, most in ((bundle.generator, window, 0.65), (bundle.decoder, features, 0.9)):
        counts = []
        for graph in (TorchGraph(path), whole(path)):
            with FlopCounterMode(display=False) as counter:
                played(graph, given)
            counts.append(counter.get_total_flops())
        assert counts[0] < most * counts[1]


def test_the_baseline_computes_all_of_the_window(bundle: Bundle) -> None:
    """Bit for bit what the same networks render that were never trimmed."""
    (window,) = recorded_windows(bundle.manifest, 1)
    codes, samples = FullWindow(bundle, "cpu", 1).render(window)
    manifest = bundle.manifest
    rate = manifest.samples_per_code
    assert samples.shape == (1, manifest.window_codes * rate) and codes.shape[-1] == manifest.window_codes
    pieces = samples.reshape(-1, 8 * rate)
    assert (pieces.abs().amax(1) > 0).all()  # nowhere zero, as it would be where it is trimmed
    (features,) = played(whole(bundle.generator), window)
    sizes = (manifest.decoder_codes, manifest.window_codes, rate)
    decoder = prepared(onnx.load(bundle.decoder), "fp32")
    untrim(decoder)
    given = {"features": features.numpy(), "clock": window["clock"]}
    again = played(TorchGraph(lengthened(decoder, *sizes)), given)
    assert torch.equal(again[0], codes) and torch.equal(again[1], samples)


def test_untrimmed_is_what_was_exported(tmp_path: Path) -> None:
    """Not a bit of it is changed."""
    torch.manual_seed(1)
    decoder = FeatureDecoder(Codec(CodecConfig(decoder_dim=16, decoder_blocks=1))).eval()
    features, path = torch.randn(2, 64, 118), tmp_path / "decoder.onnx"
    to_onnx(decoder, {"features": features}, ["codes", "samples"], path)
    given = {"features": features.numpy()}
    before, heard = played(TorchGraph(path), given), slice(40, 60)
    assert trim(path, "samples", heard) > 10
    less, after = played(TorchGraph(path), given), played(whole(path), given)
    assert all(torch.equal(one, other) for one, other in zip(before, after, strict=True))
    part = slice(heard.start * 128, heard.stop * 128)
    np.testing.assert_allclose(less[1][:, part], before[1][:, part], atol=1e-5 * float(before[1].abs().max()))


def test_a_graph_that_does_not_go_code_by_code_is_refused(tmp_path: Path) -> None:
    folder = make_toy_bundle(tmp_path)
    with pytest.raises(BundleError, match="leave it whole"):
        trim(folder / "decoder.onnx", "samples", slice(0, 142))


def test_the_exporter_trims_and_a_second_time_is_refused(
    small: Bundle, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    shutil.copytree(small.folder, tmp_path / "small")
    assert main(["trim", "--bundle", str(tmp_path / "small")]) == 2
    assert "trimmed already" in capsys.readouterr().err


def test_what_is_played_is_the_full_decode() -> None:
    """The shipped decoder on block, reserve and its context, against the same decoder on the whole window."""
    bundle = load_bundle(SHIPPED)
    manifest = bundle.manifest
    engine = OnnxRuntimeBackend(bundle)
    sizes = (manifest.decoder_codes, manifest.window_codes, manifest.samples_per_code)
    decoder = prepared(onnx.load(bundle.decoder), "fp32")
    untrim(decoder)
    longer = lengthened(decoder, *sizes)
    draw = np.random.default_rng(1)
    features = 0.5 * draw.standard_normal((1, 64, manifest.window_codes), dtype=np.float32)
    clock = 12_345 + np.arange(manifest.window_codes, dtype=np.float32)[None]
    heard = decoder_span(manifest)
    span, hours = np.ascontiguousarray(features[:, :, heard]), np.ascontiguousarray(clock[:, heard])
    codes, samples = engine._decoder.run(["codes", "samples"], {"features": span, "clock": hours})
    block = samples.reshape(1, -1)[:, played_span(manifest)]
    all_codes, all_samples = played(TorchGraph(longer), {"features": features, "clock": clock})
    first = manifest.layout.past * manifest.samples_per_code
    full = all_samples.numpy().reshape(1, -1)[:, first : first + block.shape[1]]
    assert np.array_equal(all_codes.numpy()[..., heard], codes)
    np.testing.assert_allclose(block, full, atol=2e-5 * np.abs(full).max())
    bare = span.copy()  # the context is needed: without it the block's edges would differ
    bare[:, :, : manifest.decoder_context_codes] = bare[:, :, -manifest.decoder_context_codes :] = 0
    cut = engine._decoder.run(["samples"], {"features": bare, "clock": hours})[0]
    assert np.abs(cut.reshape(1, -1)[:, played_span(manifest)] - full).max() > 1e-3 * np.abs(full).max()
