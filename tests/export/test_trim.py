import shutil
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from configs.bundle import load_bundle
from configs.errors import BundleError
from export.__main__ import main
from export.house import export_bundle
from export.trim import trim
from models.codec import Codec, CodecConfig
from models.streaming import StreamingConfig, StreamingGenerator
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
