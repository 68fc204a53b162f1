"""The step fails on a script, as a mistake of ours would make it; the show must not notice."""

from dataclasses import replace

import numpy as np
import pytest

from configs.errors import BackendError
from configs.schema import ShowConfig
from dancer import DancerConfig, VirtualDancer
from realtime.controls import Controls
from realtime.grid import BeatGrid, wrap
from realtime.guarded_pipeline import GuardedPipeline
from realtime.pipeline import Hop, Pipeline
from realtime.vision import Observation
from tests.fakes import FakeBackend, manifest
from tests.realtime.test_pipeline import HOP_S, LEAD_S, observations, perform

BROKEN_S = 8.0
"""Long enough for the dancer to be followed first."""

AT = 20
"""The hop in which a single step fails."""


@pytest.fixture(scope="module")
def dance() -> list[Observation]:
    return observations(VirtualDancer(DancerConfig(bpm=112, style="house", seed=1, seconds=20)))


def guarded(said: list[str], **failures: object) -> GuardedPipeline:
    described = manifest()
    return GuardedPipeline(
        described,
        FakeBackend(described.layout, **failures),
        ShowConfig(),
        said.append,  # type: ignore[arg-type]
    )


def broken(monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline, part: str, method: str, when) -> None:
    """``method`` of a part of the pipeline raises where ``when`` says so of its arguments."""
    whole = getattr(pipeline, part) if part else pipeline
    works = getattr(whole, method)

    def fails(*args: object) -> object:
        if when(*args):
            raise ZeroDivisionError("as planned")
        return works(*args)

    monkeypatch.setattr(whole, method, fails)


def hop_at(seen: tuple[Observation, ...] = (), **parts: object) -> Hop:
    """Hop number ``AT``."""
    return replace(Hop(AT, AT * HOP_S, AT * HOP_S + LEAD_S, seen, Controls()), **parts)  # type: ignore[arg-type]


def shown_to(state, landmarks, time_s) -> bool:
    return landmarks is not None and BROKEN_S <= time_s < BROKEN_S + 1.0


