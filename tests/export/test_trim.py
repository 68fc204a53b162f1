import shutil
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from configs.bundle import load_bundle
from configs.errors import BundleError
from export.__main__ import main
from export.house import export_bundle
from export.trim import trim
from models.codec import Codec, CodecConfig
from models.streaming import StreamingConfig, StreamingGenerator
from realtime.backend.base import decoder_span, played_span
from realtime.backend.eager import lengthened
from realtime.backend.hop_graph import prepared
from realtime.backend.onnxruntime import OnnxRuntimeBackend
from realtime.backend.torch_graph import TorchGraph
from tests.toy_bundle import make_toy_bundle

ROOT = Path(__file__).parents[2]
SHIPPED = ROOT / "bundles" / "house"


def run(path: Path, inputs: dict[str, np.ndarray]) -> np.ndarray:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, inputs)[0]


def test_where_it_is_heard_it_is_the_same(tmp_path: Path) -> None:
    """The shipped generator's own graph, trimmed to less and less (it may have been trimmed already)."""
    bundle = load_bundle(SHIPPED)
    path = tmp_path / "generator.onnx"
    shutil.copy(bundle.generator, path)
    draw = np.random.default_rng(0)
    inputs = {
        tensor.name: draw.random([2, *tensor.shape[1:]], dtype=np.float32)
        for tensor in bundle.manifest.inputs
    }
    manifest = bundle.manifest
    first = manifest.layout.past - manifest.decoder_context_codes
    heard = slice(first, first + manifest.decoder_codes)
    whole = run(path, inputs)
    try:
        begin, end = trim(path, heard, manifest.window_codes)
    except BundleError as error:
        assert "trimmed already" in str(error)
        assert np.abs(whole[..., : heard.start]).max() == 0
        return
    assert 0 < begin < heard.start and heard.stop <= end <= manifest.window_codes
    trimmed = run(path, inputs)
    assert trimmed.shape == whole.shape
    np.testing.assert_allclose(trimmed[..., heard], whole[..., heard], atol=1e-5)
    assert np.abs(trimmed[..., : heard.start]).max() == 0


def test_a_graph_without_a_joint_is_refused(tmp_path: Path) -> None:
    folder = make_toy_bundle(tmp_path)
    with pytest.raises(BundleError, match="no joint"):
        trim(folder / "decoder.onnx", slice(10, 20), 142)


def test_the_exporter_trims_and_a_second_time_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    told = defaultdict(lambda: 1.0)  # whatever figures of training the exporter asks for
    codec = Codec(CodecConfig(decoder_dim=32, decoder_blocks=2, encoder_dim=16, encoder_blocks=1))
    generator = StreamingGenerator(StreamingConfig(dim=32, sheet_dim=16, motion_dim=16, visual_dim=8))
    export_bundle(codec, generator, tmp_path / "small", told, "drawn")  # type: ignore[arg-type]
    assert main(["trim", "--bundle", str(tmp_path / "small")]) == 2
    assert "trimmed already" in capsys.readouterr().err


def test_what_is_played_is_the_full_decode() -> None:
    """The shipped decoder on block, reserve and its context, against the same decoder on the whole window.

    Its clock turns once a hop (models/codec.py) and starts where decoding does: both are given the same hour.
    """
    bundle = load_bundle(SHIPPED)
    manifest = bundle.manifest
    engine = OnnxRuntimeBackend(bundle)
    sizes = (manifest.decoder_codes, manifest.window_codes, manifest.samples_per_code)
    longer = lengthened(prepared(onnx.load(bundle.decoder), "fp32"), *sizes)
    turn = manifest.layout.block
    for tensor in longer.graph.initializer:
        if manifest.window_codes in tensor.dims and len(tensor.dims) == 3:
            clock = onnx.numpy_helper.to_array(tensor)[..., :turn]
            hours = (np.arange(manifest.window_codes) - decoder_span(manifest).start) % turn
            tensor.CopyFrom(onnx.numpy_helper.from_array(clock[..., hours], tensor.name))
    whole = TorchGraph(longer)
    draw = np.random.default_rng(1)
    features = 0.5 * draw.standard_normal((1, 64, manifest.window_codes), dtype=np.float32)
    span = np.ascontiguousarray(features[:, :, decoder_span(manifest)])
    codes, samples = engine._decoder.run(["codes", "samples"], {"features": span})
    played = samples.reshape(1, -1)[:, played_span(manifest)]
    with torch.inference_mode():
        all_codes, all_samples = whole(torch.from_numpy(features))
    first = manifest.layout.past * manifest.samples_per_code
    full = all_samples.numpy().reshape(1, -1)[:, first : first + played.shape[1]]
    assert np.array_equal(all_codes.numpy()[..., decoder_span(manifest)], codes)
    np.testing.assert_allclose(played, full, atol=2e-5 * np.abs(full).max())
    bare = span.copy()  # the context is needed: without it the block's edges would differ
    bare[:, :, : manifest.decoder_context_codes] = bare[:, :, -manifest.decoder_context_codes :] = 0
    cut = engine._decoder.run(["samples"], {"features": bare})[0].reshape(1, -1)[:, played_span(manifest)]
    assert np.abs(cut - full).max() > 1e-3 * np.abs(full).max()
