"""A card and an engine on the processor: memory is host memory, captured work is done when launched.

Work that is captured is not done, as on a card; a hop that forgets a copy or a launch renders zeros.
"""

import ctypes
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from realtime.backend.cuda import Card


class FakeCuda:
    """Stands where ``cuda.Cuda`` stands."""

    card = Card("Fake 4090", (8, 9), 13000, "00")

    def __init__(self) -> None:
        self._memory: dict[int, object] = {}
        self._capturing: list[Callable[[], None]] | None = None
        self._graphs: list[list[Callable[[], None]]] = []
        self._waiting: list[Callable[[], None]] = []
        self.synchronisations = 0
        self.launches = 0

    def make_current(self) -> None: ...

    def memory(self, size_bytes: int) -> int:
        block = (ctypes.c_byte * size_bytes)()
        self._memory[ctypes.addressof(block)] = block
        return ctypes.addressof(block)

    pinned = memory

    def stream(self) -> int:
        return 1

    def enqueue(self, work: Callable[[], None]) -> None:
        (self._waiting if self._capturing is None else self._capturing).append(work)

    def to_card(self, card: int, host: int, size_bytes: int, stream: int) -> None:
        self.enqueue(lambda: ctypes.memmove(card, host, size_bytes))

    def to_host(self, host: int, card: int, size_bytes: int, stream: int) -> None:
        self.enqueue(lambda: ctypes.memmove(host, card, size_bytes))

    def synchronise(self, stream: int) -> None:
        assert self._capturing is None, "synchronising within a capture is an error on a card"
        self.synchronisations += 1
        for work in self._waiting:
            work()
        self._waiting.clear()

    def begin_capture(self, stream: int) -> None:
        self._capturing = []

    def end_capture(self, stream: int) -> int:
        assert self._capturing is not None
        self._graphs.append(self._capturing)
        self._capturing = None
        return len(self._graphs)

    def launch(self, graph: int, stream: int) -> None:
        self.launches += 1
        self._waiting += self._graphs[graph - 1]


TRT = SimpleNamespace(
    __name__="tensorrt_rtx",
    __version__="0",
    TensorIOMode=SimpleNamespace(INPUT="in"),
    nptype=lambda dtype: dtype,
    ComputeCapability=SimpleNamespace(__members__={"NONE": 0, "SM89": 89}),
)


class FakeEngine:
    """An engine whose networks run in torch."""

    def __init__(
        self, graph: object, inputs: dict[str, tuple], outputs: dict[str, tuple], cuda: FakeCuda
    ) -> None:
        self.graph, self.cuda = graph, cuda
        self.shapes = {**inputs, **outputs}
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.num_io_tensors = len(self.shapes)
        self.contexts = 0

    def get_tensor_name(self, index: int) -> str:
        return list(self.shapes)[index]

    def get_tensor_mode(self, name: str) -> str:
        return "in" if name in self.inputs else "out"

    def get_tensor_shape(self, name: str) -> tuple:
        return self.shapes[name]

    def get_tensor_dtype(self, name: str) -> type:
        return np.int64 if name == "codes" else np.float32

    def context(self) -> "FakeContext":
        self.contexts += 1
        return FakeContext(self)


class FakeContext:
    """Runs the networks on whatever lies at the addresses it was given."""

    def __init__(self, engine: FakeEngine) -> None:
        self._engine, self._rows = engine, 0
        self._addresses: dict[str, int] = {}

    def set_input_shape(self, name: str, shape: tuple) -> None:
        self._rows = shape[0]

    def get_tensor_shape(self, name: str) -> tuple:
        return (self._rows, *self._engine.shapes[name][1:])

    def set_tensor_address(self, name: str, address: int) -> None:
        self._addresses[name] = address

    def execute_async_v3(self, stream: int) -> bool:
        self._engine.cuda.enqueue(self._run)
        return True

    def _at(self, name: str) -> np.ndarray:
        dtype, shape = np.dtype(self._engine.get_tensor_dtype(name)), self.get_tensor_shape(name)
        memory = (ctypes.c_byte * (int(np.prod(shape)) * dtype.itemsize)).from_address(self._addresses[name])
        return np.frombuffer(memory, dtype).reshape(shape)

    def _run(self) -> None:
        import torch

        with torch.inference_mode():
            given = [torch.from_numpy(self._at(name).copy()) for name in self._engine.graph.inputs]
            for name, value in zip(self._engine.outputs, self._engine.graph(*given), strict=True):
                self._at(name)[...] = value.numpy()
