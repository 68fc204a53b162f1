"""A real bundle in a few kilobytes: a drum on every beat, through ONNX Runtime, no training.

For tests of everything around the networks. It hears phase alone; its sound is a burst at each beat.
"""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from configs.bundle import Manifest, sha256, write_manifest
from tests.fakes import HOP, WINDOW, manifest

SAMPLES_PER_CODE = 128
SPAN = 2 * HOP + 56


def make_toy_bundle(
    folder: Path, name: str = "toy", tone: float = 40.0, drone: float = 0.0, **changes: object
) -> Path:
    """Write the bundle into ``folder`` and return it.

    Args:
        tone: turns a beat.
        drone: how loud the tone goes on between the strokes; 0: digital silence, as long as half a beat.
    """
    folder.mkdir(parents=True, exist_ok=True)
    onnx.save(_generator(manifest(), tone, drone), str(folder / "generator.onnx"))
    onnx.save(_decoder(), str(folder / "decoder.onnx"))
    files = {name: sha256(folder / name) for name in ("generator.onnx", "decoder.onnx")}
    write_manifest(folder, manifest(name=name, files=files, **changes))
    return folder


def _constant(name: str, value: object, dtype: type = np.float32) -> onnx.TensorProto:
    return numpy_helper.from_array(np.array(value, dtype), name)


def _model(nodes: list, inputs: list, outputs: list, constants: list) -> onnx.ModelProto:
    graph = helper.make_graph(nodes, "toy", inputs, outputs, constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def _generator(described: Manifest, tone: float, drone: float) -> onnx.ModelProto:
    """Features 0: a drum's envelope, 1: its tone, both functions of the phase."""
    nodes = [
        helper.make_node("Mul", ["phase", "turn"], ["angle"]),
        helper.make_node("Cos", ["angle"], ["cosine"]),
        helper.make_node("Sub", ["cosine", "one"], ["below"]),
        helper.make_node("Mul", ["below", "sharp"], ["exponent"]),
        helper.make_node("Exp", ["exponent"], ["stroke"]),
        helper.make_node("Max", ["stroke", "drone"], ["envelope"]),
        helper.make_node("Mul", ["phase", "tone"], ["fast"]),
        helper.make_node("Sin", ["fast"], ["carrier"]),
        helper.make_node("Unsqueeze", ["envelope", "axis"], ["row0"]),
        helper.make_node("Unsqueeze", ["carrier", "axis"], ["row1"]),
        helper.make_node("Mul", ["row0", "zeros"], ["rest"]),
        helper.make_node("Concat", ["row0", "row1", "rest"], ["features"], axis=1),
    ]
    constants = [
        _constant("turn", 2 * np.pi),
        _constant("one", 1.0),
        _constant("sharp", 12.0),
        _constant("drone", drone),
        _constant("tone", 2 * np.pi * tone),
        _constant("axis", [1], np.int64),
        _constant("zeros", np.zeros((1, 62, 1))),
    ]
    inputs = [
        helper.make_tensor_value_info(tensor.name, TensorProto.FLOAT, list(tensor.shape))
        for tensor in described.inputs
    ]
    outputs = [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["B", 64, WINDOW])]
    return _model(nodes, inputs, outputs, constants)


def _decoder() -> onnx.ModelProto:
    """Envelope times tone, one value held a code, smoothed by linear interpolation."""
    nodes = [
        helper.make_node("Resize", ["features", "", "scales"], ["fine"], mode="linear"),
        helper.make_node("Gather", ["fine", "zero"], ["envelope"], axis=1),
        helper.make_node("Gather", ["fine", "first"], ["carrier"], axis=1),
        helper.make_node("Mul", ["envelope", "carrier"], ["burst"]),
        helper.make_node("Mul", ["burst", "level"], ["samples"]),
        helper.make_node("ArgMax", ["features"], ["codes"], axis=1, keepdims=0),
    ]
    constants = [
        _constant("scales", [1.0, 1.0, SAMPLES_PER_CODE]),
        _constant("zero", 0, np.int64),
        _constant("first", 1, np.int64),
        _constant("level", 0.5),
    ]
    inputs = [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["B", 64, SPAN])]
    outputs = [
        helper.make_tensor_value_info("codes", TensorProto.INT64, ["B", SPAN]),
        helper.make_tensor_value_info("samples", TensorProto.FLOAT, ["B", SPAN * SAMPLES_PER_CODE]),
    ]
    return _model(nodes, inputs, outputs, constants)


if __name__ == "__main__":
    import sys

    print(make_toy_bundle(Path(sys.argv[1])))
