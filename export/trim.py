"""Computes only what is heard: the trunk of a generator runs on the codes that the decoder will be given.

Encoders must hear all of the past, but behind them the window is cut to the decoder's codes and what the
trunk's convolutions reach to either side; outside, the graph's output is zero. Where it is heard it is the
same. Knows the shape of our streaming generators: one joint of all inputs, then convolutions and products.
"""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from configs.errors import BundleError

TIME_AXIS = 2


def trim(path: Path, heard: slice, window: int) -> tuple[int, int]:
    """Rewrite the generator at ``path`` so that it computes ``heard`` codes of the ``window``.

    Returns:
        The codes its trunk now runs on, begin and end.

    Raises:
        BundleError: the graph has no joint where it could be cut.
    """
    model = onnx.load(path)
    nodes = list(model.graph.node)
    joint = last_joint(nodes)
    before, after = reach(nodes, joint)
    begin, end = max(0, heard.start - before), min(window, heard.stop + after)
    (joined,), (output,) = nodes[joint].output, (value.name for value in model.graph.output)
    short, inner = f"{joined}/heard", f"{output}/heard"
    for node in nodes[joint + 1 :]:
        rename(node.input, joined, short)
        rename(node.output, output, inner)
    constants = {
        "cut/begin": [begin], "cut/end": [end], "cut/axis": [TIME_AXIS],
        "keep/begin": [heard.start - begin], "keep/end": [heard.stop - begin],
        "pad/sides": [0, 0, heard.start, 0, 0, window - heard.stop],
    }  # fmt: skip
    model.graph.initializer.extend(
        numpy_helper.from_array(np.array(value, np.int64), name) for name, value in constants.items()
    )
    cut = helper.make_node("Slice", [joined, "cut/begin", "cut/end", "cut/axis"], [short])
    kept = f"{output}/kept"
    keep = helper.make_node("Slice", [inner, "keep/begin", "keep/end", "cut/axis"], [kept])
    pad = helper.make_node("Pad", [kept, "pad/sides"], [output])
    copies = [onnx.NodeProto.FromString(node.SerializeToString()) for node in nodes]
    del model.graph.node[:], model.graph.value_info[:]
    model.graph.node.extend([*copies[: joint + 1], cut, *copies[joint + 1 :], keep, pad])
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return begin, end


def last_joint(nodes: list[Any]) -> int:
    """Place of the last ``Concat`` of channels."""
    joints = [
        place
        for place, node in enumerate(nodes)
        if node.op_type == "Concat" and helper.get_attribute_value(node.attribute[0]) == 1
    ]
    if not joints:
        raise BundleError("the generator has no joint of its inputs: it cannot be trimmed; leave it whole")
    return joints[-1]


def reach(nodes: list[Any], joint: int) -> tuple[int, int]:
    """Codes before and after that an output depends on, through the convolutions behind ``joint``."""
    before = after = 0
    for node in nodes[joint + 1 :]:
        if node.op_type == "Conv":
            found = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
            span = (found["kernel_shape"][0] - 1) * found.get("dilations", [1])[0]
            before, after = before + span, after + span
    return before, after


def rename(names: Any, old: str, new: str) -> None:
    """Replace a name in a node's inputs or outputs."""
    for place, name in enumerate(names):
        if name == old:
            names[place] = new
