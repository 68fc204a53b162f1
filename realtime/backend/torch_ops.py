"""ONNX operators in torch: those that our graphs use, one small builder each. Knows no bundle.

A builder is called once a node, with the node's attributes and those inputs that are constants; it returns
the function that is called each hop with all inputs as tensors. So sizes, axes and paddings are plain
integers by then, and a hop can be captured as one CUDA graph.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

Attributes = dict[str, Any]
Constants = Sequence[NDArray[Any] | None]
Function = Callable[..., Any]
Builder = Callable[[Attributes, Constants], Function]

DTYPES = {
    1: torch.float32, 3: torch.int8, 6: torch.int32, 7: torch.int64,
    9: torch.bool, 10: torch.float16, 16: torch.bfloat16,
}  # fmt: skip
"""ONNX's numbers for element types."""

CONVOLUTIONS = {1: F.conv1d, 2: F.conv2d}
TRANSPOSED = {1: F.conv_transpose1d, 2: F.conv_transpose2d}


def plain(function: Function) -> Builder:
    """An operator without attributes."""
    return lambda attributes, constants: function


def numbers(constants: Constants, index: int) -> list[int] | None:
    """A constant input as integers, or None where it was left out."""
    if index >= len(constants):
        return None
    constant = constants[index]
    return None if constant is None else [int(value) for value in np.atleast_1d(constant)]


def axes_of(attributes: Attributes, constants: Constants, index: int) -> list[int] | None:
    """Axes: an attribute in old opsets, an input in new ones."""
    return list(attributes["axes"]) if "axes" in attributes else numbers(constants, index)


class Convolution:
    """``Conv``; uneven padding is made beforehand."""

    def __init__(self, attributes: Attributes, constants: Constants) -> None:
        sides = len(attributes["kernel_shape"])
        pads = list(attributes.get("pads", [0] * 2 * sides))
        begin, end = pads[:sides], pads[sides:]
        self._even = begin == end
        self._before = [side for pair in zip(reversed(begin), reversed(end), strict=True) for side in pair]
        self.settings: dict[str, Any] = {
            "stride": tuple(attributes.get("strides", [1] * sides)),
            "dilation": tuple(attributes.get("dilations", [1] * sides)),
            "groups": attributes.get("group", 1),
            "padding": tuple(begin) if self._even else (0,) * sides,
        }
        self._function = CONVOLUTIONS[sides]

    def padded(self, x: Tensor) -> Tensor:
        """The input with the padding that ``settings`` do not make."""
        return x if self._even else F.pad(x, self._before)

    def __call__(self, x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """The convolution of ``x``."""
        return self._function(self.padded(x), weight, bias, **self.settings)


def transposed_convolution(attributes: Attributes, constants: Constants) -> Function:
    """``ConvTranspose``.

    Raises:
        NotImplementedError: uneven padding.
    """
    sides = len(attributes["kernel_shape"])
    pads = list(attributes.get("pads", [0] * 2 * sides))
    if pads[:sides] != pads[sides:]:
        raise NotImplementedError("ConvTranspose with uneven padding")
    settings = {
        "stride": tuple(attributes.get("strides", [1] * sides)),
        "padding": tuple(pads[:sides]),
        "output_padding": tuple(attributes.get("output_padding", [0] * sides)),
        "groups": attributes.get("group", 1),
        "dilation": tuple(attributes.get("dilations", [1] * sides)),
    }
    function = TRANSPOSED[sides]
    return lambda x, weight, bias=None: function(x, weight, bias, **settings)


def cast(attributes: Attributes, constants: Constants) -> Function:
    """``Cast``."""
    dtype = DTYPES[attributes["to"]]
    return lambda x: x.to(dtype)


def pad(attributes: Attributes, constants: Constants) -> Function:
    """``Pad``: constant, reflect or edge, all axes or some."""
    sizes = numbers(constants, 1) or []
    axes = numbers(constants, 3)
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate"}[
        attributes.get("mode", "constant")
    ]
    value = float(constants[2]) if len(constants) > 2 and constants[2] is not None else 0.0

    def apply(x: Tensor, *_: Tensor) -> Tensor:
        count = len(sizes) // 2
        by_axis = dict(zip(axes or range(count), zip(sizes[:count], sizes[count:], strict=True), strict=True))
        by_axis = {axis % x.dim(): pair for axis, pair in by_axis.items() if pair != (0, 0)}
        first = min(by_axis, default=x.dim())
        flat = [side for axis in range(x.dim() - 1, first - 1, -1) for side in by_axis.get(axis, (0, 0))]
        if not flat:
            return x
        return F.pad(x, flat, value=value) if mode == "constant" else F.pad(x, flat, mode=mode)

    return apply


