"""``python -m export trim``: computes only what is heard, the part of a generator behind its encoders.

Encoders must hear all of the past; behind them the window is cut to the codes that the decoder is given, and
what the trunk's convolutions reach to either side. Outside, the output is zero; where it is heard it is the
same. Knows the shape of our streaming generators: one joint of all inputs, then convolutions and products.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from configs.bundle import load_bundle, sha256, write_manifest
from configs.errors import BundleError

TIME_AXIS = 2


def main(arguments: list[str]) -> None:
    """Trim a bundle's generator in place, and say so in its manifest.

    Raises:
        BundleError: the bundle is damaged, or its generator cannot be cut.
    """
    parser = argparse.ArgumentParser(prog="python -m export trim", description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    bundle = load_bundle(parser.parse_args(arguments).bundle)
    manifest = bundle.manifest
    first = manifest.layout.past - manifest.decoder_context_codes
    heard = slice(first, first + manifest.decoder_codes)
    begin, end = trim(bundle.generator, heard, manifest.window_codes)
    files = {**manifest.files, bundle.generator.name: sha256(bundle.generator)}
    write_manifest(bundle.folder, manifest.model_copy(update={"files": files}))
    print(f"{bundle.folder}: behind its encoders the generator now computes codes {begin} to {end}.")


def trim(path: Path, heard: slice, window: int) -> tuple[int, int]:
    """Rewrite the generator at ``path`` so that it computes ``heard`` codes of the ``window``.

    Returns:
        The codes its trunk now runs on, begin and end.

    Raises:
        BundleError: the graph has no joint where it could be cut, or was cut before.
    """
    model = onnx.load(path)
    nodes = list(model.graph.node)
    if any(tensor.name == "cut/begin" for tensor in model.graph.initializer):
        raise BundleError(f"{path} is trimmed already")
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
    """Codes before and after that an output depends on, through the convolutions behind ``joint``.

    They keep the length of the window, so what they are padded with is what they reach.
    """
    before = after = 0
    for node in nodes[joint + 1 :]:
        if node.op_type == "Conv":
            pads = next((list(a.ints) for a in node.attribute if a.name == "pads"), [0, 0])
            before, after = before + pads[0], after + pads[-1]
    return before, after


def rename(names: Any, old: str, new: str) -> None:
    """Replace a name in a node's inputs or outputs."""
    for place, name in enumerate(names):
        if name == old:
            names[place] = new
