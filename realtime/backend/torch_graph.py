"""An ONNX graph as a torch module, so that the torch backend plays exactly what the bundle says.

The graph is the bundle's own, weights included: nothing is rebuilt from checkpoints. Nodes become functions
once, at load; what depends on constants alone (weights kept in a byte each) is computed then.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from configs.errors import BackendError
from realtime.backend.torch_ops import OPERATORS, Function


@dataclass(frozen=True)
class Step:
    """One node: a function, where its inputs are, where its outputs go."""

    function: Function
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class TorchGraph(torch.nn.Module):
    """Runs a graph with torch operators.

    Args:
        model: an ONNX model (``onnx.ModelProto``) or the path of one.

    Raises:
        BackendError: the graph holds an operator that is not known here.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        import onnx
        from onnx import numpy_helper

        model = onnx.load(model) if isinstance(model, str | Path) else model
        graph = model.graph
        self.outputs = [value.name for value in graph.output]
        constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        self.inputs = [value.name for value in graph.input if value.name not in constants]
        self._tensors = {name: as_tensor(value) for name, value in constants.items()}
        self.steps: list[Step] = []
        for node in graph.node:
            self._add(node, constants)
        needed = {name for step in self.steps for name in step.inputs} | set(self.outputs)
        self._names = [name for name in self._tensors if name in needed]
        for index, name in enumerate(self._names):
            self.register_buffer(f"constant_{index}", self._tensors[name])
        del self._tensors
        self._spent = self._last_uses()

    def _add(self, node: Any, constants: dict[str, NDArray[Any]]) -> None:
        import onnx

        if node.op_type not in OPERATORS:
            raise BackendError(
                f"the torch backend knows no operator {node.op_type}: use --backend onnxruntime"
            )
        attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
        attributes = {
            k: v.decode() if k == "mode" and node.op_type == "Pad" else v for k, v in attributes.items()
        }
        function = OPERATORS[node.op_type](attributes, [constants.get(name) for name in node.input])
        step = Step(function, tuple(node.input), tuple(node.output))
        if node.input and all(name == "" or name in constants for name in node.input):
            found = step.function(*(self._tensors.get(name) for name in node.input))
            for name, value in zip(
                step.outputs, found if isinstance(found, tuple) else (found,), strict=True
            ):
                self._tensors[name] = value
                constants[name] = value.float().numpy() if value.dtype == torch.bfloat16 else value.numpy()
            return
        self.steps.append(step)

    def _last_uses(self) -> list[list[str]]:
        """For each step the values that nobody needs after it."""
        keep = {"", *self.outputs, *self._names}
        spent: list[list[str]] = []
        for step in reversed(self.steps):
            names = dict.fromkeys(name for name in (*step.inputs, *step.outputs) if name not in keep)
            keep.update(names)
            spent.append(list(names))
        return spent[::-1]

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """The graph's outputs, in order, for its ``inputs``, in order."""
        values = self._values(inputs)
        for step, spent in zip(self.steps, self._spent, strict=True):
            self._take(step, values)
            for name in spent:  # a thousand performers' values do not fit into a card all at once
                del values[name]
        return tuple(required(values[name]) for name in self.outputs)

    def traffic_bytes(self, *inputs: Tensor) -> int:
        """Bytes of values (not weights) that nodes read and write if none are fused; views count nothing."""
        values = self._values(inputs)
        constants, traffic = set(self._names), 0
        for step in self.steps:
            self._take(step, values)
            given = [values[name] for name in step.inputs if name not in constants]
            found = [required(values[name]) for name in step.outputs]
            places = {value.untyped_storage().data_ptr() for value in given if value is not None}
            if found[0].untyped_storage().data_ptr() not in places:
                traffic += sum(value.nbytes for value in (*given, *found) if value is not None)
        return traffic

    def constants(self) -> dict[str, Tensor]:
        """Constants by name, where they are now."""
        return {name: getattr(self, f"constant_{index}") for index, name in enumerate(self._names)}

    def forget(self, name: str) -> None:
        """Let a constant go that a step has taken over; the step is called with an empty one."""
        setattr(self, f"constant_{self._names.index(name)}", torch.empty(0))

    def _values(self, inputs: Sequence[Tensor]) -> dict[str, Tensor | None]:
        """Inputs and constants by name; the empty name is an input left out."""
        values: dict[str, Tensor | None] = dict(zip(self.inputs, inputs, strict=True))
        values[""] = None
        for index, name in enumerate(self._names):
            values[name] = getattr(self, f"constant_{index}")
        return values

    @staticmethod
    def _take(step: Step, values: dict[str, Tensor | None]) -> None:
        found = step.function(*(values[name] for name in step.inputs))
        if len(step.outputs) == 1:
            values[step.outputs[0]] = found
        else:
            values.update(zip(step.outputs, found, strict=True))


def as_tensor(value: NDArray[Any]) -> Tensor:
    """A constant; bfloat16, which numpy has from a package, by its bits."""
    if value.dtype.name == "bfloat16":
        return torch.from_numpy(value.view(np.int16).copy()).view(torch.bfloat16)
    return torch.from_numpy(np.array(value))


def required(value: Tensor | None) -> Tensor:
    """An output, which cannot be missing."""
    assert value is not None
    return value