def reduce_sum(attributes: Attributes, constants: Constants) -> Function:
    """``ReduceSum``."""
    axes, keep = axes_of(attributes, constants, 1), bool(attributes.get("keepdims", 1))
    return lambda x, *_: x.sum(axes, keepdim=keep) if axes else x.sum()


def reduce_mean(attributes: Attributes, constants: Constants) -> Function:
    """``ReduceMean``."""
    axes, keep = axes_of(attributes, constants, 1), bool(attributes.get("keepdims", 1))
    return lambda x, *_: x.mean(axes, keepdim=keep) if axes else x.mean()


def reduce_min(attributes: Attributes, constants: Constants) -> Function:
    """``ReduceMin``."""
    axes, keep = axes_of(attributes, constants, 1), bool(attributes.get("keepdims", 1))
    return lambda x, *_: x.amin(axes or (), keepdim=keep)


def extreme(function: Function) -> Builder:
    """``ArgMin`` and ``ArgMax``."""

    def build(attributes: Attributes, constants: Constants) -> Function:
        axis, keep = attributes.get("axis", 0), bool(attributes.get("keepdims", 1))
        return lambda x: function(x, dim=axis, keepdim=keep)

    return build


def unsqueeze(attributes: Attributes, constants: Constants) -> Function:
    """``Unsqueeze``."""
    axes = axes_of(attributes, constants, 1) or []

    def apply(x: Tensor, *_: Tensor) -> Tensor:
        rank = x.dim() + len(axes)
        for axis in sorted(axis % rank for axis in axes):
            x = x.unsqueeze(axis)
        return x

    return apply


def squeeze(attributes: Attributes, constants: Constants) -> Function:
    """``Squeeze``."""
    axes = axes_of(attributes, constants, 1)
    return lambda x, *_: x.squeeze(tuple(axes)) if axes else x.squeeze()


def gather(attributes: Attributes, constants: Constants) -> Function:
    """``Gather``: rows of an axis by index."""
    axis = attributes.get("axis", 0)
    fixed = constants[1]
    if fixed is not None and fixed.ndim == 0:
        place = int(fixed)
        return lambda x, index: x.select(axis, place)

    def apply(x: Tensor, index: Tensor) -> Tensor:
        flat = x.index_select(axis, index.reshape(-1))
        at = axis % x.dim()
        return flat.reshape(*x.shape[:at], *index.shape, *x.shape[at + 1 :])

    return apply


def gather_nd(attributes: Attributes, constants: Constants) -> Function:
    """``GatherND`` without batch dimensions."""
    return lambda x, index: x[tuple(index.unbind(-1))]


def gather_elements(attributes: Attributes, constants: Constants) -> Function:
    """``GatherElements``."""
    axis = attributes.get("axis", 0)
    return lambda x, index: torch.gather(x, axis, index)


def concat(attributes: Attributes, constants: Constants) -> Function:
    """``Concat``."""
    axis = attributes["axis"]
    return lambda *parts: torch.cat(parts, axis)


def transpose(attributes: Attributes, constants: Constants) -> Function:
    """``Transpose``."""
    order = attributes.get("perm")
    return lambda x: x.permute(order or tuple(reversed(range(x.dim()))))


def reshape(attributes: Attributes, constants: Constants) -> Function:
    """``Reshape``; 0 keeps a size."""
    shape = numbers(constants, 1)
    keep_zero = not attributes.get("allowzero", 0)

    def apply(x: Tensor, given: Tensor) -> Tensor:
        sizes = shape if shape is not None else [int(size) for size in given]
        return x.reshape([x.shape[i] if size == 0 and keep_zero else size for i, size in enumerate(sizes)])

    return apply


def expand(attributes: Attributes, constants: Constants) -> Function:
    """``Expand``: broadcast to a shape, both ways."""
    shape = numbers(constants, 1)

    def apply(x: Tensor, given: Tensor) -> Tensor:
        sizes = shape if shape is not None else [int(size) for size in given]
        return x.expand(torch.broadcast_shapes(x.shape, sizes))

    return apply


def shape(attributes: Attributes, constants: Constants) -> Function:
    """``Shape``, on the CPU: it becomes sizes, never data."""
    start, end = attributes.get("start", 0), attributes.get("end")
    return lambda x: torch.tensor(x.shape[start:end], dtype=torch.int64)


def tile(attributes: Attributes, constants: Constants) -> Function:
    """``Tile``."""
    times = numbers(constants, 1)
    return lambda x, given: x.repeat(times if times is not None else [int(count) for count in given])


