"""Writes the nodes of a graph anew, each for the span of times that is asked of it. Knows no bundle.

A value that was made for more than a node reads is cut before it; convolutions and paddings pad less, because
what they pad is there. What a changed node was stands in its metadata, under ``WHOLE``.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import NodeProto, helper, numpy_helper

from configs.bundle import WHOLE
from export.reach import Reach, Span

LAST = np.iinfo(np.int64).max
"""The end of a slice that goes on to the end."""


class Writer:
    """Takes a graph's nodes in order.

    Args:
        reach: the graph's shapes and rules.
        short: what is computed of each value; of the others all is (export.reach.shortened).
        target: the value that is filled up with zeros to its old length.
    """

    def __init__(self, reach: Reach, short: dict[str, Span], target: str) -> None:
        self._reach, self._short, self._target = reach, short, target
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._cuts: set[str] = set()
        self.count = 0
        """Nodes that compute less than before."""

    def take(self, given: Any) -> None:
        """Append a node, and before it the cuts of its inputs."""
        node = NodeProto()
        node.CopyFrom(given)
        span = self._short.get(node.output[0])
        if span is not None and span != self._reach.whole(node.output[0], span.axis):
            self.count += 1
            self._shorten(node, span)
        self._nodes.append(node)
        if span is not None and self._target in node.output:
            self._fill(node, span)

    def into(self, graph: Any) -> None:
        """Give ``graph`` the nodes taken so far, and the constants they use."""
        used = {name for node in self._nodes for name in node.input}
        constants = [one for one in (*graph.initializer, *self._constants) if one.name in used]
        constants = [type(one).FromString(one.SerializeToString()) for one in constants]
        del graph.node[:], graph.initializer[:], graph.value_info[:]
        graph.node.extend(self._nodes)
        graph.initializer.extend(constants)

    def _shorten(self, node: Any, span: Span) -> None:
        asked = self._reach.asked(node, span) or []
        reads = list(node.input)
        rank = len(self._reach.shape(node.output[0]))
        along = node.op_type == "Slice" and self._reach.numbers(reads[3])[0] % rank == span.axis
        for place, part in enumerate(asked):
            if part is not None and not along:
                node.input[place] = self._cut(reads[place], part)
        first = asked[0]
        if first is None:
            return
        if along:
            begin = self._had(reads[0], first.axis).begin
            for place, bound in ((1, first.begin), (2, first.end)):
                self._say(node, place, [bound - begin], self._reach.numbers(reads[place]))
        elif node.op_type == "Reshape":
            self._take_any_length(node, span.axis)
        elif node.op_type in ("Conv", "Pad"):
            read = self._reach.unclipped(node, span)
            self._pad_less(node, span.axis, (first.begin - read.begin, read.end - first.end))

    def _had(self, name: str, axis: int) -> Span:
        """What is computed of a value."""
        return self._short.get(name, self._reach.whole(name, axis))

    def _cut(self, name: str, part: Span) -> str:
        """The name of this part of a value."""
        had = self._had(name, part.axis)
        if had == part:
            return name
        cut = f"{name}/{part.begin}-{part.end}"
        if cut not in self._cuts:
            self._cuts.add(cut)
            node = helper.make_node("Slice", [name, "", "", ""], [cut])
            self._say(node, 1, [part.begin - had.begin], [0])
            self._say(node, 2, [part.end - had.begin], [LAST])
            self._say(node, 3, [part.axis])
            self._nodes.append(node)
        return cut

    def _pad_less(self, node: Any, axis: int, sides: tuple[int, int]) -> None:
        """Other paddings before and after on one axis."""
        if node.op_type == "Pad":
            old = self._reach.numbers(node.input[1])
            new = list(old)
            new[axis], new[axis + len(old) // 2] = sides
            self._say(node, 1, new, old)
            return
        old = next((list(one.ints) for one in node.attribute if one.name == "pads"), [0, 0])
        if list(sides) != old:
            kept = [one for one in node.attribute if one.name != "pads"]
            del node.attribute[:]
            node.attribute.extend([*kept, helper.make_attribute("pads", sides)])
            note(node, "pads", old)

    def _take_any_length(self, node: Any, axis: int) -> None:
        """A ``Reshape`` that keeps the batch and finds the length by itself."""
        shape = self._reach.shape(node.output[0])
        self._say(node, 1, [0, *(-1 if place == axis else size for place, size in enumerate(shape) if place)])
        del node.attribute[:]  # `allowzero`, by which 0 would not be "as it was"

    def _fill(self, maker: Any, span: Span) -> None:
        """Zeros around the target, up to its old length."""
        shape = self._reach.shape(self._target)
        size, rank = shape[span.axis], len(shape)
        pads = [0] * 2 * rank
        pads[span.axis], pads[span.axis + rank] = span.begin, size - span.end
        inner = f"{self._target}/heard"
        maker.output[list(maker.output).index(self._target)] = inner
        node = helper.make_node("Pad", [inner, ""], [self._target])
        self._say(node, 1, pads, [0] * 2 * rank)
        self._nodes.append(node)

    def _say(self, node: Any, place: int, numbers: Sequence[int], whole: Sequence[int] | None = None) -> None:
        """Give a node a constant of its own; ``whole`` is what it was, if that matters."""
        name = f"{node.output[0]}/input {place}"
        self._constants.append(numpy_helper.from_array(np.array(numbers, np.int64), name))
        node.input[place] = name
        if whole is not None:
            note(node, str(place), whole)


def note(node: Any, what: str, numbers: Sequence[int]) -> None:
    """Keep in a node's metadata what it was."""
    entry = node.metadata_props.add()
    entry.key, entry.value = f"{WHOLE}{what}", " ".join(map(str, numbers))
