"""Convolutions on a processor whose weights lie ready in oneDNN's own order. Needs torch; knows no bundle.

Torch puts a convolution's weights into the order its kernels want at every call: with one window a call that
costs paper-high a third of its time. The operators are those that ``torch.compile`` uses when it freezes a
graph (torch 2.13); where they are missing the graph stays as it is.
"""

from dataclasses import replace

import torch
from torch import Tensor

from realtime.backend.torch_graph import TorchGraph
from realtime.backend.torch_ops import Convolution

OPERATORS = ("_reorder_convolution_weight", "_convolution_pointwise")


def packed(graph: TorchGraph) -> TorchGraph:
    """``graph`` with its bfloat16 convolutions' weights put in order once, at the first hop."""
    if not (torch.backends.mkldnn.is_available() and all(hasattr(torch.ops.mkldnn, n) for n in OPERATORS)):
        return graph
    constants = graph.constants()
    for place, step in enumerate(graph.steps):
        weight = constants.get(step.inputs[1]) if len(step.inputs) > 1 else None
        if isinstance(step.function, Convolution) and weight is not None and weight.dtype == torch.bfloat16:
            graph.steps[place] = replace(step, function=PackedConvolution(step.function, weight))
            graph.forget(step.inputs[1])
    return graph


class PackedConvolution:
    """A convolution that ignores the weight it is called with: it has its own, ordered at the first call.

    The order depends on the input's length (a kernel of width one is ten times slower in the wrong one), not
    on how many performers there are. Values come out channels last and go on so, which saves copies.

    Args:
        plain: as the graph describes it.
        weight: ``[out, in, ...]``, on the processor.
    """

    def __init__(self, plain: Convolution, weight: Tensor) -> None:
        self._plain = plain
        self._flat = weight.dim() == 3
        self._settings = tuple([*plain.settings[name]] for name in ("padding", "stride", "dilation"))
        self._groups = plain.settings["groups"]
        if self._flat:  # one dimension is two, the first of size 1
            fill = (0, 1, 1)
            self._settings = tuple([one, *s] for one, s in zip(fill, self._settings, strict=True))
            weight = weight.unsqueeze(2)
        self._weight = weight.contiguous()
        self._ordered = False

    def __call__(self, x: Tensor, _: Tensor, bias: Tensor | None = None) -> Tensor:
        """The convolution of ``x``."""
        x = self._plain.padded(x)
        x = x.unsqueeze(2) if self._flat else x
        if not self._ordered:
            order, size = torch.ops.mkldnn._reorder_convolution_weight, [1, *x.shape[1:]]
            self._weight = order(self._weight, *self._settings, self._groups, size)
            self._ordered = True
        found: Tensor = torch.ops.mkldnn._convolution_pointwise(
            x, self._weight, bias, *self._settings, self._groups, "none", [], ""
        )
        return found.squeeze(2) if self._flat else found
