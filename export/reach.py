"""Which part of a value a part of a node's output depends on, along one axis (time). Knows no bundle.

Operators that mix no times hand a span on as it is; convolutions and paddings widen or shift it; whatever is
not known here is said to need everything, which is never wrong.
"""

from dataclasses import dataclass
from functools import reduce
from math import prod
from typing import Any

import onnx
from onnx import helper, numpy_helper

POINTWISE = {
    "Abs", "Add", "Cast", "Clip", "Cos", "Div", "Exp", "Floor", "Identity", "LeakyRelu", "Max", "Min", "Mul",
    "Neg", "Pow", "Reciprocal", "Relu", "Sigmoid", "Sin", "Sqrt", "Sub", "Tanh",
}  # fmt: skip


GIVEN_NUMBERS = {"Pad", "Reshape", "Slice", "Unsqueeze"}
"""Their inputs after the first say where, and must be constants."""


@dataclass(frozen=True)
class Span:
    """The places ``begin`` to ``end`` of an axis of a value."""

    axis: int
    begin: int
    end: int

    @property
    def length(self) -> int:
        """How many places."""
        return self.end - self.begin

    def hull(self, other: "Span") -> "Span":
        """The smallest span that holds both, which lie on the same axis."""
        return Span(self.axis, min(self.begin, other.begin), max(self.end, other.end))


Asked = list[Span | None]
"""For each input of a node what is asked of it; None where time does not enter, or all of it always does."""


