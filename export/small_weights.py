"""Stores the large weights of a graph in a byte each; an engine unfolds them at load. Knows no bundle.

A weight is an integer in -127..127 times a scale of its row. `rounded` puts a torch module on that grid
first, so that graph and module stay the same function; `shrink` finds the grid again in the exported file.
"""

import copy
from pathlib import Path
from typing import TypeVar

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from torch import nn

Module = TypeVar("Module", bound=nn.Module)
SMALLEST = 2048
"""Weights of fewer elements stay as they are."""
STEPS = 127


@torch.no_grad()
def rounded(module: Module) -> Module:
    """A copy of `module` whose large parameters lie on the grid: one scale a first index."""
    copied = copy.deepcopy(module)
    for weight in copied.parameters():
        if weight.dim() >= 2 and weight.numel() >= SMALLEST:
            scale = row_scales(weight.detach().flatten(1).abs().amax(1).numpy())
            steps = torch.from_numpy(scale).view(-1, *[1] * (weight.dim() - 1))
            weight.copy_(torch.round(weight / steps) * steps)
    return copied


def row_scales(largest: NDArray[np.float32]) -> NDArray[np.float32]:
    """The scale of each row from its largest magnitude; rows of zeros get 1."""
    return np.where(largest > 0, largest / np.float32(STEPS), np.float32(1)).astype(np.float32)


def shrink(path: Path) -> None:
    """Rewrite the graph at `path` with its gridded weights as int8, cast and scaled back in the graph."""
    model = onnx.load(path)
    graph = model.graph
    kept, nodes = [], []
    for weight in graph.initializer:
        found = on_grid(numpy_helper.to_array(weight)) if weight.data_type == TensorProto.FLOAT else None
        if found is None:
            kept.append(weight)
            continue
        integers, scales = found
        name = weight.name
        kept.append(numpy_helper.from_array(integers, f"{name}_int8"))
        kept.append(numpy_helper.from_array(scales, f"{name}_scale"))
        nodes.append(helper.make_node("Cast", [f"{name}_int8"], [f"{name}_cast"], to=TensorProto.FLOAT))
        nodes.append(helper.make_node("Mul", [f"{name}_cast", f"{name}_scale"], [name]))
    del graph.initializer[:]
    graph.initializer.extend(kept)
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *rest])
    names = {node.output[0] for node in nodes}
    described = [info for info in graph.value_info if info.name not in names]
    del graph.value_info[:]
    graph.value_info.extend(described)
    onnx.checker.check_model(model)
    onnx.save(model, path)


def on_grid(weight: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]] | None:
    """Integers and broadcastable scales whose product is `weight`, or None if it lies on no such grid."""
    if weight.ndim < 2 or weight.size < SMALLEST:
        return None
    for axis in range(weight.ndim):
        others = tuple(other for other in range(weight.ndim) if other != axis)
        scales = row_scales(np.abs(weight).max(axis=others, keepdims=True))
        integers = np.round(weight / scales)
        if np.abs(integers * scales - weight).max() <= 1e-6 * np.abs(weight).max():
            return integers.astype(np.int8), scales
    return None
