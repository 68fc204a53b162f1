import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from configs.bundle import Bundle
from configs.errors import BackendError
from realtime.backend import open_backend
from realtime.backend.base import Inputs
from realtime.backend.cuda import Card, Cuda, driver_problem
from realtime.backend.engine_cache import write_engine
from realtime.backend.hop_graph import hop_model
from realtime.backend.onnxruntime import OnnxRuntimeBackend
from realtime.backend.tensorrt import TensorRtBackend, cached, check_card, key_for
from realtime.backend.tensorrt_build import Batch
from realtime.backend.torch_graph import TorchGraph
from realtime.backend.windows import batch
from tests.realtime.backend.fake_trt import TRT, FakeCuda, FakeEngine

NO_CARD = driver_problem()


def backend(toy: Bundle, largest: int = 4) -> tuple[TensorRtBackend, FakeCuda, FakeEngine]:
    graph, cuda = TorchGraph(hop_model(toy)), FakeCuda()
    inputs = {tensor.name: (-1, *tensor.shape[1:]) for tensor in toy.manifest.inputs}
    engine = FakeEngine(graph, inputs, {"codes": (-1, 142), "samples": (-1, 11008)}, cuda)
    return TensorRtBackend(TRT, engine, cuda, "fake", largest, engine.context), cuda, engine


def test_a_captured_hop_renders_what_onnx_runtime_renders(toy: Bundle, windows: list[Inputs]) -> None:
    engine, cuda, _ = backend(toy)
    reference = OnnxRuntimeBackend(toy)
    for window in windows:
        np.testing.assert_allclose(engine.render(window).samples, reference.render(window).samples, atol=1e-5)
    assert cuda.launches == len(windows)


def test_one_synchronisation_a_hop_after_the_first(toy: Bundle, windows: list[Inputs]) -> None:
    engine, cuda, _ = backend(toy)
    engine.render(windows[0])
    before = cuda.synchronisations
    engine.render(windows[1])
    assert cuda.synchronisations == before + 1


def test_a_rendering_is_not_overwritten_by_the_next(toy: Bundle, windows: list[Inputs]) -> None:
    engine, _, _ = backend(toy)
    first = engine.render(windows[0])
    kept = first.samples.copy()
    engine.render(windows[1])
    np.testing.assert_array_equal(first.samples, kept)


def test_more_performers_than_fit_are_rendered_in_several_calls(toy: Bundle, windows: list[Inputs]) -> None:
    engine, cuda, fake = backend(toy, largest=4)
    many = batch(windows, 10)
    found = engine.render(many)
    np.testing.assert_allclose(found.samples, OnnxRuntimeBackend(toy).render(many).samples, atol=1e-5)
    assert cuda.launches == 3 and fake.contexts == 2  # 4 + 4 + 2: one context for each number of rows


def test_a_card_it_does_not_name_is_refused(toy: Bundle) -> None:
    hopper = Card("H200", (9, 0), 13000, "")
    with pytest.raises(BackendError, match=r"not made for H200 \(SM90\): use --backend torch"):
        check_card(TRT, hopper)
    check_card(TRT, FakeCuda.card)


def test_damaged_engines_in_the_cache_are_told_of_and_passed_over(tmp_path: Path) -> None:
    own = key_for(TRT, FakeCuda.card, "SM89", "fp16", Batch(), b"graph")
    ahead = key_for(TRT, None, "SM89", "fp16", Batch(), b"graph")
    said: list[str] = []
    assert cached(tmp_path, [own, ahead], said.append) is None and not said
    write_engine(tmp_path, ahead, b"built ahead of time")
    assert cached(tmp_path, [own, ahead], said.append) == b"built ahead of time"
    path = write_engine(tmp_path, own, b"built here")
    path.write_bytes(path.read_bytes()[:-3])
    assert cached(tmp_path, [own, ahead], said.append) == b"built ahead of time"
    assert "truncated" in said[0] and "built again" in said[0]
    elsewhere = replace(own, card="RTX 3060")
    write_engine(tmp_path, elsewhere, b"another card's").rename(path)
    assert cached(tmp_path, [own], said.append) is None and "RTX 3060" in said[1]


@pytest.mark.skipif(NO_CARD is None, reason="LOUD: there is a card, the refusals without one were not tested")
def test_without_a_card_it_is_one_sentence_and_nothing_is_deserialised(
    toy: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    trt = pytest.importorskip("tensorrt_rtx", reason="LOUD: tensorrt_rtx is not installed")

    def crash(*_: object) -> None:
        raise AssertionError("the runtime was touched without a card")

    monkeypatch.setattr(trt, "Runtime", crash)
    with pytest.raises(BackendError, match=r"is installed, but .*: use --backend onnxruntime"):
        open_backend("tensorrt", toy)
    with pytest.raises(BackendError, match="use --backend onnxruntime"):
        Cuda()


def test_without_the_package_it_is_one_sentence(toy: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    with pytest.raises(BackendError, match=r"not installed: pip install tensorrt-rtx-cu13==1\.7\.1\.116"):
        open_backend("tensorrt", toy)