class Reach:
    """The shapes of a graph, and what its nodes' outputs depend on."""

    def __init__(self, model: Any) -> None:
        described = onnx.shape_inference.infer_shapes(model, data_prop=True).graph
        self.constants = {tensor.name: tensor for tensor in model.graph.initializer}
        self._makers = {name: node for node in model.graph.node for name in node.output}
        self._shapes = {name: list(tensor.dims) for name, tensor in self.constants.items()}
        for value in (*described.value_info, *described.input, *described.output):
            self._shapes[value.name] = [one.dim_value for one in value.type.tensor_type.shape.dim]

    def shape(self, name: str) -> list[int]:
        """The sizes of a value; the batch is 0."""
        return self._shapes[name]

    def whole(self, name: str, axis: int) -> Span:
        """All of a value."""
        return Span(axis, 0, self._shapes[name][axis])

    def numbers(self, name: str) -> list[int]:
        """A constant of integers."""
        return [int(number) for number in numpy_helper.to_array(self.constants[name]).reshape(-1)]

    def asked(self, node: Any, span: Span) -> Asked | None:
        """What ``span`` of the node's output asks of its inputs; None: everything, or that is not known."""
        rule = getattr(self, f"_{node.op_type.lower()}", None)
        if node.op_type in POINTWISE:
            rule = self._pointwise
        named = {*node.input, *node.output} - {""}
        constant = node.op_type not in GIVEN_NUMBERS or self.constants.keys() >= set(node.input[1:])
        if rule is None or not constant or not self._shapes.keys() >= named:
            return None
        attributes = {one.name: helper.get_attribute_value(one) for one in node.attribute}
        found: Asked | None = rule(node, attributes, span)
        return found

    def _pointwise(self, node: Any, attributes: dict[str, Any], span: Span) -> Asked:
        rank = len(self._shapes[node.output[0]])
        return [self._broadcast(name, rank, span) for name in node.input]

    def _broadcast(self, name: str, rank: int, span: Span) -> Span | None:
        """An input's part, if it has the axis at all and is not repeated along it."""
        axis = span.axis - rank + len(self._shapes.get(name, []))
        one = axis < 0 or self._shapes[name][axis] == 1
        return None if one else Span(axis, span.begin, span.end)

    def _expand(self, node: Any, attributes: dict[str, Any], span: Span) -> Asked | None:
        """Along an axis that the given shape leaves as it is: there it says 1."""
        maker = self._makers.get(node.input[1])
        sizes = [node.input[1]] if maker is None else list(maker.input) if maker.op_type == "Concat" else []
        at = [self.numbers(name) if name in self.constants else [0] for name in sizes]
        said = [number for numbers in at for number in numbers]
        part = self._broadcast(node.input[0], len(self._shapes[node.output[0]]), span)
        same_rank = len(said) == len(self._shapes[node.output[0]])
        return [part, None] if part is not None and same_rank and said[span.axis] == 1 else None

    def _layernormalization(self, node: Any, attributes: dict[str, Any], span: Span) -> Asked | None:
        last = len(self._shapes[node.output[0]]) - 1
        if attributes.get("axis", -1) not in (-1, last) or span.axis == last:
            return None
        return [span, *[None] * (len(node.input) - 1)]

    def _matmul(self, node: Any, attributes: dict[str, Any], span: Span) -> Asked | None:
        rows = len(self._shapes[node.output[0]]) - 2
        weights = len(self._shapes[node.input[1]]) == 2
        return [span, None] if weights and span.axis == rows else None

    def _transpose(self, node: Any, attributes: dict[str, Any], span: Span) -> Asked:
        return [Span(attributes["perm"][span.axis], span.begin, span.end)]

    def _unsqueeze(self, node: Any, attributes: dict[str, Any], span: Span) -> Asked | None:
        rank = len(self._shapes[node.output[0]])
        new = {axis % rank for axis in self.numbers(node.input[1])}
        if span.axis in new:
            return None
        return [Span(span.axis - sum(axis < span.axis for axis in new), span.begin, span.end), None]

    def _reshape(self, node: Any, attributes: dict[str, Any], span: Span) -> Asked | None:
        """The axis that has as many places, and as many values in each."""
        before, after = self._shapes[node.input[0]], self._shapes[node.output[0]]
        size, inner = after[span.axis], prod(after[span.axis + 1 :])
        for axis in range(1, len(before)):
            if before[axis] == size and prod(before[axis + 1 :]) == inner and span.axis > 0:
                return [Span(axis, span.begin, span.end), None]
        return None

    def _concat(self, node: Any, attributes: dict[str, Any], span: Span) -> Asked | None:
        other = attributes["axis"] % len(self._shapes[node.output[0]]) != span.axis
        return [span for _ in node.input] if other else None

    def _split(self, node: Any, attributes: dict[str, Any], span: Span) -> Asked | None:
        other = attributes.get("axis", 0) % len(self._shapes[node.output[0]]) != span.axis
        return [span, *[None] * (len(node.input) - 1)] if other else None

    def _gather(self, node: Any, attributes: dict[str, Any], span: Span) -> Asked | None:
        """One place of another axis."""
        if self._shapes[node.input[1]]:
            return None
        taken = attributes.get("axis", 0) % len(self._shapes[node.input[0]])
        return [Span(span.axis + (taken <= span.axis), span.begin, span.end), None]

    def _conv(self, node: Any, attributes: dict[str, Any], span: Span) -> Asked | None:
        if span.axis != 2 or len(attributes["kernel_shape"]) != 1 or attributes.get("strides", [1]) != [1]:
            return None
        part = self._inside(node, self.unclipped(node, span))
        return [part, *[None] * (len(node.input) - 1)] if part else None

    def _pad(self, node: Any, attributes: dict[str, Any], span: Span) -> Asked | None:
        if len(node.input) > 2 or attributes.get("mode", b"constant") != b"constant":
            return None
        part = self._inside(node, self.unclipped(node, span))
        return [part, None] if part else None

    def unclipped(self, node: Any, span: Span) -> Span:
        """What a ``Conv`` or ``Pad`` reads for ``span``, its padding counted in."""
        if node.op_type == "Pad":
            first = span.begin - self.numbers(node.input[1])[span.axis]
            return Span(span.axis, first, first + span.length)
        attributes = {one.name: list(one.ints) for one in node.attribute}
        first = span.begin - attributes.get("pads", [0])[0]
        taps = attributes.get("dilations", [1])[0] * (attributes["kernel_shape"][0] - 1)
        return Span(span.axis, first, first + span.length + taps)

    def _inside(self, node: Any, read: Span) -> Span | None:
        """What of ``read`` lies in the node's input, if any does."""
        part = Span(read.axis, max(0, read.begin), min(self.whole(node.input[0], read.axis).end, read.end))
        return part if part.length > 0 else None

    def _slice(self, node: Any, attributes: dict[str, Any], span: Span) -> Asked | None:
        if len(node.input) < 4 or (len(node.input) == 5 and self.numbers(node.input[4]) != [1]):
            return None
        shape, rest = self._shapes[node.input[0]], [None] * (len(node.input) - 1)
        (axis, *more), (start, *_) = self.numbers(node.input[3]), self.numbers(node.input[1])
        if more:
            return None
        shift = 0 if axis % len(shape) != span.axis else start % shape[span.axis]
        return [Span(span.axis, span.begin + shift, span.end + shift), *rest]


def shortened(nodes: list[Any], outputs: set[str], reach: Reach, target: str, heard: Span) -> dict[str, Span]:
    """What must be computed of each value, for ``heard`` of ``target`` and all of ``outputs``.

    What reads ``target`` is given all of it, filled up. Only values of which less than all can be computed,
    by the rules above, are in the answer.
    """
    found, entire = {target: heard}, set(outputs)
    short: dict[str, Span] = {}
    for node in reversed(nodes):
        spans = [found[name] for name in node.output if name in found]
        span = reduce(Span.hull, spans) if spans and not entire & set(node.output) else None
        asked = reach.asked(node, span) if span else None
        if span is None or asked is None:
            entire |= set(node.input) - {target}
            continue
        short.update(dict.fromkeys(node.output, span))
        for name, part in zip(node.input, asked, strict=True):
            if part and found.setdefault(name, part).axis != part.axis:
                entire.add(name)
            elif part:
                found[name] = found[name].hull(part)
    return short
