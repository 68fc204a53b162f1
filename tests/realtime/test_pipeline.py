from dataclasses import replace

import numpy as np
import pytest

from configs.errors import BackendError, BundleError
from configs.schema import ShowConfig
from dancer import DancerConfig, VirtualDancer
from realtime.controls import Controls, SetStyle, turn
from realtime.pipeline import Hop, Pipeline, State
from realtime.types import Beat, FreeBeat, Landmarks
from realtime.vision import Observation
from tests.fakes import FakeBackend, manifest

HOP_S = 5504 / 22050
LEAD_S = 0.22
SETTLE_S = 0.07


def observations(dancer: VirtualDancer, fps: float = 30.0, seconds: float = 20.0) -> list[Observation]:
    visual = np.array([0.5, 0.4, 0.5, 0.2, 0, 0], np.float32)
    aspect = dancer.config.width / dancer.config.height
    seen = []
    for index in range(int(seconds * fps)):
        time_s = index / fps
        person = Landmarks(time_s, dancer.landmarks(time_s).astype(np.float32), aspect)
        seen.append(Observation(index, time_s, (person,), visual))
    return seen


def make(config: ShowConfig | None = None, **failures: object) -> Pipeline:
    described = manifest()
    return Pipeline(described, FakeBackend(described.layout, **failures), config or ShowConfig())  # type: ignore[arg-type]


def perform(
    pipeline: Pipeline, seen: list[Observation], hops: int, controls: Controls | None = None
) -> tuple[list, State]:
    controls = controls or Controls()
    state, rendered, given = pipeline.start(controls), [], 0
    for index in range(hops):
        now_s = index * HOP_S
        fresh = [o for o in seen[given:] if o.time_s <= now_s - SETTLE_S + 1e-9]
        given += len(fresh)
        one, state = pipeline.step(state, Hop(index, now_s, now_s + LEAD_S, tuple(fresh), controls))
        rendered.append(one)
    return rendered, state


@pytest.fixture(scope="module")
def dance() -> list[Observation]:
    return observations(VirtualDancer(DancerConfig(bpm=112, style="house", seed=1, seconds=20)))


def test_same_input_same_bytes(dance: list[Observation]) -> None:
    first, _ = perform(make(), dance, 20)
    second, _ = perform(make(), dance, 20)
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one.block.samples, other.block.samples)
        assert one.score == other.score


def test_step_leaves_the_state_it_was_given(dance: list[Observation]) -> None:
    pipeline = make()
    _, state = perform(pipeline, dance, 10)
    hop = Hop(10, 10 * HOP_S, 10 * HOP_S + LEAD_S, tuple(dance[80:84]), Controls())
    first, _ = pipeline.step(state, hop)
    again, _ = pipeline.step(state, hop)
    np.testing.assert_array_equal(first.block.samples, again.block.samples)


def test_blocks_are_contiguous_and_bounded(dance: list[Observation]) -> None:
    rendered, _ = perform(make(), dance, 30)
    for index, one in enumerate(rendered):
        assert one.block.start_sample == index * 5504 and len(one.block.samples) == 5504
        assert len(one.block.reserve) == 5504
        assert np.abs(one.block.samples).max() <= 0.9


def test_no_seam_between_blocks(dance: list[Observation]) -> None:
    rendered, _ = perform(make(), dance, 60)
    sound = np.concatenate([one.block.samples for one in rendered])[5504 * 8 :]
    jumps = np.abs(np.diff(sound))
    joins = np.arange(5504, len(sound) - 1, 5504) - 1
    elsewhere = np.delete(jumps, joins)
    assert jumps[joins].max() <= elsewhere.max()
    assert jumps[joins].mean() < 2 * elsewhere.mean() + 1e-4


def test_beats_lie_on_the_sound(dance: list[Observation]) -> None:
    """The fake clicks where its phase input passes whole beats; the score must say the same samples."""
    rendered, _ = perform(make(ShowConfig.model_validate({"follow": {"free_beats": True}})), dance, 60)
    sound = np.concatenate([one.block.samples for one in rendered])
    beats = [event.sample for one in rendered for event in one.score if isinstance(event, Beat)]
    assert len(beats) > 15
    for sample in beats[4:-1]:
        before, after = sound[sample - 600 : sample - 200], sound[sample : sample + 400]
        assert np.abs(after).max() > np.abs(before).max() + 0.1


def test_audible_beats_fall_on_the_dancers(dance: list[Observation]) -> None:
    dancer = VirtualDancer(DancerConfig(bpm=112, style="house", seed=1, seconds=20))
    rendered, _ = perform(make(), dance, 75)
    heard = [
        one.heard_s + (event.sample - one.block.start_sample) / 22050
        for one in rendered
        for event in one.score
        if isinstance(event, Beat) and one.heard_s > 8.0
    ]
    assert len(heard) > 12
    truth = dancer.truth.beat_times_s
    errors = [np.abs(truth - time_s).min() for time_s in heard]
    assert np.median(errors) < 0.035


