import numpy as np
import pytest

from configs.errors import BackendError
from realtime.backend.guarded import GuardedBackend
from tests.fakes import WINDOW, FakeBackend, manifest

LAYOUT = manifest().layout
INPUTS = {
    "phase": np.linspace(0, 4, WINDOW, dtype=np.float32)[None],
    "motion": np.zeros((1, 16, WINDOW), np.float32),
    "style": np.zeros((1, 10, WINDOW), np.float32),
}


class Loud(FakeBackend):
    def render(self, inputs):
        rendering = super().render(inputs)
        rendering.samples[:] *= 1e4
        return rendering


def refuse() -> FakeBackend:
    raise BackendError("the card is gone")


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (FakeBackend(LAYOUT, fail_at=[0]), "told to"),
        (FakeBackend(LAYOUT, corrupt_at=[0]), "no numbers"),
        (Loud(LAYOUT), "full scale"),
    ],
)
def test_a_bad_engine_is_replaced_within_the_hop(bad: FakeBackend, word: str) -> None:
    said: list[str] = []
    good = FakeBackend(LAYOUT)
    backend = GuardedBackend([lambda: bad, refuse, lambda: good], said.append)
    rendering = backend.render(INPUTS)
    np.testing.assert_array_equal(rendering.samples, FakeBackend(LAYOUT).render(INPUTS).samples)
    assert backend.replaced == 1
    assert word in said[0] and "the card is gone" in said[0] and "plays on" in said[0]


def test_an_engine_that_does_not_open_is_passed_over() -> None:
    said: list[str] = []
    GuardedBackend([refuse, lambda: FakeBackend(LAYOUT)], said.append).render(INPUTS)
    assert "the card is gone" in said[0]


def test_when_none_is_left_it_says_so() -> None:
    with pytest.raises(BackendError, match="No engine is left"):
        GuardedBackend([refuse], print)
    backend = GuardedBackend([lambda: FakeBackend(LAYOUT, fail_at=[0])], print)
    with pytest.raises(BackendError, match="told to"):
        backend.render(INPUTS)
    backend.render(INPUTS)  # and it may be tried again
