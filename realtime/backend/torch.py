"""The bundle in torch: the reference on a CPU; on a GPU one CUDA graph a hop, in half precision if asked.

The fast path for cards that TensorRT for RTX does not name. Runs the bundle's own graphs (torch_graph.py),
so it needs torch and onnx, and nothing that was trained.
"""

import threading
from typing import Any

import numpy as np
import torch

from configs.bundle import Bundle
from configs.errors import BackendError
from realtime.backend.base import Inputs, Rendering
from realtime.backend.hop_graph import hop_model
from realtime.backend.precision import Precision
from realtime.backend.torch_graph import TorchGraph
from realtime.backend.torch_packed import packed

WARM_UP_CALLS = 3


class TorchBackend:
    """Generator and decoder of a bundle in torch.

    Args:
        bundle: what to perform.
        device: ``cpu``, ``cuda``, or None for a GPU if there is one.
        precision: of products; see precision.py.
        threads: on the CPU.
        compiled: let ``torch.compile`` fuse what lies between products (GPU; half a minute at start).

    Raises:
        BackendError: no such device, or the graph cannot be run in torch.
    """

    def __init__(
        self,
        bundle: Bundle,
        device: str | None = None,
        precision: Precision = "fp32",
        threads: int = 1,
        compiled: bool = False,
    ) -> None:
        self._device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        if self._device.type == "cuda" and not torch.cuda.is_available():
            raise BackendError("--backend torch: this torch sees no CUDA device: use --backend onnxruntime")
        card = torch.cuda.get_device_name(self._device) if self._device.type == "cuda" else "cpu"
        self.name = f"torch {precision} {card}{' compiled' if compiled else ''}"
        if self._device.type == "cpu":
            torch.set_num_threads(threads)
        try:
            graph = TorchGraph(hop_model(bundle, precision)).eval().to(self._device)
        except NotImplementedError as error:
            raise BackendError(f"the torch backend cannot run this bundle: {error}") from error
        if self._device.type == "cpu":
            graph = packed(graph)
        self._order = graph.inputs
        self._hop: Any = torch.compile(graph, dynamic=False) if compiled else graph
        self._captured: dict[int, CapturedHop] = {}
        self._lock = threading.Lock()

    def render(self, inputs: Inputs) -> Rendering:
        """Generate, look up, decode what is played; several rows are several performers."""
        try:
            with torch.inference_mode(), self._lock:
                given = [torch.from_numpy(np.ascontiguousarray(inputs[name])) for name in self._order]
                codes, samples = self._run(given)
                return Rendering(codes.numpy(), samples.numpy())
        except (RuntimeError, KeyError) as error:
            raise BackendError(f"{self.name} failed on a window: {error}") from error

    def _run(self, given: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        if self._device.type == "cpu":
            codes, samples = self._hop(*given)
            return codes, samples
        rows = len(given[0])
        if rows not in self._captured:
            self._captured[rows] = CapturedHop(self._hop, given, self._device)
        return self._captured[rows](given)


class CapturedHop:
    """One CUDA graph: copies in, both networks, copies out; inputs and outputs never move.

    Args:
        hop: the networks, on ``device``.
        example: inputs on the CPU; their shapes are fixed from now on.
        device: the card.
    """

    def __init__(self, hop: Any, example: list[torch.Tensor], device: torch.device) -> None:
        self._pinned = [value.clone().pin_memory() for value in example]
        self._given = [value.to(device) for value in example]
        self._stream = torch.cuda.Stream(device)
        self._stream.wait_stream(torch.cuda.current_stream(device))
        with torch.cuda.stream(self._stream):
            for _ in range(WARM_UP_CALLS):
                found = hop(*self._given)
        self._stream.synchronize()
        self._out = [torch.empty(value.shape, dtype=value.dtype).pin_memory() for value in found]
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, stream=self._stream):
            for on_card, pinned in zip(self._given, self._pinned, strict=True):
                on_card.copy_(pinned, non_blocking=True)
            for out, value in zip(self._out, hop(*self._given), strict=True):
                out.copy_(value, non_blocking=True)

    def __call__(self, given: list[torch.Tensor]) -> tuple[torch.Tensor, torch.Tensor]:
        """Codes and samples, on the CPU; one synchronisation."""
        for pinned, value in zip(self._pinned, given, strict=True):
            pinned.copy_(value)
        with torch.cuda.stream(self._stream):
            self._graph.replay()
        self._stream.synchronize()
        codes, samples = (value.clone() for value in self._out)
        return codes, samples
