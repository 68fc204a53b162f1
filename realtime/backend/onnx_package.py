"""The ``onnx`` package, had only by engines that read graphs themselves. Knows no bundle."""

from collections.abc import Iterable
from typing import Any

from configs.errors import BackendError


def onnx_package() -> Any:
    """The package itself.

    Raises:
        BackendError: it is not installed.
    """
    try:
        import onnx
        import onnx.compose
    except ImportError as error:
        raise BackendError(
            "this engine reads graphs with the onnx package: pip install onnx==1.23.2"
        ) from error
    return onnx


def replace_graph(graph: Any, nodes: Iterable[Any], constants: Iterable[Any]) -> None:
    """Give ``graph`` these nodes and constants, which may be its own."""
    copies = [[type(one).FromString(one.SerializeToString()) for one in kind] for kind in (nodes, constants)]
    del graph.node[:], graph.initializer[:], graph.value_info[:]
    graph.node.extend(copies[0])
    graph.initializer.extend(copies[1])