def test_style_changes_wait_for_the_bar(dance: list[Observation]) -> None:
    pipeline = make()
    _, state = perform(pipeline, dance, 20)
    backend = pipeline.backend
    assert isinstance(backend, FakeBackend)
    controls = turn(Controls(), SetStyle("krump"))
    for index in range(20, 32):
        now_s = index * HOP_S
        _, state = pipeline.step(state, Hop(index, now_s, now_s + LEAD_S, (), controls))
    starts = []
    for inputs in backend.seen[-12:]:
        style, phase = inputs["style"][0], inputs["phase"][0]
        change = np.flatnonzero(np.diff(style[7]) > 0.5)
        starts += [phase[place + 1] % 4 for place in change]
    assert starts and all(value < 0.05 for value in starts)
    assert backend.seen[-1]["style"][0, 7].min() == 1.0 or starts


def test_mute_fades_and_panic_forgets(dance: list[Observation]) -> None:
    pipeline = make()
    _, state = perform(pipeline, dance, 20)
    hop = Hop(20, 20 * HOP_S, 20 * HOP_S + LEAD_S, (), Controls(mute=True))
    muted, after = pipeline.step(state, hop)
    assert np.all(muted.block.samples[2000:] == 0) and np.abs(muted.block.samples[:20]).max() > 0
    panicked, state = pipeline.step(after, replace(hop, index=21, controls=Controls(panic=True)))
    assert panicked.grid.confidence < 0.05
    assert not state.history.seen


def test_a_set_tempo_is_played_at_once(dance: list[Observation]) -> None:
    rendered, _ = perform(make(), dance, 40, Controls(bpm=90.0))
    beats = [event for one in rendered for event in one.score if isinstance(event, Beat)]
    gaps = np.diff([beat.sample for beat in beats])
    np.testing.assert_allclose(gaps, 22050 * 60 / 90, atol=2)


def test_engine_failure_leaves_the_state_usable(dance: list[Observation]) -> None:
    pipeline = make(fail_at=[5])
    _, state = perform(pipeline, dance, 5)
    hop = Hop(5, 5 * HOP_S, 5 * HOP_S + LEAD_S, (), Controls())
    with pytest.raises(BackendError):
        pipeline.step(state, hop)
    rendered, _ = pipeline.step(state, hop)
    assert len(rendered.block.samples) == 5504


def test_a_bundle_that_wants_the_unknown_is_refused_by_name() -> None:
    described = manifest()
    strange = described.inputs[0].model_copy(update={"name": "smell"})
    changed = described.model_copy(update={"inputs": (*described.inputs, strange)})
    with pytest.raises(BundleError, match="smell"):
        Pipeline(changed, FakeBackend(described.layout), ShowConfig())


def test_a_held_hop_plays_the_reserve_then_fades(dance: list[Observation]) -> None:
    pipeline = make()
    _, state = perform(pipeline, dance, 10)
    reserve = state.reserve.copy()
    first, state = pipeline.hold(state, Hop(10, 10 * HOP_S, 10 * HOP_S + LEAD_S, (), Controls()))
    np.testing.assert_allclose(first.block.samples[:4000], reserve[:4000], atol=1e-4)
    second, state = pipeline.hold(state, Hop(11, 11 * HOP_S, 11 * HOP_S + LEAD_S, (), Controls()))
    assert np.all(second.block.samples[600:] == 0)
    third, _ = pipeline.step(state, Hop(12, 12 * HOP_S, 12 * HOP_S + LEAD_S, (), Controls()))
    assert np.abs(third.block.samples).max() > 0.1
    joined = np.concatenate([first.block.samples, second.block.samples, third.block.samples])
    assert np.abs(np.diff(joined)).max() < 0.3


def test_while_nobody_dances_the_musics_own_beats_are_marked_as_free() -> None:
    """Lights that ask for them go on with the music; for all others there is no beat."""
    pipeline = make()
    rendered, _ = perform(pipeline, [], 40)
    events = [event for one in rendered for event in one.score]
    assert not any(isinstance(event, Beat) for event in events)
    free = [event.beat for event in events if isinstance(event, FreeBeat)]
    gaps = np.diff([beat.sample for beat in free])
    assert len(free) > 10 and np.ptp(gaps) <= 4  # the style's own tempo, evenly
    assert [beat.beat_in_bar for beat in free[:8]] == [
        (free[0].beat_in_bar - 1 + n) % 4 + 1 for n in range(8)
    ]
