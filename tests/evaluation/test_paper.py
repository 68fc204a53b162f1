"""The paper's table: its player decodes piece by piece what is one window, its rows are what they say."""

import json
from pathlib import Path

import numpy as np
import onnx
import pytest
import soundfile
from onnx import TensorProto, helper, numpy_helper

from configs.bundle import Layout, Tensor, load_bundle, sha256, write_manifest
from configs.errors import BundleError
from evaluation.__main__ import main
from evaluation.bundle_player import Conditions
from evaluation.house import steady_conditions
from evaluation.window_player import WindowPlayer
from tests.fakes import manifest
from tests.toy_bundle import make_toy_bundle

RATE, CODES, HOP = 22_050, 344, 128
CONTEXT = 2
SPAN = 86 + 2 * CONTEXT
RANDOM = np.random.default_rng(0)
PATTERN = RANDOM.standard_normal((1, 64, CODES)).astype(np.float32)
KERNEL = (0.1 * RANDOM.standard_normal((HOP, 64, 2 * CONTEXT + 1))).astype(np.float32)


def save(path: Path, nodes: list, inputs: list, outputs: list, constants: dict) -> None:
    made = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "small", inputs, outputs, made)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9), str(path))


@pytest.fixture(scope="module")
def paper_bundle(tmp_path_factory) -> Path:
    """Features: a pattern, louder with movement and light; sound: a convolution of five codes."""
    folder = tmp_path_factory.mktemp("paper")
    floats = TensorProto.FLOAT
    given = {"motion": ("B", 60, 16), "visual": ("B", 1, 6), "genre": ("B", 10)}
    node = helper.make_node
    save(
        folder / "generator.onnx",
        [
            node("ReduceMean", ["motion", "both"], ["moved"], keepdims=1),
            node("ReduceMean", ["visual", "both"], ["lit"], keepdims=1),
            node("ReduceSum", ["genre", "last"], ["one"], keepdims=1),
            node("Unsqueeze", ["one", "last"], ["one3"]),
            node("Add", ["moved", "lit"], ["seen"]),
            node("Mul", ["seen", "one3"], ["gain"]),
            node("Mul", ["pattern", "gain"], ["features"]),
        ],
        [helper.make_tensor_value_info(name, floats, shape) for name, shape in given.items()],
        [helper.make_tensor_value_info("features", floats, ("B", 64, CODES))],
        {"both": np.array([1, 2]), "last": np.array([1]), "pattern": PATTERN},
    )
    save(
        folder / "decoder.onnx",
        [
            node("Conv", ["features", "kernel"], ["made"], pads=[CONTEXT, CONTEXT]),
            node("Transpose", ["made"], ["turned"], perm=[0, 2, 1]),
            node("Reshape", ["turned", "flat"], ["samples"]),
        ],
        [helper.make_tensor_value_info("features", floats, ("B", 64, SPAN))],
        [helper.make_tensor_value_info("samples", floats, ("B", SPAN * HOP))],
        {"kernel": KERNEL, "flat": np.array([0, SPAN * HOP])},
    )
    files = {name: sha256(folder / name) for name in ("generator.onnx", "decoder.onnx")}
    inputs = tuple(
        Tensor(name=name, shape=shape, dtype="float32", rate="window", meaning=name)
        for name, shape in given.items()
    )
    layout = Layout(past=CODES - 86 - CONTEXT, block=43, reserve=43, margin=CONTEXT)
    changes = {"layout": layout, "decoder_context_codes": CONTEXT, "decoder_codes": SPAN, "inputs": inputs}
    write_manifest(folder, manifest(name="small", level="high", files=files, **changes))
    return folder


def whole_decode(gain: float) -> np.ndarray:
    """Every code of the window at once, zeros around it."""
    padded = np.pad(PATTERN[0] * gain, ((0, 0), (CONTEXT, CONTEXT)))
    spans = np.lib.stride_tricks.sliding_window_view(padded, 2 * CONTEXT + 1, axis=1)  # [64, T, 5]
    return np.einsum("hck,ohk->co", spans, KERNEL).reshape(-1)


def shown(codes: int = 2 * CODES) -> Conditions:
    one = steady_conditions("house", 120, codes * HOP / RATE + 0.01)
    cut = {name: getattr(one, name)[..., :codes] for name in ("motion", "visual", "phase", "style")}
    return Conditions(**cut, variation=one.variation[:, :codes])


