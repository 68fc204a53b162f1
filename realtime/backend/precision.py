"""A graph in half precision, typed throughout, as engines for strongly typed networks want it.

Products and what lies between them become float16 or bfloat16. What would be heard stays float32: the look-up
(a wrong nearest code is another sound), the arithmetic of the beat's phase, magnitudes and all that follows
them, and layer norms. One graph serves TensorRT, torch and ONNX Runtime's CUDA provider. Needs ``onnx``.
"""

from typing import Any, Literal

import numpy as np

from realtime.backend.onnx_package import onnx_package, replace_graph

Precision = Literal["fp32", "fp16", "bf16"]

PRODUCTS = {"Conv", "ConvTranspose", "MatMul", "Gemm"}
DECISIONS = {"ArgMin", "ArgMax"}
ANGLES = {"Sin", "Cos", "Floor"}
MAGNITUDES = {"Exp", "Sqrt", "Reciprocal"}
EXACT = {"LayerNormalization", "Resize", "Cast"}
NO_BF16 = {"ConvTranspose"}
"""TensorRT for RTX cannot build these in bfloat16."""
WHOLE_NUMBERS = {"ArgMin", "ArgMax", "Shape"}
LARGEST_FP16 = 65504.0


def in_precision(model: Any, precision: Precision) -> Any:
    """``model`` with half-precision products; itself for ``fp32``. Inputs and outputs stay float32."""
    if precision == "fp32":
        return model
    return _Converter(model, precision).convert()


def exact_nodes(nodes: list[Any]) -> set[int]:
    """Places of the nodes that stay float32, by the rules above."""
    makers = {name: place for place, node in enumerate(nodes) for name in node.output}
    exact = {place for place, node in enumerate(nodes) if node.op_type in EXACT}
    for place, node in enumerate(nodes):
        if node.op_type in DECISIONS:
            exact |= {place} | upstream(place, nodes, makers, through_products=True)
        elif node.op_type in ANGLES | MAGNITUDES:
            exact |= {place} | upstream(place, nodes, makers, through_products=False)
    loud: set[str] = set()
    for place, node in enumerate(nodes):
        if node.op_type in MAGNITUDES or loud & set(node.input):
            exact.add(place)
            loud |= set(node.output)
    return exact


def upstream(place: int, nodes: list[Any], makers: dict[str, int], through_products: bool) -> set[int]:
    """Places of all nodes that the node at ``place`` depends on, back to inputs (or to products)."""
    found: set[int] = set()
    waiting = [place]
    while waiting:
        for name in nodes[waiting.pop()].input:
            maker = makers.get(name)
            if maker is None or maker in found:
                continue
            if nodes[maker].op_type in PRODUCTS and not through_products:
                continue
            if nodes[maker].op_type in EXACT and not through_products:
                continue
            found.add(maker)
            waiting.append(maker)
    return found


class _Converter:
    """Walks the graph once, keeping for every value whether it is float32, half, or whole numbers."""

    def __init__(self, model: Any, precision: Precision) -> None:
        self._onnx = onnx_package()
        proto = self._onnx.TensorProto
        self._float, self._half = proto.FLOAT, proto.FLOAT16 if precision == "fp16" else proto.BFLOAT16
        self._products = PRODUCTS - NO_BF16 if precision == "bf16" else PRODUCTS
        self._model = self._onnx.ModelProto()
        self._model.CopyFrom(model)
        graph = self._model.graph
        self._constants = {tensor.name: tensor for tensor in graph.initializer}
        self._types = {name: tensor.data_type for name, tensor in self._constants.items()}
        self._types |= {value.name: value.type.tensor_type.elem_type for value in graph.input}
        self._nodes: list[Any] = []

    def convert(self) -> Any:
        """The converted model."""
        graph = self._model.graph
        nodes = list(graph.node)
        exact = exact_nodes(nodes)
        for place, node in enumerate(nodes):
            self._convert(node, place in exact)
        for value in graph.output:
            if self._types[value.name] == self._half:
                self._restore_output(value.name)
        used = {name for node in self._nodes for name in node.input}
        constants = [tensor for name, tensor in self._constants.items() if name in used]
        replace_graph(graph, self._nodes, constants)
        return self._model

    def _convert(self, node: Any, exact: bool) -> None:
        """Append ``node`` with its inputs as floats of one kind."""
        given = [self._types.get(name) for name in node.input if name not in self._constants]
        exact = exact or (node.op_type in PRODUCTS - self._products)
        wants_half = not exact and (node.op_type in self._products or self._half in given)
        floats = self._half if wants_half else self._float
        if node.op_type != "Cast":
            names = [self._as(name, floats) if self._is_float(name) else name for name in node.input]
            del node.input[:]
            node.input.extend(names)
        self._nodes.append(node)
        for name in node.output:
            self._types[name] = self._type_of(node, floats)

    def _type_of(self, node: Any, floats: int) -> int:
        if node.op_type in WHOLE_NUMBERS:
            return int(self._onnx.TensorProto.INT64)
        if node.op_type == "Cast":
            return int(self._onnx.helper.get_attribute_value(node.attribute[0]))
        return floats if self._is_float(node.input[0]) else self._types[node.input[0]]

    def _is_float(self, name: str) -> bool:
        return self._types.get(name) in (self._float, self._half)

    def _as(self, name: str, floats: int) -> str:
        """The value as ``floats``: itself, a converted constant, or behind a Cast (made once)."""
        if self._types[name] == floats:
            return name
        other = f"{name}/{'float32' if floats == self._float else 'half'}"
        if other in self._types:
            return other
        self._types[other] = floats
        if name in self._constants:
            self._constants[other] = self._rounded(name, other)
        else:
            self._nodes.append(self._onnx.helper.make_node("Cast", [name], [other], to=floats))
        return other

    def _rounded(self, name: str, other: str) -> Any:
        """A float32 constant in half precision."""
        values = self._onnx.numpy_helper.to_array(self._constants[name])
        dtype = self._onnx.helper.tensor_dtype_to_np_dtype(self._half)
        if self._half == self._onnx.TensorProto.FLOAT16:
            values = np.clip(values, -LARGEST_FP16, LARGEST_FP16)
        return self._onnx.numpy_helper.from_array(values.astype(dtype), other)

    def _restore_output(self, name: str) -> None:
        """The output keeps its name and becomes float32."""
        inner = f"{name}/half"
        for node in self._nodes:
            for names in (node.input, node.output):
                for place, one in enumerate(names):
                    if one == name:
                        names[place] = inner
        self._nodes.append(self._onnx.helper.make_node("Cast", [inner], [name], to=self._float))
