"""A real show of a recorded dance, toy bundle: engines, sinks, disks and traces fail on a script."""

import importlib
import json
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from configs.schema import load_config
from realtime.backend.guarded import GuardedBackend
from realtime.chaos import FaultyEngine
from realtime.show import Show, Summary
from realtime.sinks import QuietSink
from realtime.status import ShowStatus
from realtime.types import Block, TimedEvent
from tests.toy_bundle import make_toy_bundle

pytestmark = pytest.mark.pose
FIRST_FAULT = 20
BAR_S = 4 * 60 / 110


class Audience(QuietSink):
    """Hears everything."""

    name = "audience"

    def __init__(self) -> None:
        self.blocks: list[Block] = []

    def play(self, block: Block, heard_at_s: float) -> None:
        self.blocks.append(block)

    @property
    def heard(self) -> np.ndarray:
        return np.concatenate([block.samples for block in self.blocks])


class Script(FaultyEngine):
    """Fails on the named calls, counted without the warm-up."""

    def __init__(self, engine, todo: dict[int, str]) -> None:
        super().__init__(engine)
        self._script, self._call = todo, -3

    def render(self, inputs):
        self.todo = [self._script.get(self._call, "")]
        self._call += 1
        return super().render(inputs)


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_toy_bundle(tmp_path_factory.mktemp("bundle") / "toy")