def test_pieces_are_the_whole(paper_bundle: Path) -> None:
    conditions = shown()
    at = np.linspace(0, CODES - 1, 60).round().astype(int)
    gain = conditions.motion[:, CODES:][:, at].mean() + conditions.visual[:, CODES:].mean()
    sound = WindowPlayer(paper_bundle).play(conditions)
    assert sound.shape == (CODES * HOP,)
    np.testing.assert_allclose(sound, whole_decode(float(gain)), rtol=1e-3, atol=1e-4)


def test_only_the_window_itself_is_seen(paper_bundle: Path) -> None:
    conditions = shown()
    conditions.motion[:, :CODES] = 9.0
    np.testing.assert_array_equal(
        WindowPlayer(paper_bundle).play(conditions), WindowPlayer(paper_bundle).play(shown())
    )


def test_other_poses_are_refused(paper_bundle: Path, tmp_path: Path) -> None:
    old = load_bundle(paper_bundle).manifest
    for name in old.files:
        (tmp_path / name).write_bytes((paper_bundle / name).read_bytes())
    poses = old.inputs[0].model_copy(update={"shape": ("B", 120, 219)})
    write_manifest(tmp_path, old.model_copy(update={"inputs": (poses, *old.inputs[1:])}))
    with pytest.raises(ValueError, match="wants motion of 219 values"):
        WindowPlayer(tmp_path)


@pytest.fixture
def windows(tmp_path: Path, make_groove) -> Path:
    for number, genre in enumerate(("house", "krump", "house")):
        samples, beats = make_groove(120, 2.0, number, 0.8)
        samples = np.pad(samples, (0, CODES * HOP))[: CODES * HOP]
        name = f"{genre}_7_000{number}_0"
        for folder, one in (("truth", samples), ("same_song", samples[::-1]), ("database", samples)):
            (tmp_path / folder).mkdir(exist_ok=True)
            soundfile.write(tmp_path / folder / f"{name}.wav", one, RATE)
        (tmp_path / "truth" / f"{name}.beats.txt").write_text("".join(f"{beat}\n" for beat in beats))
        (tmp_path / "conditions").mkdir(exist_ok=True)
        one = shown()
        keys = ("motion", "visual", "phase", "style", "variation")
        np.savez(tmp_path / "conditions" / f"{name}.npz", **{key: getattr(one, key) for key in keys})
    return tmp_path


def test_one_command_gives_every_row(windows: Path, paper_bundle: Path, tmp_path: Path, capsys) -> None:
    house, out, page = make_toy_bundle(tmp_path / "house"), tmp_path / "out", tmp_path / "page.md"
    page.write_text("Before.\n<!-- table -->\n<!-- /table -->\nAfter.\n")
    asked = ["paper", "--windows", str(windows), "--out", str(out), "--page", str(page)]
    asked += ["--bundle", f"house={house}", "--bundle", f"paper small={paper_bundle}"]
    assert main([*asked, "--folder", f"codec={windows / 'truth'}"]) == 0
    tables = json.loads((out / "table.json").read_text())["tables"]
    rows = {row["method"]: row for row in tables[0]["rows"]}
    assert list(rows) == [
        "ground truth",
        "codec",
        "random window of the same song",
        "house",
        "house, without motion",
        "house, without visual",
        "paper small",
        "paper small, without motion",
        "paper small, without visual",
        "click each second",
        "white noise",
        "silence",
    ]
    assert rows["codec"]["coverage"] == rows["codec"]["hit"] == 100 and rows["codec"]["log-mel L1"] == 0
    assert rows["silence"]["coverage"] == 0 and rows["paper small"]["log-mel L1"] > 0
    modality = next(table for table in tables if table["title"].startswith("Modality"))
    assert [row["method"] for row in modality["rows"][-3:]] == [
        "paper small (ours)",
        "paper small, without motion (ours)",
        "paper small, without visual (ours)",
    ]
    assert len(tables) == 8 and "D2M-GAN high" in (out / "table.md").read_text()
    assert page.read_text().startswith("Before.") and "| paper small |" in page.read_text()
    assert {path.name for path in out.glob("*.png")} == {"scores.png", "spectrograms.png"}


def test_a_missing_bundle_is_a_sentence(windows: Path, tmp_path: Path, capsys) -> None:
    asked = ["paper", "--windows", str(windows), "--out", str(tmp_path / "o"), "--bundle", "x=/nowhere"]
    assert main(asked) == 2
    assert "/nowhere" in capsys.readouterr().err
    with pytest.raises(BundleError):
        WindowPlayer(tmp_path / "nowhere")
