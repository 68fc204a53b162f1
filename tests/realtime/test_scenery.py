"""What I3D sees on stage: answers in time, held between, never in the way of the pose; zeros without it."""

import json
from pathlib import Path
from threading import Event

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from configs.bundle import MANIFEST, Tensor, sha256, write_manifest
from configs.errors import BundleError
from configs.schema import ShowConfig
from corpus.i3d import clip_features
from realtime.inputs import InputMaker
from realtime.scenery import (
    EVERY_S,
    FLOW,
    KEPT,
    RGB,
    Scenery,
    fast_flow,
    missing_scenery,
    open_scenery,
)
from realtime.trace import frame_record, observation_of
from realtime.types import Frame
from realtime.vision import Looker, Observation
from realtime.window import History
from tests.fakes import manifest
from tests.realtime.test_inputs import moment
from tests.toy_bundle import make_toy_bundle

VISUAL = np.zeros(6, np.float32)
WANTS = Tensor(name="visual", shape=("B", 1, 2048), dtype="float32", rate="window", meaning="I3D")


def picture(shift: int = 0, height: int = 256, width: int = 320) -> np.ndarray:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    wave = np.sin((x - shift) / 9) + np.cos(y / 7) + np.sin((x - shift + y) / 13)
    return np.repeat(((wave + 3) / 6 * 255).astype(np.uint8)[..., None], 3, axis=2)


PICTURES = [picture(2 * shift) for shift in range(8)]


class Network:
    """Stands in for I3D: remembers its clips, answers their mean; waits where it is told to."""

    def __init__(self, gate: Event | None = None) -> None:
        self.clips: list[np.ndarray] = []
        self.gate = gate

    def __call__(self, clip: np.ndarray) -> np.ndarray:
        if self.gate is not None:
            assert self.gate.wait(20)
        self.clips.append(clip)
        return np.full((1, 1024), clip.mean(), np.float32)


def still(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.ones((*before.shape, 2), np.float32)


def test_on_a_virtual_clock_answers_come_at_fixed_times() -> None:
    colour, movement = Network(), Network()
    scenery = Scenery(colour, movement, 8, thread=False, optical_flow=still)
    answered = [
        index / 30 for index in range(270) if scenery.see(PICTURES[index % 8], index / 30) is not None
    ]
    assert answered[0] == pytest.approx(2 / 30), "one picture shows no movement"
    np.testing.assert_allclose(np.diff(answered), EVERY_S, atol=1 / 30)
    assert len(colour.clips) == len(movement.clips) == len(answered) == 3
    assert colour.clips[0].shape == (1, 3, 8, 224, 224) and movement.clips[0].shape == (1, 2, 8, 224, 224)


def test_it_sees_what_the_corpus_was_prepared_with() -> None:
    scenery = Scenery(Network(), Network(), 64, thread=False, optical_flow=fast_flow())
    answer = [scenery.see(image, index / 15) for index, image in enumerate(PICTURES[:2])][-1]
    wanted = clip_features(PICTURES[:2], Network(), Network(), fast_flow())
    assert answer is not None and answer.shape == (2048,)
    np.testing.assert_allclose(answer, wanted, atol=1e-4)


def test_a_camera_that_changes_its_size_goes_on() -> None:
    scenery = Scenery(Network(), Network(), 8, thread=False, optical_flow=still)
    turned = [picture(0, 400, 300), picture(2, 400, 300)]
    for index, image in enumerate([*PICTURES[:2], *turned]):
        scenery.see(image, index * EVERY_S)
    assert len(scenery._flows) == 2 and len(scenery._pictures) == 4


def test_only_the_last_two_seconds_are_kept() -> None:
    scenery = Scenery(Network(), Network(), 8, thread=False, optical_flow=still)
    for index in range(100):
        scenery.see(PICTURES[index % 8], index / 30)
    assert len(scenery._pictures) == KEPT


def test_live_it_never_waits_and_rests_after_work() -> None:
    gate, seconds = Event(), iter([10.0, 12.0, 20.0, 22.0])
    colour = Network(gate)
    scenery = Scenery(colour, Network(gate), 8, thread=True, optical_flow=still, clock=lambda: next(seconds))
    try:
        for index in range(12):  # the network is stuck, frames are not
            assert scenery.see(PICTURES[index % 8], index / 15) is None
        assert not colour.clips
        gate.set()
        scenery._job.result(20)
        assert scenery.see(PICTURES[0], 1.0) is not None, "the answer, once"
        assert scenery.see(PICTURES[1], 1.1) is None and scenery._job is None
        assert scenery.see(PICTURES[2], 6.9) is None and scenery._job is None, "2 s of work, 6 s of rest"
        assert scenery.see(PICTURES[3], 7.1) is None and scenery._job is not None
        scenery._job.result(20)
    finally:
        scenery.close()


def mean_network(path: Path, channels: int, frames: int = 8) -> None:
    """A graph with I3D's ends: 1,024 times the clip's mean."""
    nodes = [
        helper.make_node("ReduceMean", ["clip", "axes"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "one"], ["row"]),
        helper.make_node("Mul", ["row", "ones"], ["features"]),
    ]
    clip = helper.make_tensor_value_info("clip", TensorProto.FLOAT, (1, channels, frames, 224, 224))
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, (1, 1024))
    constants = [
        numpy_helper.from_array(np.array([1, 2, 3, 4]), "axes"),
        numpy_helper.from_array(np.array([1]), "one"),
        numpy_helper.from_array(np.ones((1, 1024), np.float32), "ones"),
    ]
    graph = helper.make_graph(nodes, "mean", [clip], [features], constants)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(path))


