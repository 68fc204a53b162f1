"""The bundle in TensorRT: one engine, one CUDA graph and one synchronisation a hop.

Both libraries, classic and for RTX, go through the same calls; the card is reached through cuda.py. Nothing
is deserialised before a CUDA device was found and the engine file proved whole: the lean runtime of TensorRT
for RTX would take the process down.
"""

import ctypes
import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.bundle import Bundle
from configs.errors import BackendError
from realtime.backend.base import Backend, Inputs, Rendering
from realtime.backend.cuda import Card, Cuda, driver_problem
from realtime.backend.engine_cache import EngineKey, cache_folder, read_engine, write_engine
from realtime.backend.gate import joined, pass_gate
from realtime.backend.hop_graph import hop_model
from realtime.backend.onnxruntime import OnnxRuntimeBackend
from realtime.backend.precision import Precision
from realtime.backend.tensorrt_build import (
    Batch,
    build_engine,
    is_rtx,
    quiet_logger,
    targets_of,
    tensorrt_module,
    version_of,
)
from realtime.backend.windows import recorded_windows

PREFERENCE: tuple[Precision, ...] = ("fp16", "bf16", "fp32")
Say = Callable[[str], None]


@dataclass(frozen=True)
class Binding:
    """One input or output of an engine for a fixed number of rows, at home on card and host."""

    name: str
    is_input: bool
    host: NDArray[Any]
    """Pinned memory as an array."""
    host_address: int
    card_address: int


class CapturedHop:
    """All of a hop for a fixed number of rows: copies in, networks, copies out, as one CUDA graph.

    Args:
        context: TensorRT's execution context, of this hop alone.
        engine: names, kinds and element types of inputs and outputs.
        trt: the module.
        cuda: the card.
        rows: performers.
    """

    def __init__(self, context: Any, engine: Any, trt: Any, cuda: Cuda, rows: int) -> None:
        self._context, self._cuda = context, cuda
        self._stream = cuda.stream()
        names = [engine.get_tensor_name(index) for index in range(engine.num_io_tensors)]
        kinds = {name: engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT for name in names}
        for name in names:
            if kinds[name]:
                context.set_input_shape(name, (rows, *tuple(engine.get_tensor_shape(name))[1:]))
        self._bindings = [
            self._bind(name, kinds[name], np.dtype(trt.nptype(engine.get_tensor_dtype(name))))
            for name in names
        ]
        self._enqueue()  # the first call sets up what may not be captured
        cuda.synchronise(self._stream)
        cuda.begin_capture(self._stream)
        self._enqueue()
        self._graph = cuda.end_capture(self._stream)

    def render(self, inputs: Inputs) -> Rendering:
        """Copy in, launch, wait once, copy out."""
        for binding in self._bindings:
            if binding.is_input:
                np.copyto(binding.host, inputs[binding.name])
        self._cuda.launch(self._graph, self._stream)
        self._cuda.synchronise(self._stream)
        found = {binding.name: binding.host.copy() for binding in self._bindings if not binding.is_input}
        return Rendering(found["codes"].astype(np.int64), found["samples"])

    def _bind(self, name: str, is_input: bool, dtype: np.dtype[Any]) -> Binding:
        shape = tuple(self._context.get_tensor_shape(name))
        if min(shape) < 1:
            raise BackendError(f"TensorRT does not know the size of {name}: {shape}")
        size_bytes = int(np.prod(shape)) * dtype.itemsize
        host_address, card_address = self._cuda.pinned(size_bytes), self._cuda.memory(size_bytes)
        memory = (ctypes.c_byte * size_bytes).from_address(host_address)
        host = np.frombuffer(memoryview(memory), dtype).reshape(shape)
        host[...] = 0
        self._context.set_tensor_address(name, card_address)
        return Binding(name, is_input, host, host_address, card_address)

    def _enqueue(self) -> None:
        for binding in self._bindings:
            if binding.is_input:
                size_bytes = binding.host.nbytes
                self._cuda.to_card(binding.card_address, binding.host_address, size_bytes, self._stream)
        if not self._context.execute_async_v3(self._stream):
            raise BackendError("TensorRT refused to run the engine on this card")
        for binding in self._bindings:
            if not binding.is_input:
                size_bytes = binding.host.nbytes
                self._cuda.to_host(binding.host_address, binding.card_address, size_bytes, self._stream)