def split(attributes: Attributes, constants: Constants) -> Function:
    """``Split``: by sizes, or into equal parts."""
    axis, sizes, parts = attributes.get("axis", 0), numbers(constants, 1), attributes.get("num_outputs", 1)

    def apply(x: Tensor, *_: Tensor) -> tuple[Tensor, ...]:
        return tuple(x.split(sizes if sizes else -(-x.shape[axis] // parts), axis))

    return apply


def slices(attributes: Attributes, constants: Constants) -> Function:
    """``Slice`` with constant bounds and positive steps."""
    starts, ends = numbers(constants, 1) or [], numbers(constants, 2) or []
    axes = numbers(constants, 3) or list(range(len(starts)))
    steps = numbers(constants, 4) or [1] * len(starts)
    if min(steps, default=1) < 1:
        raise NotImplementedError("Slice with a negative step")

    def apply(x: Tensor, *_: Tensor) -> Tensor:
        index = [slice(None)] * x.dim()
        for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
            index[axis] = slice(start, end, step)
        return x[tuple(index)]

    return apply


def layer_norm(attributes: Attributes, constants: Constants) -> Function:
    """``LayerNormalization`` over the axes from ``axis`` on."""
    axis, epsilon = attributes.get("axis", -1), attributes.get("epsilon", 1e-5)
    return lambda x, scale, bias=None: F.layer_norm(x, x.shape[axis:], scale, bias, epsilon)


def gelu(attributes: Attributes, constants: Constants) -> Function:
    """``Gelu``."""
    kind = attributes.get("approximate", "none")
    kind = kind.decode() if isinstance(kind, bytes) else kind
    return lambda x: F.gelu(x, approximate=kind)


def leaky_relu(attributes: Attributes, constants: Constants) -> Function:
    """``LeakyRelu``."""
    slope = attributes.get("alpha", 0.01)
    return lambda x: F.leaky_relu(x, slope)


def softmax(attributes: Attributes, constants: Constants) -> Function:
    """``Softmax``."""
    axis = attributes.get("axis", -1)
    return lambda x: torch.softmax(x, axis)


def clip(attributes: Attributes, constants: Constants) -> Function:
    """``Clip``."""
    low, high = (float(c) if c is not None else None for c in [*constants[1:], None, None][:2])
    return lambda x, *_: x.clamp(low, high)


def gemm(attributes: Attributes, constants: Constants) -> Function:
    """``Gemm``."""
    alpha, beta = attributes.get("alpha", 1.0), attributes.get("beta", 1.0)
    turn_a, turn_b = attributes.get("transA", 0), attributes.get("transB", 0)

    def apply(a: Tensor, b: Tensor, c: Tensor | None = None) -> Tensor:
        product = alpha * ((a.t() if turn_a else a) @ (b.t() if turn_b else b))
        return product if c is None else product + beta * c

    return apply


def resize(attributes: Attributes, constants: Constants) -> Function:
    """``Resize`` along the last axis, linear, half-pixel."""
    if attributes.get("mode") != b"linear":
        raise NotImplementedError("Resize other than linear")
    factor = float(np.asarray(constants[2])[-1])
    return lambda x, *_: F.interpolate(x, scale_factor=factor, mode="linear", align_corners=False)


def power(attributes: Attributes, constants: Constants) -> Function:
    """``Pow``: a square is a product."""
    exponent = constants[1]
    return (lambda x, _: x * x) if exponent is not None and np.all(exponent == 2) else torch.pow


OPERATORS: dict[str, Builder] = {
    "Abs": plain(torch.abs),
    "Add": plain(torch.add),
    "ArgMax": extreme(torch.argmax),
    "ArgMin": extreme(torch.argmin),
    "Cast": cast,
    "Clip": clip,
    "Concat": concat,
    "Conv": Convolution,
    "ConvTranspose": transposed_convolution,
    "Cos": plain(torch.cos),
    "Div": plain(torch.div),
    "Exp": plain(torch.exp),
    "Expand": expand,
    "Floor": plain(torch.floor),
    "Gather": gather,
    "GatherElements": gather_elements,
    "GatherND": gather_nd,
    "Gelu": gelu,
    "Gemm": gemm,
    "Identity": plain(lambda x: x),
    "LayerNormalization": layer_norm,
    "LeakyRelu": leaky_relu,
    "MatMul": plain(torch.matmul),
    "Max": plain(torch.maximum),
    "Min": plain(torch.minimum),
    "Mul": plain(torch.mul),
    "Neg": plain(torch.neg),
    "Pad": pad,
    "Pow": power,
    "Reciprocal": plain(torch.reciprocal),
    "ReduceMean": reduce_mean,
    "ReduceMin": reduce_min,
    "ReduceSum": reduce_sum,
    "Relu": plain(torch.relu),
    "Reshape": reshape,
    "Resize": resize,
    "Shape": shape,
    "Sigmoid": plain(torch.sigmoid),
    "Sin": plain(torch.sin),
    "Slice": slices,
    "Softmax": softmax,
    "Split": split,
    "Sqrt": plain(torch.sqrt),
    "Squeeze": squeeze,
    "Sub": plain(torch.sub),
    "Tanh": plain(torch.tanh),
    "Tile": tile,
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
}