@pytest.fixture(scope="module", autouse=True)
def dance(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten seconds, seen once by the real pose tracker; every show below is danced to it again."""
    DANCE.append(tmp_path_factory.mktemp("dance") / "dance.jsonl")
    keys = {
        "source": "demo:bpm=110,seed=1,seconds=12,fps=10",
        "seconds": 10.0,
        "bundle": toy,
        "trace": DANCE[0],
    }
    keys |= {"clock": "virtual", "audio": ("none",), "follow": {"bpm": 110.0}}
    Show(load_config(None, keys), lambda text: None).run(threading.Event())
    return DANCE[0]


DANCE: list[Path] = []


def perform(toy: Path, todo: dict[int, str], sinks: Sequence[QuietSink] = (), **keys: object):
    """A show of ten seconds whose engine fails as told; what was heard, said and summed up."""
    plan = {"source": str(DANCE[0]), "clock": "virtual", "audio": ("none",), "bundle": toy}
    plan |= {"follow": {"bpm": 110.0}} | keys
    said: list[str] = []
    show = Show(load_config(None, plan), said.append)
    engine = Script(show.backend, todo)
    show.pipeline.backend = GuardedBackend([lambda: engine], said.append)
    audience = Audience()
    for sink in (audience, *sinks):
        show.add_sink(sink)
    summary = show.run(threading.Event())
    return audience, said, summary, show


@pytest.fixture(scope="module")
def untroubled(toy: Path) -> np.ndarray:
    """What is heard where nothing fails."""
    return perform(toy, {})[0].heard


def beats_of(samples: np.ndarray) -> np.ndarray:
    """The toy's bursts: centres of loud stretches, s."""
    frames = np.sqrt((samples[: len(samples) // 110 * 110].reshape(-1, 110) ** 2).mean(1))
    loud = frames > 0.25 * np.quantile(frames, 0.99)
    edges = np.flatnonzero(np.diff(loud.astype(int)))
    return (edges[:-1:2] + edges[1::2]) / 2 * 110 / 22050 if len(edges) > 1 else edges


@pytest.mark.parametrize("kind", ["error", "nan"])
@pytest.mark.parametrize("hops", [1, 2, 12])
def test_an_engine_that_fails_is_not_heard(toy: Path, untroubled: np.ndarray, kind: str, hops: int) -> None:
    audience, said, summary, show = perform(toy, {FIRST_FAULT + index: kind for index in range(hops)})
    assert isinstance(summary, Summary) and summary.hops == 40 and show.held_hops == hops
    assert sum("the groove is held" in text for text in said) == 1
    assert sum("renders again" in text for text in said) == 1
    assert np.isfinite(audience.heard).all()
    beats, wanted = beats_of(audience.heard), beats_of(untroubled)
    wanted = wanted[(wanted > 1) & (wanted < 9)]
    nearest = np.abs(beats[None] - wanted[:, None]).min(1)
    assert nearest.max() < 0.03  # every beat is there, where it would have been
    jumps = np.abs(np.diff(audience.heard))
    assert jumps.max() < 1.5 * np.abs(np.diff(untroubled)).max()  # and nothing clicks


@pytest.mark.parametrize("place", ["features.kinematics.update", "realtime.pipeline.conduct"])
def test_a_mistake_of_ours_is_not_heard(
    toy: Path, untroubled: np.ndarray, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    module, name = place.rsplit(".", 1)
    works, heard = getattr(importlib.import_module(module), name), Audience()

    def fails(*args: Any) -> Any:
        if FIRST_FAULT < len(heard.blocks) < FIRST_FAULT + 8:
            raise ZeroDivisionError("as planned")
        return works(*args)

    monkeypatch.setattr(place, fails)
    audience, said, summary, show = perform(toy, {}, [heard])
    assert summary.hops == 40 and sum("a mistake in this program" in text for text in said) >= 1
    assert show.held_hops == (7 if place.endswith("conduct") else 0)
    assert np.isfinite(audience.heard).all()
    beats, wanted = beats_of(audience.heard), beats_of(untroubled)
    wanted = wanted[(wanted > 1) & (wanted < 9)]
    assert np.abs(beats[None] - wanted[:, None]).min(1).max() < 0.03


def test_everything_else_may_fail_too(toy: Path, tmp_path: Path) -> None:
    class Broken(QuietSink):
        name = "broken"

        def play(self, block: Block, heard_at_s: float) -> None:
            raise RuntimeError("as planned")

        def events(self, events: Sequence[TimedEvent]) -> None:
            raise KeyError("as planned")

        def status(self, status: ShowStatus) -> None:
            raise MemoryError("as planned")

        def close(self) -> None:
            raise OSError("as planned")

    healthy, _, _, _ = perform(toy, {})
    audience, said, summary, _ = perform(toy, {}, [Broken()], trace=Path("/dev/full"))
    np.testing.assert_array_equal(audience.heard, healthy.heard)
    assert summary.hops == 40
    assert sum("broken failed" in text for text in said) == 4
    assert sum("/dev/full" in text and "the show goes on" in text for text in said) == 1


def test_the_trace_of_a_show_with_faults_replays(toy: Path, tmp_path: Path) -> None:
    trace = tmp_path / "t.jsonl"
    audience, _, summary, _ = perform(toy, {}, trace=trace)
    whole = trace.read_bytes()
    trace.write_bytes(whole[: int(len(whole) * 0.6)])  # killed in the middle of a line
    again = Audience()
    config = load_config(
        None,
        {
            "source": str(trace),
            "clock": "virtual",
            "audio": ("none",),
            "bundle": toy,
            "follow": {"bpm": 110.0},
        },
    )
    show = Show(config, lambda text: None)
    show.add_sink(again)
    replayed = show.run(threading.Event())
    assert 0 < replayed.hops < summary.hops
    np.testing.assert_array_equal(again.heard[: replayed.hops * 5504], audience.heard[: replayed.hops * 5504])
    assert json.loads(whole.splitlines()[0])["kind"] == "show"


@pytest.mark.parametrize(("seconds", "hops"), [(3.0, 12), (60.0, 40)])
def test_a_replay_ends_when_it_is_told_to(
    toy: Path, untroubled: np.ndarray, seconds: float, hops: int
) -> None:
    audience, _, summary, _ = perform(toy, {}, seconds=seconds)
    assert summary.hops == hops
    np.testing.assert_array_equal(audience.heard[: hops * 5504], untroubled[: hops * 5504])
