import sys

import numpy as np
import pytest

from configs.bundle import Bundle
from configs.errors import BackendError
from realtime.backend import open_backend
from realtime.backend.auto import Candidate, fastest
from realtime.backend.base import Backend, Inputs, Rendering
from realtime.backend.onnxruntime import OnnxRuntimeBackend, session_options


class Timed:
    """An engine that takes a told time on a clock that only it moves."""

    now_s = 0.0

    def __init__(self, engine: Backend, name: str, takes_s: float, gain: float = 1.0) -> None:
        self.name, self._engine, self._takes_s, self._gain = name, engine, takes_s, gain

    def render(self, inputs: Inputs) -> Rendering:
        Timed.now_s += self._takes_s
        found = self._engine.render(inputs)
        return Rendering(found.codes, found.samples * np.float32(self._gain))


def choose(
    toy: Bundle, windows: list[Inputs], others: list[Candidate], cpu_s: float = 0.1
) -> tuple[str, list[str]]:
    said: list[str] = []
    reference = Timed(OnnxRuntimeBackend(toy), "onnxruntime cpu", cpu_s)
    found = fastest(reference, others, lambda: windows, 0.25, said.append, lambda: Timed.now_s)
    return found.name, said


def candidate(toy: Bundle, name: str, takes_s: float, gain: float = 1.0, on_cpu: bool = False) -> Candidate:
    return Candidate(lambda: Timed(OnnxRuntimeBackend(toy), name, takes_s, gain), on_cpu)


def test_the_fastest_that_passes_is_taken(toy: Bundle, windows: list[Inputs]) -> None:
    others = [
        candidate(toy, "slow", 0.2),
        candidate(toy, "fast and wrong", 0.001, gain=3.0),
        candidate(toy, "fast", 0.01),
        candidate(toy, "middling", 0.05),
    ]
    name, said = choose(toy, windows, others)
    assert name == "fast"
    assert len(said) == 1 and "fast and wrong is refused: it sounds different" in said[0]


def test_one_that_does_not_open_is_told_of(toy: Bundle, windows: list[Inputs]) -> None:
    def refuse() -> Backend:
        raise BackendError("the card is of an unknown kind")

    name, said = choose(toy, windows, [Candidate(refuse, on_cpu=False)])
    assert name == "onnxruntime cpu" and said == ["the card is of an unknown kind"]


def test_other_engines_for_the_processor_are_not_tried_when_the_hop_is_easy(
    toy: Bundle, windows: list[Inputs]
) -> None:
    others = [candidate(toy, "bf16", 0.001, on_cpu=True)]
    assert choose(toy, windows, others, cpu_s=0.01)[0] == "onnxruntime cpu"
    assert choose(toy, windows, others, cpu_s=0.1)[0] == "bf16"


def test_auto_names_what_it_took(toy: Bundle) -> None:
    assert open_backend("auto", toy, say=lambda text: None).name


def test_torch_not_installed_is_a_sentence(toy: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.backend.choose.importlib.util.find_spec", lambda name: None)
    with pytest.raises(BackendError, match="torch is not installed: pip install"):
        open_backend("torch", toy)


def test_triton_without_client_or_server_is_a_sentence(toy: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackendError, match="--server HOST:PORT"):
        open_backend("triton", toy)
    monkeypatch.setitem(sys.modules, "tritonclient.grpc", None)
    with pytest.raises(BackendError, match="not installed: pip install"):
        open_backend("triton", toy, server="127.0.0.1:1")


def test_an_unknown_name_lists_the_known(toy: Bundle) -> None:
    with pytest.raises(BackendError, match="onnxruntime, tensorrt, torch or triton"):
        open_backend("magic", toy)


def test_a_provider_that_is_not_there_is_a_sentence(toy: Bundle) -> None:
    with pytest.raises(BackendError, match="has no NoSuchExecutionProvider"):
        OnnxRuntimeBackend(toy, providers=["NoSuchExecutionProvider"])


def test_threads_are_pinned_beside_the_calling_one(toy: Bundle, windows: list[Inputs]) -> None:
    options = session_options(2, [1])
    assert options.get_session_config_entry("session.intra_op_thread_affinities") == "2"
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"
    with pytest.raises(BackendError, match="3 threads need 2 cores"):
        session_options(3, [1])
    with pytest.raises(BackendError, match="cores of 0"):
        session_options(2, [10_000])
    alone, two = OnnxRuntimeBackend(toy), OnnxRuntimeBackend(toy, threads=2, cores=[1])
    np.testing.assert_allclose(two.render(windows[0]).samples, alone.render(windows[0]).samples, atol=1e-5)
