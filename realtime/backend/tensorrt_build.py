"""Builds TensorRT engines from graphs: classic ``tensorrt`` and ``tensorrt_rtx`` through one set of calls.

TensorRT for RTX needs no card to build; so everything here is tested where there is none. Networks are
strongly typed: precision is what the graph says (precision.py), there is no flag for it.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from configs.errors import BackendError
from realtime.backend.turing import TARGET, without_matrix_products

MODULES = ("tensorrt", "tensorrt_rtx")
REMEDY = "pip install tensorrt-rtx-cu13==1.7.1.116"


@dataclass(frozen=True)
class Batch:
    """Performers in one call: the fewest, the usual number (engines are tuned for it), the most."""

    smallest: int = 1
    usual: int = 1
    largest: int = 8


def tensorrt_module(name: str | None = None) -> Any:
    """The classic library if it is there, else TensorRT for RTX; or the one of that ``name``.

    Raises:
        BackendError: none is installed.
    """
    for module in (name,) if name else MODULES:
        try:
            return importlib.import_module(module)
        except ImportError:
            continue
    raise BackendError(
        f"--backend tensorrt: TensorRT is not installed: {REMEDY}, or use --backend onnxruntime"
    )


def is_rtx(trt: Any) -> bool:
    """Is this TensorRT for RTX? It builds for cards that are not there, and compiles on the card itself."""
    return hasattr(trt, "ComputeCapability")


def targets_of(trt: Any) -> list[str]:
    """The kinds of card that this library names, as ``SM89``; none for the classic one."""
    if not is_rtx(trt):
        return []
    return [name for name in trt.ComputeCapability.__members__ if name.startswith("SM")]


def version_of(trt: Any) -> str:
    """Module and version, for the cache key."""
    return f"{trt.__name__} {trt.__version__}"


def build_engine(trt: Any, model: Any, batch: Batch, targets: Sequence[str] = ()) -> bytes:
    """A serialised engine.

    Args:
        trt: the module, see :func:`tensorrt_module`.
        model: ``onnx.ModelProto``, its first axis free and called ``B``.
        batch: what the optimisation profile covers.
        targets: kinds of card (``SM75``...) for TensorRT for RTX; none: portable. The classic library
            builds for the card that is there.

    Raises:
        BackendError: the graph has what TensorRT does not take, or the build failed.
    """
    if TARGET in targets:
        model = without_matrix_products(model)
    logger = quiet_logger(trt)
    builder = trt.Builder(logger)
    flag = 1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED)
    network = builder.create_network(flag)
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(model.SerializeToString()):
        raise BackendError(f"TensorRT does not take this graph: {_parser_errors(parser)}")
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    for index in range(network.num_inputs):
        tensor = network.get_input(index)
        rest = tuple(tensor.shape)[1:]
        sizes = ((rows, *rest) for rows in (batch.smallest, batch.usual, batch.largest))
        profile.set_shape(tensor.name, *sizes)
    config.add_optimization_profile(profile)
    _aim(trt, config, targets)
    engine = builder.build_serialized_network(network, config)
    if engine is None:
        raise BackendError(f"TensorRT could not build the engine: {logger.last()}")
    return bytes(engine)


def _aim(trt: Any, config: Any, targets: Sequence[str]) -> None:
    """Name the kinds of card."""
    if not targets:
        return
    unknown = [target for target in targets if target not in targets_of(trt)]
    if unknown:
        raise BackendError(
            f"{trt.__name__} {trt.__version__} knows no {', '.join(unknown)}; "
            f"it knows {', '.join(targets_of(trt)) or 'only the card that is there'}"
        )
    config.num_compute_capabilities = len(targets)
    for index, target in enumerate(targets):
        config.set_compute_capability(trt.ComputeCapability.__members__[target], index)


def _parser_errors(parser: Any) -> str:
    errors = [parser.get_error(index) for index in range(parser.num_errors)]
    return "; ".join(f"{error.node_name() or 'graph'}: {error.desc()}" for error in errors)


def quiet_logger(trt: Any) -> Any:
    """TensorRT's logger, quiet, remembering the last error."""

    class Quiet(trt.ILogger):
        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.errors: list[str] = []

        def log(self, severity: Any, message: str) -> None:
            if severity in (trt.ILogger.ERROR, trt.ILogger.INTERNAL_ERROR):
                self.errors.append(message)

        def last(self) -> str:
            return self.errors[-1] if self.errors else "it does not say why"

    return Quiet()
