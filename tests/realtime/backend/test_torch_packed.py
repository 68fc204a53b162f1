"""Convolutions with their weights in oneDNN's order: the same as torch's own, for all that graphs ask."""

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper

from realtime.backend.torch_graph import TorchGraph
from realtime.backend.torch_packed import PackedConvolution, packed


def graph_of(weight: np.ndarray, **attributes) -> TorchGraph:
    """One bfloat16 convolution with a bias, after a relu."""
    bits = torch.from_numpy(weight).bfloat16().view(torch.int16).numpy()
    kernel = helper.make_tensor("w", TensorProto.BFLOAT16, weight.shape, bits.tobytes(), raw=True)
    bias = np.linspace(-1, 1, len(weight), dtype=np.float32)
    half = torch.from_numpy(bias).bfloat16().view(torch.int16).numpy()
    shift = helper.make_tensor("b", TensorProto.BFLOAT16, bias.shape, half.tobytes(), raw=True)
    nodes = [
        helper.make_node("Relu", ["x"], ["r"]),
        helper.make_node("Conv", ["r", "w", "b"], ["y"], kernel_shape=list(weight.shape[2:]), **attributes),
    ]
    x = helper.make_tensor_value_info("x", TensorProto.BFLOAT16, None)
    y = helper.make_tensor_value_info("y", TensorProto.BFLOAT16, None)
    return TorchGraph(helper.make_model(helper.make_graph(nodes, "one", [x], [y], [kernel, shift])))


CASES = {
    "width one": ((16, 8, 1), {}),
    "dilated": ((16, 8, 3), {"dilations": [9], "pads": [9, 9]}),
    "strided": ((16, 8, 4), {"strides": [2], "pads": [1, 1]}),
    "causal": ((8, 8, 3), {"pads": [2, 0]}),
    "grouped": ((16, 4, 5), {"group": 2, "pads": [2, 2]}),
    "pictures": ((8, 8, 3, 3), {"pads": [1, 1, 1, 1], "strides": [2, 2]}),
}


@pytest.mark.parametrize("case", CASES)
def test_a_packed_convolution_is_the_convolution(case: str) -> None:
    shape, attributes = CASES[case]
    draw = np.random.default_rng(0)
    weight = draw.normal(0, 0.2, shape).astype(np.float32)
    plain, ordered = graph_of(weight, **attributes), packed(graph_of(weight, **attributes))
    if not isinstance(ordered.steps[1].function, PackedConvolution):
        pytest.skip("LOUD: this torch has no oneDNN; packed weights were not tested")
    size = (50,) if len(shape) == 3 else (12, 10)
    for rows in (1, 3, 1):  # the weight is ordered at the first call, for whoever comes after
        x = torch.from_numpy(draw.normal(0, 1, (rows, 8, *size)).astype(np.float32)).bfloat16()
        with torch.inference_mode():
            (wanted,), (found,) = plain(x), ordered(x)
        assert found.shape == wanted.shape
        torch.testing.assert_close(found.float(), wanted.float(), atol=0.04, rtol=0.02)


def test_float32_stays_as_it_is() -> None:
    weight = np.ones((2, 2, 1), np.float32)
    nodes = [helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=[1])]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, None)
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    kernel = onnx.numpy_helper.from_array(weight, "w")
    graph = packed(TorchGraph(helper.make_model(helper.make_graph(nodes, "one", [x], [y], [kernel]))))
    assert not isinstance(graph.steps[0].function, PackedConvolution)
