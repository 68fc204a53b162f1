import numpy as np
import pytest

from configs.bundle import Bundle
from configs.errors import BackendError
from realtime.backend.base import Inputs
from realtime.backend.gate import pass_gate
from realtime.backend.onnxruntime import OnnxRuntimeBackend
from realtime.backend.windows import batch

torch = pytest.importorskip("torch", reason="LOUD: torch is not installed, its backend was not tested")
from realtime.backend.hop_graph import hop_model  # noqa: E402
from realtime.backend.torch import TorchBackend  # noqa: E402
from realtime.backend.torch_graph import TorchGraph  # noqa: E402


def test_the_toy_is_the_same_in_torch(toy: Bundle, windows: list[Inputs]) -> None:
    verdict = pass_gate(TorchBackend(toy, "cpu"), OnnxRuntimeBackend(toy), windows)
    assert verdict.codes_equal == 1 and verdict.worst_sample < 1e-4


def test_the_house_bundle_is_the_same_in_torch(house: Bundle, windows: list[Inputs]) -> None:
    verdict = pass_gate(TorchBackend(house, "cpu"), OnnxRuntimeBackend(house), windows[:2])
    assert verdict.codes_equal > 0.995 and verdict.distance < 0.005


def test_the_house_bundle_in_bf16_passes(house: Bundle, windows: list[Inputs]) -> None:
    engine = TorchBackend(house, "cpu", "bf16")
    verdict = pass_gate(engine, OnnxRuntimeBackend(house), windows[:2])
    assert verdict.distance > 0  # it is another precision indeed
    assert "bf16" in engine.name


def test_several_performers_in_one_call_hear_what_each_hears_alone(
    house: Bundle, windows: list[Inputs]
) -> None:
    for engine in (OnnxRuntimeBackend(house), TorchBackend(house, "cpu")):
        together = engine.render(batch(windows, 3))
        for row in range(3):
            alone = engine.render(windows[row])
            equal = together.codes[row] == alone.codes[0]
            assert equal.mean() > 0.995
            if equal.all():
                np.testing.assert_allclose(together.samples[row], alone.samples[0], atol=1e-4)


def test_an_operator_it_does_not_know_is_named(toy: Bundle) -> None:
    model = hop_model(toy)
    model.graph.node[0].op_type = "Einsum"
    with pytest.raises(BackendError, match="Einsum"):
        TorchGraph(model)


def test_no_gpu_is_a_sentence(toy: Bundle) -> None:
    if torch.cuda.is_available():
        pytest.skip("LOUD: there is a CUDA device, the refusal without one was not tested")
    with pytest.raises(BackendError, match="sees no CUDA device"):
        TorchBackend(toy, "cuda")


def test_a_missing_input_is_a_backend_error(toy: Bundle, windows: list[Inputs]) -> None:
    with pytest.raises(BackendError, match="failed on a window"):
        TorchBackend(toy, "cpu").render({"motion": windows[0]["motion"]})
