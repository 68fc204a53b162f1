"""Turing cards (SM75) in TensorRT for RTX: float32 matrix products, which it has not, as convolutions, which it has.

A product with constant weights is a convolution of width one; the sum is the same. Needs ``onnx``.
"""

from typing import Any

import numpy as np

from realtime.backend.onnx_package import onnx_package, replace_graph

TARGET = "SM75"


def without_matrix_products(model: Any) -> Any:
    """A copy of ``model`` in which every ``MatMul`` with a constant right side is a ``Conv``."""
    onnx = onnx_package()
    import onnx.shape_inference

    described = onnx.shape_inference.infer_shapes(model).graph
    values = [*described.value_info, *described.input]
    ranks = {value.name: len(value.type.tensor_type.shape.dim) for value in values}
    changed = onnx.ModelProto()
    changed.CopyFrom(model)
    constants = {tensor.name: tensor for tensor in changed.graph.initializer}
    nodes: list[Any] = []
    for node in changed.graph.node:
        known = node.op_type == "MatMul" and node.input[1] in constants
        if known and ranks.get(node.input[0]) in (2, 3):
            nodes += _convolution(onnx, node, constants, ranks[node.input[0]])
        else:
            nodes.append(node)
    replace_graph(changed.graph, nodes, constants.values())
    return changed


def _convolution(onnx: Any, node: Any, constants: dict[str, Any], rank: int) -> list[Any]:
    """Nodes for ``x @ w``: x [B, T, K] (or [B, K]), w [K, N], by a kernel [N, K, 1]."""
    x, weight = node.input
    (result,) = node.output
    kernel, before, after = f"{weight}/kernel", f"{result}/columns", f"{result}/rows"
    values = onnx.numpy_helper.to_array(constants[weight])
    constants[kernel] = onnx.numpy_helper.from_array(np.ascontiguousarray(values.T)[:, :, None], kernel)
    axis = onnx.numpy_helper.from_array(np.array([2], np.int64), f"{result}/axis")
    make = onnx.helper.make_node
    middle = make("Conv", [before, kernel], [after], kernel_shape=[1])
    if rank == 3:
        first = make("Transpose", [x], [before], perm=[0, 2, 1])
        return [first, middle, make("Transpose", [after], [result], perm=[0, 2, 1])]
    constants[axis.name] = axis
    first = make("Unsqueeze", [x, axis.name], [before])
    return [first, middle, make("Squeeze", [after, axis.name], [result])]