def test_a_follower_that_raises_ends_a_bare_step(
    dance: list[Observation], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(manifest(), FakeBackend(manifest().layout), ShowConfig())
    broken(monkeypatch, pipeline, "follower", "update", shown_to)
    with pytest.raises(ZeroDivisionError):
        perform(pipeline, dance, 60)


def test_the_beat_goes_on_and_the_dancer_is_found_again(
    dance: list[Observation], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    untroubled, _ = perform(guarded(said), dance, 72)
    assert said == [] and untroubled[int(BROKEN_S / HOP_S)].grid.locked
    pipeline = guarded(said)
    broken(monkeypatch, pipeline, "follower", "update", shown_to)
    rendered, _ = perform(pipeline, dance, 72)
    assert len(said) == 1 and said[0].startswith("ZeroDivisionError: as planned, at ")  # of thirty frames
    assert "guarded_pipeline.py:" in said[0] and "pipeline.py:" in said[0]
    during = [one for one in rendered if BROKEN_S + 0.3 < one.heard_s < BROKEN_S + 1.0]
    assert during and not any(one.grid.locked for one in during)  # nobody is seen: no beat is claimed
    assert rendered[-1].grid.locked
    away = [
        wrap(one.phase_beats - other.phase_beats, 1) for one, other in zip(rendered, untroubled, strict=True)
    ]
    assert np.abs(away).max() < 0.1  # the same beats; this dancer's bar is found anew only late
    jumps = [np.abs(np.diff(one.block.samples)).max() for one in rendered]
    assert max(jumps) < 1.5 * max(np.abs(np.diff(one.block.samples)).max() for one in untroubled)


@pytest.mark.parametrize("by_hand", [{"bpm": 90.0}, {"nudge_beats": 0.5}, {"taps_s": (3.6, 4.1, 4.6)}, {}])
def test_what_was_turned_by_hand_stays(dance: list[Observation], by_hand: dict) -> None:
    pipeline = guarded([])
    _, state = perform(pipeline, dance, AT)
    external = None if by_hand else BeatGrid(0.0, 93.0, 0.3, 1.0)
    _, state = pipeline.step(state, hop_at(controls=Controls(**by_hand), external=external))
    forgotten = pipeline.forget(state)
    assert forgotten.follower.grid() == replace(state.follower.grid(), confidence=0.0)
    assert forgotten.history.seen == () and forgotten.people.followed is None
    for part in ("hand", "hand_until_s", "taps_s", "external", "nudge_beats"):
        assert getattr(forgotten.follower, part) == getattr(state.follower, part)


def test_a_step_that_raises_is_done_again_with_the_dancer_forgotten(
    dance: list[Observation], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    pipeline = guarded(said)
    _, state = perform(pipeline, dance, AT)
    broken(monkeypatch, pipeline, "", "_inputs", lambda moment: len(moment.history.seen) > 0)
    rendered, after = pipeline.step(state, hop_at(tuple(dance[160:164])))
    assert len(said) == 1
    assert np.abs(rendered.block.samples).max() > 0.01 and after.history.seen == ()


def test_one_performers_mistake_is_not_anothers(
    dance: list[Observation], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    pipeline = guarded(said)
    _, state = perform(pipeline, dance, AT)
    hop = hop_at()
    alone, _ = pipeline.step(state, hop)
    poisoned = replace(state, set_bpm=-1.0)
    broken(
        monkeypatch, pipeline, "", "_by_hand", lambda state, hop: state.set_bpm == -1.0 and state.history.seen
    )
    (first, _), (second, _) = pipeline.step_together([(state, hop), (poisoned, hop)])
    np.testing.assert_array_equal(first.block.samples, alone.block.samples)
    assert len(said) == 1 and second.followed is None


def test_a_held_hop_survives_it_too(dance: list[Observation], monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    pipeline = guarded(said)
    _, state = perform(pipeline, dance, AT)
    broken(monkeypatch, pipeline, "", "_follow", lambda state, hop: len(state.history.seen) > 0)
    held, after = pipeline.hold(state, hop_at())
    assert np.abs(held.block.samples).max() > 0.01 and after.history.seen == () and len(said) == 1


def test_a_cause_that_came_with_the_hop_goes_with_it(
    dance: list[Observation], monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = guarded([])
    _, state = perform(pipeline, dance, AT)
    turned = hop_at(controls=Controls(taps_s=(4.0,), nudge_beats=0.5))
    for part in ("taps_s", "nudge_beats"):
        with monkeypatch.context() as patch:
            broken(patch, pipeline, "", "_by_hand", lambda state, hop, part=part: getattr(hop.controls, part))
            assert not pipeline.step(state, turned)[0].grid.locked
    broken(monkeypatch, pipeline, "follower", "sync", lambda state, grid: grid is not None)
    rendered, _ = pipeline.step(state, hop_at(external=BeatGrid(0.0, 93.0, 0.3, 1.0)))
    assert rendered.grid.bpm != 93.0


@pytest.mark.parametrize("part", ["_grid", "_finish"])
def test_what_fails_again_is_held(
    dance: list[Observation], monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    pipeline = guarded([])
    _, state = perform(pipeline, dance, AT)
    hop = hop_at(tuple(dance[160:164]))
    broken(monkeypatch, pipeline, "", part, lambda *given: True)
    with pytest.raises(
        BackendError, match=r"the step failed .ZeroDivisionError: as planned, at .*pipeline.py:"
    ):
        pipeline.step(state, hop)
    held, after = pipeline.hold(state, hop)
    silent = not held.block.samples.any()
    assert silent == (part == "_grid")  # without a grid there is not even a reserve to be played on it
    assert len(held.block.samples) == len(held.block.reserve) == pipeline.manifest.hop_samples
    monkeypatch.undo()
    rendered, _ = pipeline.step(after, replace(hop, index=AT + 1, now_s=5.25, heard_s=5.45, observations=()))
    assert rendered.phase_beats == pytest.approx(held.phase_beats + 0.25 * held.grid.bpm / 60, abs=0.1)


def test_an_engines_failure_is_not_taken_for_the_dancers(dance: list[Observation]) -> None:
    said: list[str] = []
    with pytest.raises(BackendError):
        perform(guarded(said, fail_at=(5,)), dance, 10)
    assert said == []
