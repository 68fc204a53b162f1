from collections.abc import Callable

import numpy as np
import pytest

from configs.bundle import Bundle
from configs.errors import BackendError
from realtime.backend.base import Backend, Inputs, Rendering
from realtime.backend.gate import compare, pass_gate
from realtime.backend.guarded import GuardedBackend
from realtime.backend.onnxruntime import OnnxRuntimeBackend
from realtime.backend.tensorrt import first_that_passes


class Changed:
    """ONNX Runtime with something done to its sound."""

    def __init__(self, engine: Backend, name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
        self.name, self._engine, self._change = name, engine, change

    def render(self, inputs: Inputs) -> Rendering:
        found = self._engine.render(inputs)
        return Rendering(found.codes, self._change(found.samples.copy()))


def nothing(samples: np.ndarray) -> np.ndarray:
    return samples


def no_numbers(samples: np.ndarray) -> np.ndarray:
    samples[:, 100] = np.nan
    return samples


def noise(samples: np.ndarray) -> np.ndarray:
    return samples + 0.1 * np.random.default_rng(0).standard_normal(samples.shape).astype(np.float32)


@pytest.fixture(scope="module")
def reference(toy: Bundle) -> OnnxRuntimeBackend:
    return OnnxRuntimeBackend(toy)


BROKEN = [
    (lambda samples: samples * 0.25, "sounds different"),  # a lost scale
    (no_numbers, "no numbers"),
    (noise, "sounds different"),
    (lambda samples: samples[:, :-1], "where the reference has"),
    (lambda samples: samples * 1e5, "full scale"),
]


@pytest.mark.parametrize(("change", "word"), BROKEN)
def test_a_broken_engine_does_not_pass(
    change: Callable, word: str, reference: OnnxRuntimeBackend, windows: list[Inputs]
) -> None:
    with pytest.raises(BackendError, match=word):
        pass_gate(Changed(reference, "fp16", change), reference, windows)


@pytest.mark.parametrize(("change", "word"), BROKEN)
def test_the_next_precision_is_taken_and_told(
    change: Callable, word: str, reference: OnnxRuntimeBackend, windows: list[Inputs]
) -> None:
    said: list[str] = []

    def other_card() -> Backend:
        raise BackendError("engine file was built for something else")

    openers = [
        lambda: Changed(reference, "fp16", change),
        other_card,
        lambda: Changed(reference, "fp32", nothing),
    ]
    engine = first_that_passes(openers, reference, windows, said.append)
    assert engine.name == "fp32"
    assert word in said[0] and "something else" in said[0] and "fp32 passed the gate" in said[0]


def test_when_no_precision_passes_all_reasons_are_named(
    reference: OnnxRuntimeBackend, windows: list[Inputs]
) -> None:
    openers = [lambda change=change: Changed(reference, "engine", change) for change, _ in BROKEN]
    with pytest.raises(BackendError) as refusal:
        first_that_passes(openers, reference, windows, print)
    assert all(word in str(refusal.value) for _, word in BROKEN)
    playing = GuardedBackend(  # and the show goes on with the next backend
        [lambda: first_that_passes(openers, reference, windows, print), lambda: reference], lambda text: None
    )
    np.testing.assert_array_equal(playing.render(windows[0]).samples, reference.render(windows[0]).samples)


def test_the_same_sound_is_at_no_distance(reference: OnnxRuntimeBackend, windows: list[Inputs]) -> None:
    verdict = pass_gate(Changed(reference, "same", nothing), reference, windows)
    assert (verdict.distance, verdict.loudness_db, verdict.codes_equal, verdict.worst_sample) == (0, 0, 1, 0)


def test_distance_grows_with_the_difference(reference: OnnxRuntimeBackend, windows: list[Inputs]) -> None:
    given = reference.render(windows[0])
    distances = [
        compare(Rendering(given.codes, given.samples * scale), given).distance
        for scale in (1.0, 0.97, 0.8, 0.5)
    ]
    assert distances == sorted(distances) and distances[0] == 0 < distances[1]
