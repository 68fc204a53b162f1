import numpy as np
import pytest

from configs.bundle import Manifest, Tensor
from configs.errors import BundleError
from configs.schema import ShowConfig
from dancer import DancerConfig, VirtualDancer
from realtime.controls import Controls
from realtime.inputs import InputMaker, Moment, whole_beats_s
from realtime.pipeline import Hop, Pipeline
from realtime.types import Landmarks
from realtime.vision import Observation
from realtime.window import History, code_numbers, code_times
from tests.fakes import FakeBackend, manifest

VISUAL = np.array([0.5, 0.4, 0.5, 0.2, 0, 0], np.float32)


def tensor(name: str, *shape: int, rate: str = "window") -> Tensor:
    return Tensor(name=name, shape=("B", *shape), dtype="float32", rate=rate, meaning="")  # type: ignore[arg-type]


def paper(*inputs: Tensor) -> Manifest:
    return manifest(inputs=inputs)


def history(seconds: float = 6.0) -> History:
    dancer, seen = VirtualDancer(DancerConfig(bpm=120, seed=1)), History()
    for index in range(int(seconds * 30)):
        time_s = index / 30
        person = Landmarks(time_s, dancer.landmarks(time_s).astype(np.float32), 4 / 3)
        seen = seen.add(Observation(index, time_s, (person,), VISUAL), person)
    return seen


def moment(seen: History, heard_s: float = 6.2, bpm: float = 120.0) -> Moment:
    times_s = code_times(manifest().layout, heard_s, 128, 22050)
    style = np.zeros((10, 344), np.float32)
    style[6] = 1
    return Moment(times_s, times_s * bpm / 60, bpm, seen, 0.5, style, 0, 0, code_numbers(manifest(), 7))


def test_the_papers_inputs_have_their_shapes() -> None:
    described = paper(
        tensor("motion", 120, 219, rate="motion"), tensor("visual", 1, 2048), tensor("genre", 10)
    )
    inputs = InputMaker(described)(moment(history()))
    assert inputs["motion"].shape == (1, 120, 219) and np.isfinite(inputs["motion"]).all()
    assert inputs["visual"].shape == (1, 1, 2048)
    np.testing.assert_array_equal(inputs["genre"], np.eye(10, dtype=np.float32)[6:7])


def test_body_25_motion_moves() -> None:
    inputs = InputMaker(paper(tensor("motion", 60, 75, rate="motion")))(moment(history()))
    assert inputs["motion"].shape == (1, 60, 75) and inputs["motion"].std(axis=1).max() > 1.0


def test_paper_networks_trained_on_our_corpus_get_our_features() -> None:
    described = paper(tensor("motion", 60, 16, rate="motion"), tensor("visual", 1, 6))
    inputs = InputMaker(described)(moment(history()))
    assert inputs["motion"].shape == (1, 60, 16) and inputs["motion"][0, :, 0].max() > 0.05
    np.testing.assert_allclose(inputs["visual"][0, 0], VISUAL, atol=1e-6)


def test_nobody_seen_is_zeros() -> None:
    inputs = InputMaker(paper(tensor("motion", 60, 75, rate="motion")))(moment(History()))
    assert not inputs["motion"].any()


@pytest.mark.parametrize("bpm", [71.0, 100.0, 128.0, 160.0])
def test_the_delay_is_whole_beats_and_long_enough(bpm: float) -> None:
    here = moment(history(), bpm=bpm)
    delay_s = whole_beats_s(here, 2.0)
    beats = delay_s * bpm / 60
    assert abs(beats - round(beats)) < 1e-6
    newest_needed = here.times_s[0] + 2.0 - delay_s
    assert newest_needed <= here.history.newest_s + 1e-6 < newest_needed + 60 / bpm + 1e-6


@pytest.mark.parametrize(
    "wanted",
    [
        tensor("smell", 3),
        tensor("motion", 60, 51, rate="motion"),
        tensor("visual", 1, 512),
        tensor("phase", 100, rate="code"),
        tensor("style", 7, 344, rate="code"),
    ],
)
def test_what_cannot_be_given_is_refused_by_name(wanted: Tensor) -> None:
    with pytest.raises(BundleError, match=wanted.name):
        InputMaker(paper(wanted))


def test_a_bundle_without_phase_is_aligned_before_the_crossfade() -> None:
    """Two renderings of one tone, shifted by 5 ms: the join must not cancel it."""

    class Shifted(FakeBackend):
        def render(self, inputs):
            rendering = super().render({**inputs, **moment_inputs})
            count = rendering.samples.shape[1]
            start = 5504 * self.calls + 110 * (self.calls % 2)
            rendering.samples[:] = 0.4 * np.sin(2 * np.pi * 97 * (start + np.arange(count)) / 22050)
            return rendering

    moment_inputs = {
        "phase": np.zeros((1, 344), np.float32),
        "motion": np.zeros((1, 16, 344), np.float32),
        "style": np.zeros((1, 10, 344), np.float32),
    }
    described = paper(tensor("genre", 10))
    pipeline = Pipeline(described, Shifted(described.layout), ShowConfig())
    state, sound = pipeline.start(Controls()), []
    for index in range(12):
        rendered, state = pipeline.step(state, Hop(index, index * 0.25, index * 0.25 + 0.2, (), Controls()))
        sound.append(rendered.block.samples)
    level = np.concatenate(sound)[5504:]
    frames = np.sqrt(np.mean(level[: len(level) // 227 * 227].reshape(-1, 227) ** 2, axis=1))
    assert frames.min() > 0.7 * np.median(frames)
