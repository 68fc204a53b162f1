"""Small graphs, trimmed to every span: what is heard is the same, and nothing that is needed is left out."""

from itertools import product
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from configs.errors import BundleError
from export.reach import Reach, Span, shortened
from export.trim import trim
from realtime.backend.eager import untrim

CODES = 12
HEAD = '<ir_version: 10, opset_import: ["": 20]> small (float[B, 2, 12] x) => (float[B, C, 12] y)'
GRAPHS = {
    "convolutions, one beside the other": """
        <float[2, 2, 3] w, float[2, 1, 2] v> {
            a = Conv<kernel_shape=[3], dilations=[2], pads=[3, 1]>(x, w)
            b = LeakyRelu(a)
            c = Conv<kernel_shape=[2], group=2, pads=[0, 1]>(b, v)
            y = Add(a, c)
        }""",
    "rows, split and joined": """
        <float[2, 4] w, float[2] g, float[12] table,
         int64[3] shape = {-1, 4, 12}, int64[4] pieces = {-1, 2, 2, 12}> {
            t = Transpose<perm=[0, 2, 1]>(x)
            n = LayerNormalization<axis=-1>(t, g)
            m = MatMul(n, w)
            p, q = Split<axis=2, num_outputs=2>(m)
            j = Concat<axis=2>(p, t)
            u = Transpose<perm=[0, 2, 1]>(j)
            r = Reshape(u, pieces)
            s = Reshape(r, shape)
            y = Mul(s, table)
        }""",
    "shifted sums": """
        <int64[1] one = {1}, int64[1] two = {2}, int64[1] minus = {-1}, int64[1] axis = {2},
         int64[1] last = {99}, int64[1] none = {0},
         int64[6] before = {0, 0, 1, 0, 0, 0}, int64[6] after = {0, 0, 0, 0, 0, 2}> {
            a = Slice(x, none, minus, axis)
            b = Pad(a, before)
            c = Slice(x, two, last, axis, one)
            d = Pad(c, after)
            e = Add(x, b)
            y = Add(e, d)
        }""",
    "something unknown in between": """
        <int64 axis = {2}, float[2, 2, 3] w> {
            a = Conv<kernel_shape=[3], pads=[1, 1]>(x, w)
            b = CumSum(a, axis)
            y = Conv<kernel_shape=[3], pads=[1, 1]>(b, w)
        }""",
    "a place that stands still": """
        <float[1, 2, 12] turn, int64[1] one = {1}> {
            batch = Shape<start=0, end=1>(x)
            to = Concat<axis=0>(batch, one, one)
            clock = Expand(turn, to)
            y = Concat<axis=1>(x, clock)
        }""",
}  # fmt: skip
SPANS = [
    slice(begin, end) for begin, end in product(range(0, CODES, 3), range(1, CODES + 1, 2)) if begin < end
]


def written(text: str, path: Path) -> dict[str, np.ndarray]:
    """Write a graph with drawn weights; an input for it."""
    model = onnx.parser.parse_model(f"{HEAD} {text}")
    draw = np.random.default_rng(0)
    filled = []
    for named in model.graph.value_info:  # so the parser reads a weight without values
        sizes = [one.dim_value for one in named.type.tensor_type.shape.dim]
        filled.append(onnx.numpy_helper.from_array(draw.standard_normal(sizes, dtype=np.float32), named.name))
    del model.graph.value_info[:]
    model.graph.initializer.extend(filled)
    onnx.save(model, path)
    return {"x": draw.standard_normal((2, 2, CODES), dtype=np.float32)}


def run(model: onnx.ModelProto | Path, inputs: dict[str, np.ndarray]) -> np.ndarray:
    given = str(model) if isinstance(model, Path) else model.SerializeToString()
    return onnxruntime.InferenceSession(given, providers=["CPUExecutionProvider"]).run(None, inputs)[0]


@pytest.mark.parametrize("text", GRAPHS.values(), ids=GRAPHS)
def test_every_span_is_the_same(text: str, tmp_path: Path) -> None:
    path, trimmed = tmp_path / "whole.onnx", tmp_path / "trimmed.onnx"
    inputs = written(text, path)
    everything = run(path, inputs)
    for heard in SPANS:
        trimmed.write_bytes(path.read_bytes())
        try:
            trim(trimmed, "y", heard)
        except BundleError:  # of this span all is needed
            assert heard.stop - heard.start > CODES // 2
            continue
        found = run(trimmed, inputs)
        np.testing.assert_allclose(found[..., heard], everything[..., heard], atol=1e-5, err_msg=str(heard))
        assert not found[..., : heard.start].any() and not found[..., heard.stop :].any()
        model = onnx.load(trimmed)
        untrim(model)
        np.testing.assert_array_equal(run(model, inputs), everything)


def test_a_convolution_needs_what_it_reaches(tmp_path: Path) -> None:
    written(GRAPHS["convolutions, one beside the other"], tmp_path / "a.onnx")
    model = onnx.load(tmp_path / "a.onnx")
    short = shortened(list(model.graph.node), set(), Reach(model), "y", Span(2, 6, 8))
    assert short["c"] == short["y"] == Span(2, 6, 8)
    assert short["a"] == short["b"] == Span(2, 6, 9)  # one more to the right, for the second convolution


def test_what_is_also_an_output_stays_whole(tmp_path: Path) -> None:
    written(GRAPHS["convolutions, one beside the other"], tmp_path / "a.onnx")
    model = onnx.load(tmp_path / "a.onnx")
    short = shortened(list(model.graph.node), {"a"}, Reach(model), "y", Span(2, 6, 8))
    assert "a" not in short and short["c"] == Span(2, 6, 8)


def test_before_something_unknown_nothing_is_left_out(tmp_path: Path) -> None:
    written(GRAPHS["something unknown in between"], tmp_path / "a.onnx")
    model = onnx.load(tmp_path / "a.onnx")
    assert set(shortened(list(model.graph.node), set(), Reach(model), "y", Span(2, 3, 5))) == {"y"}