class TensorRtBackend:
    """An engine that holds a bundle's hop.

    Args:
        trt: the module.
        engine: TensorRT's deserialised engine.
        cuda: the card.
        name: for the status line.
        largest: performers that fit in one call; more are rendered in several.
        new_context: makes an execution context.
    """

    def __init__(
        self, trt: Any, engine: Any, cuda: Cuda, name: str, largest: int, new_context: Callable[[], Any]
    ) -> None:
        self.name = name
        self._trt, self._engine, self._cuda = trt, engine, cuda
        self._largest, self._new_context = largest, new_context
        self._hops: dict[int, CapturedHop] = {}
        self._lock = threading.Lock()

    def render(self, inputs: Inputs) -> Rendering:
        """Generate, look up, decode what is played; several rows are several performers."""
        rows = len(next(iter(inputs.values())))
        with self._lock:
            self._cuda.make_current()
            parts = [
                self._hop(min(self._largest, rows - first)).render(
                    {name: value[first : first + self._largest] for name, value in inputs.items()}
                )
                for first in range(0, rows, self._largest)
            ]
        return parts[0] if len(parts) == 1 else joined(parts)

    def _hop(self, rows: int) -> CapturedHop:
        if rows not in self._hops:
            self._hops[rows] = CapturedHop(self._new_context(), self._engine, self._trt, self._cuda, rows)
        return self._hops[rows]


def open_tensorrt(
    bundle: Bundle,
    precisions: Sequence[Precision] = PREFERENCE,
    batch: Batch | None = None,
    folder: Path | None = None,
    say: Say = print,
) -> Backend:
    """The first of ``precisions`` whose engine passes the gate, warmed up.

    Raises:
        BackendError: no package, no card, or no precision that passes; in a sentence with the remedy.
    """
    trt = tensorrt_module()
    problem = driver_problem()
    if problem is not None:
        raise BackendError(
            f"--backend tensorrt: {trt.__name__} is installed, but {problem}; no engine can run without an "
            "NVIDIA card: use --backend onnxruntime"
        )
    cuda = Cuda()
    check_card(trt, cuda.card)
    windows = recorded_windows(bundle.manifest)
    return first_that_passes(
        [partial(open_engine, trt, cuda, bundle, one, batch or Batch(), folder, say) for one in precisions],
        OnnxRuntimeBackend(bundle),
        windows,
        say,
    )


def first_that_passes(
    openers: Sequence[Callable[[], Backend]], reference: Backend, windows: Sequence[Inputs], say: Say
) -> Backend:
    """Open one engine after the other until one sounds like the reference.

    Raises:
        BackendError: none does; the sentence names each reason.
    """
    refusals: list[str] = []
    for opener in openers:
        try:
            engine = opener()
            verdict = pass_gate(engine, reference, windows)
        except BackendError as error:
            refusals.append(str(error))
            continue
        because = f" after {'; '.join(refusals)}" if refusals else ""
        say(f"{engine.name} passed the gate: {verdict}{because}.")
        return engine
    raise BackendError(f"no TensorRT engine passed: {'; '.join(refusals)}")


def check_card(trt: Any, card: Card) -> None:
    """Refuse a card that this library does not name.

    Raises:
        BackendError: with what to use instead.
    """
    if is_rtx(trt) and compute_name(card) not in targets_of(trt):
        raise BackendError(
            f"--backend tensorrt: {trt.__name__} {trt.__version__} is not made for {card}: "
            "use --backend torch, or install the classic tensorrt package"
        )


