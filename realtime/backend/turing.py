"""Turing cards (SM75) in TensorRT for RTX: they get convolutions where the graph has matrix products.

That library builds no float32 product for them, but float32 convolutions; and a product with constant weights
is a convolution of width one. The sum is the same. Needs ``onnx``.
"""

from typing import Any

import numpy as np

from realtime.backend.onnx_package import onnx_package, replace_graph

TARGET = "SM75"


def without_matrix_products(model: Any) -> Any:
    """A copy of ``model`` in which every ``MatMul`` with a constant side is a ``Conv``."""
    onnx = onnx_package()
    from onnx import shape_inference

    described = shape_inference.infer_shapes(model).graph
    values = [*described.value_info, *described.input]
    ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in values}
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    constants = {tensor.name: tensor for tensor in changed.graph.initializer}
    nodes: list[Any] = []
    for node in changed.graph.node:
        left, right = node.input if node.op_type == "MatMul" else ("", "")
        if right in constants and ranks.get(left) in (2, 3):
            nodes += _rows_times_weights(onnx, node, constants, ranks[left])
        elif left in constants and ranks.get(right, 3) == 3 and len(constants[left].dims) == 2:
            nodes.append(_weights_times_columns(onnx, node, constants))
        else:
            nodes.append(node)
    replace_graph(changed.graph, nodes, constants.values())
    return changed


def _weights_times_columns(onnx: Any, node: Any, constants: dict[str, Any]) -> Any:
    """``w @ x``, w [N, K], x [B, K, T]: the convolution itself."""
    weight, x = node.input
    kernel = f"{weight}/kernel"
    values = onnx.numpy_helper.to_array(constants[weight])
    constants[kernel] = onnx.numpy_helper.from_array(np.ascontiguousarray(values[:, :, None]), kernel)
    return onnx.helper.make_node("Conv", [x, kernel], list(node.output), kernel_shape=[1])


def _rows_times_weights(onnx: Any, node: Any, constants: dict[str, Any], rank: int) -> list[Any]:
    """``x @ w``, x [B, T, K] or [B, K], w [K, N]: with rows turned to columns before and back after."""
    x, weight = node.input
    (result,) = node.output
    kernel, before, after = f"{weight}/kernel", f"{result}/columns", f"{result}/rows"
    values = onnx.numpy_helper.to_array(constants[weight])
    constants[kernel] = onnx.numpy_helper.from_array(np.ascontiguousarray(values.T)[:, :, None], kernel)
    make = onnx.helper.make_node
    middle = make("Conv", [before, kernel], [after], kernel_shape=[1])
    if rank == 3:
        first = make("Transpose", [x], [before], perm=[0, 2, 1])
        return [first, middle, make("Transpose", [after], [result], perm=[0, 2, 1])]
    axis = f"{result}/axis"
    constants[axis] = onnx.numpy_helper.from_array(np.array([2], np.int64), axis)
    first = make("Unsqueeze", [x, axis], [before])
    return [first, middle, make("Squeeze", [after, axis], [result])]