@pytest.fixture
def seeing(tmp_path: Path) -> Path:
    """A bundle that brings I3D networks."""
    folder = make_toy_bundle(tmp_path / "seeing")
    mean_network(folder / RGB, 3), mean_network(folder / FLOW, 2)
    files = {name: sha256(folder / name) for name in ("generator.onnx", "decoder.onnx", RGB, FLOW)}
    write_manifest(folder, manifest(name="seeing", files=files))
    return folder


def test_a_bundle_brings_its_networks(seeing: Path) -> None:
    scenery = open_scenery(seeing, thread=False)
    answers = [scenery.see(np.full((256, 320, 3), 255, np.uint8), index / 15) for index in range(2)]
    np.testing.assert_array_equal(answers[1], np.repeat(np.array([1, 0], np.float32), 1024))


def test_a_bundle_without_networks_has_no_scenery(tmp_path: Path) -> None:
    assert open_scenery(make_toy_bundle(tmp_path / "toy"), thread=True) is None


def test_networks_that_were_exchanged_are_refused(seeing: Path) -> None:
    (seeing / FLOW).write_bytes((seeing / RGB).read_bytes())
    with pytest.raises(BundleError, match=FLOW):
        open_scenery(seeing, thread=False)
    assert (seeing / MANIFEST).is_file()


def test_a_bundle_that_wants_them_and_has_none_is_told_of() -> None:
    wants = manifest(inputs=(WANTS,))
    assert "is given zeros" in missing_scenery(wants) and "--i3d-rgb" in missing_scenery(wants)
    files = dict.fromkeys(("generator.onnx", "decoder.onnx", RGB, FLOW), "0" * 64)
    assert missing_scenery(manifest(inputs=(WANTS,), files=files)) is None
    assert missing_scenery(manifest()) is None, "the house bundle reads no I3D"


def test_answers_are_held_and_reach_the_bundle() -> None:
    make = InputMaker(manifest(inputs=(WANTS,)))
    new = np.linspace(-1, 1, 2048).astype(np.float32)
    history = History().add(Observation(0, 0.0, (), VISUAL), None)
    np.testing.assert_array_equal(make(moment(history))["visual"], np.zeros((1, 1, 2048)))
    history = history.add(Observation(1, 0.1, (), VISUAL, scenery=new), None)
    history = history.add(Observation(2, 0.2, (), VISUAL), None)
    np.testing.assert_array_equal(make(moment(history))["visual"], new[None, None])


def test_a_trace_holds_them_exactly() -> None:
    new = np.round(np.random.default_rng(0).uniform(0, 3, 2048), 4).astype(np.float32)
    seen = Observation(3, 0.1, (), VISUAL, 1.0, new)
    again = observation_of(json.loads(json.dumps(frame_record(seen))))
    np.testing.assert_array_equal(again.scenery, new)
    assert (
        observation_of(json.loads(json.dumps(frame_record(Observation(4, 0.2, (), VISUAL))))).scenery is None
    )


def test_what_looks_for_people_sees_the_scenery_too(seeing: Path, monkeypatch) -> None:
    class Nobody:
        compute_ms = 0.0

        def __init__(self, *settings: object) -> None: ...

        def track(self, frame: Frame) -> list:
            return []

        def close(self) -> None: ...

    monkeypatch.setattr("realtime.vision.PoseTracker", Nobody)
    looker = Looker(ShowConfig(bundle=seeing, clock="virtual"))
    seen = [looker.look(Frame(index, index / 15, picture(index))) for index in range(3)]
    assert [one.scenery is not None for one in seen] == [False, True, False]
    blind = Looker(ShowConfig(bundle=make_toy_bundle(seeing.parent / "blind"), clock="virtual"))
    assert all(blind.look(Frame(index, index / 15, picture(index))).scenery is None for index in range(3))
    looker.close(), blind.close()