def compute_name(card: Card) -> str:
    """``SM89`` of a card."""
    return "SM{}{}".format(*card.compute_capability)


def key_for(
    trt: Any, card: Card | None, target: str, precision: str, batch: Batch, model: bytes
) -> EngineKey:
    """What the engine of this graph depends on; ``card`` None: built ahead of time for ``target``."""
    return EngineKey(
        card=card.name if card else "any",
        compute_capability=target,
        driver=card.driver if card else 0,
        library=version_of(trt),
        precision=precision,
        shapes=f"B={batch.smallest}..{batch.usual}..{batch.largest}",
        graph=hashlib.sha256(model).hexdigest(),
    )


def open_engine(
    trt: Any, cuda: Cuda, bundle: Bundle, precision: Precision, batch: Batch, folder: Path | None, say: Say
) -> Backend:
    """An engine from the cache (this card's, or one built ahead of time), or a newly built one."""
    folder = folder or cache_folder()
    model = hop_model(bundle, precision)
    content = model.SerializeToString(deterministic=True)
    target = compute_name(cuda.card)
    own = key_for(trt, cuda.card, target, precision, batch, content)
    keys = [own]
    if is_rtx(trt):
        keys += [key_for(trt, None, kind, precision, batch, content) for kind in (target, "portable")]
    plan = cached(folder, keys, say)
    if plan is None:
        plan = build_engine(trt, model, batch, [target] if is_rtx(trt) else ())
        write_engine(folder, own, plan)
    return load_engine(
        trt, cuda, plan, f"tensorrt {precision} {cuda.card}", batch.largest, folder / own.file_name
    )


def cached(folder: Path, keys: Sequence[EngineKey], say: Say) -> bytes | None:
    """The first whole engine that one of ``keys`` describes; damaged files are told of and passed over."""
    for key in keys:
        path = folder / key.file_name
        if not path.is_file():
            continue
        try:
            return read_engine(path, key)
        except BackendError as error:
            say(f"{error}; it is built again.")
    return None


def load_engine(trt: Any, cuda: Cuda, plan: bytes, name: str, largest: int, path: Path) -> Backend:
    """Deserialise. Only called with a card at hand: ``cuda`` is the proof.

    Raises:
        BackendError: the runtime refuses it.
    """
    logger = quiet_logger(trt)
    runtime = trt.Runtime(logger)
    engine = runtime.deserialize_cuda_engine(plan)
    if engine is None:
        raise BackendError(f"{name}: the engine cannot be loaded here: {logger.last()}")
    contexts = RtxContexts(trt, engine, path.with_suffix(".compiled")) if is_rtx(trt) else None
    new_context = contexts.new if contexts else engine.create_execution_context
    backend = TensorRtBackend(trt, engine, cuda, name, largest, new_context)
    backend.keep_alive = (runtime, logger)  # type: ignore[attr-defined]
    return backend


class RtxContexts:
    """Execution contexts of TensorRT for RTX, which compiles kernels on the card and keeps them in a file."""

    def __init__(self, trt: Any, engine: Any, path: Path) -> None:
        self._engine, self._path = engine, path
        self._config = engine.create_runtime_config()
        # All kernels before the first hop: a capture must not hold a stand-in that is replaced later.
        self._config.dynamic_shapes_kernel_specialization_strategy = (
            trt.DynamicShapesKernelSpecializationStrategy.EAGER
        )
        self._config.cuda_graph_strategy = trt.CudaGraphStrategy.DISABLED  # the hop is captured here
        self._cache = self._config.create_runtime_cache()
        if path.is_file():
            self._cache.deserialize(path.read_bytes())
        self._config.set_runtime_cache(self._cache)

    def new(self) -> Any:
        """A context; what was compiled for it is kept for the next start."""
        context = self._engine.create_execution_context(self._config)
        content = bytes(self._cache.serialize())
        temporary = self._path.with_suffix(".part")
        temporary.write_bytes(content)
        temporary.replace(self._path)
        return context
