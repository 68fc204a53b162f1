"""Generator, look-up and decoder of a bundle as one ONNX graph: a hop is then one call of an engine.

Needs the ``onnx`` package, which performing in ONNX Runtime does not. Knows no engine.
"""

from typing import Any

import numpy as np

from configs.bundle import Bundle, Manifest
from configs.errors import BackendError
from realtime.backend.base import decoder_span, played_span
from realtime.backend.onnx_package import onnx_package, replace_graph
from realtime.backend.precision import Precision, in_precision

PREFIX = "decoder/"


def hop_model(bundle: Bundle, precision: Precision = "fp32") -> Any:
    """The ``onnx.ModelProto`` from the manifest's inputs to ``codes`` and the played ``samples``.

    Each network is converted by itself: the look-up's float32 must not reach back into the generator.

    Raises:
        BackendError: ``onnx`` is not installed, or the graphs do not fit together.
    """
    onnx = onnx_package()
    generator, decoder = (
        prepared(onnx.load(str(path)), precision) for path in (bundle.generator, bundle.decoder)
    )
    if generator.opset_import[0].version != decoder.opset_import[0].version:
        raise BackendError(f"bundle {str(bundle.folder)!r}: generator and decoder are of different opsets")
    onnx.compose.add_prefix(decoder, PREFIX, inplace=True)
    graph = generator.graph
    manifest = bundle.manifest
    for value in decoder.graph.input:  # the generator's features, and inputs that both networks are given
        axis = len(value.type.tensor_type.shape.dim) - 1
        add_slice(graph, value.name.removeprefix(PREFIX), value.name, decoder_span(manifest), axis)
    graph.node.extend(decoder.graph.node)
    graph.initializer.extend(decoder.graph.initializer)
    add_slice(graph, f"{PREFIX}samples", "samples", played_span(manifest), axis=1)
    graph.node.append(onnx.helper.make_node("Identity", [f"{PREFIX}codes"], ["codes"]))
    del graph.output[:]
    graph.output.extend(outputs(onnx, decoder.graph, manifest))
    del graph.value_info[:]
    return generator


def prepared(model: Any, precision: Precision) -> Any:
    """One network with its weights unfolded, in ``precision``."""
    unfold_weights(model)
    return in_precision(model, precision)


def outputs(onnx: Any, decoder: Any, manifest: Manifest) -> list[Any]:
    """Descriptions of ``codes`` as the decoder has it, and ``samples`` [B, N]."""
    described = {value.name: value for value in decoder.output}
    codes = onnx.ValueInfoProto()
    codes.CopyFrom(described[f"{PREFIX}codes"])
    codes.name = "codes"
    codes.type.tensor_type.shape.dim[0].dim_param = "B"
    span = played_span(manifest)
    size = ["B", span.stop - span.start]
    return [codes, onnx.helper.make_tensor_value_info("samples", onnx.TensorProto.FLOAT, size)]


def add_slice(graph: Any, source: str, target: str, span: slice, axis: int) -> None:
    """Append ``target = source[span]`` along ``axis``."""
    from onnx import helper, numpy_helper

    bounds = {"start": span.start, "end": span.stop, "axis": axis}
    names = [f"{target}/{name}" for name in bounds]
    graph.initializer.extend(
        numpy_helper.from_array(np.array([value], np.int64), name)
        for name, value in zip(names, bounds.values(), strict=True)
    )
    graph.node.append(helper.make_node("Slice", [source, *names], [target]))


def unfold_weights(model: Any) -> None:
    """Weights that are kept in a byte each become float32: engines choose their own precision."""
    from onnx import TensorProto, helper, numpy_helper

    graph = model.graph
    constants = {tensor.name: tensor for tensor in graph.initializer}
    rest = []
    for node in graph.node:
        known = all(name in constants for name in node.input)
        if (
            known
            and node.op_type == "Cast"
            and helper.get_attribute_value(node.attribute[0]) == TensorProto.FLOAT
        ):
            value = numpy_helper.to_array(constants[node.input[0]]).astype("float32")
        elif known and node.op_type == "Transpose":
            order = [a.ints for a in node.attribute if a.name == "perm"]
            value = numpy_helper.to_array(constants[node.input[0]]).transpose(*order)
        elif known and node.op_type == "Reshape":
            shape = numpy_helper.to_array(constants[node.input[1]])
            value = numpy_helper.to_array(constants[node.input[0]]).reshape(shape)
        elif known and node.op_type == "Mul":
            first, second = (numpy_helper.to_array(constants[name]) for name in node.input)
            value = first * second
        else:
            rest.append(node)
            continue
        constants[node.output[0]] = numpy_helper.from_array(np.ascontiguousarray(value), node.output[0])
    used = {name for node in rest for name in node.input} | {value.name for value in graph.output}
    replace_graph(graph, rest, [tensor for name, tensor in constants.items() if name in used])
