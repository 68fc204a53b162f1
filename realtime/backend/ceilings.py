"""How near an engine is to what the machine can do: a hop's arithmetic and traffic, and measured ceilings."""

import time
from dataclasses import dataclass
from typing import Any

import numpy as np

from configs.bundle import Bundle
from realtime.backend.hop_graph import hop_model
from realtime.backend.windows import recorded_windows

MATRIX = {"cpu": 1024, "cuda": 8192}
MEMORY_BYTES = 256 << 20
REPEATS = 6


@dataclass(frozen=True)
class Work:
    """What one hop must do for one performer."""

    operations: float
    """Multiplications and additions of all products."""
    weight_bytes: float
    value_bytes: float
    """Every node's inputs and outputs, unfused, float32."""

    def __str__(self) -> str:
        return (
            f"{self.operations / 1e9:.2f} GFLOP, {self.weight_bytes / 1e6:.0f} MB of weights, "
            f"{self.value_bytes / 1e6:.0f} MB of values written and read when nothing is fused"
        )


@dataclass(frozen=True)
class Ceilings:
    """The best this machine did in a large matrix product, by precision, and in a copy."""

    operations_per_s: dict[str, float]
    bytes_per_s: float

    def __str__(self) -> str:
        products = ", ".join(
            f"{name} {value / 1e9:.0f} GFLOP/s" for name, value in self.operations_per_s.items()
        )
        return f"{products}; memory {self.bytes_per_s / 1e9:.1f} GB/s"

    def least_s(self, work: Work, precision: str) -> float:
        """The least time for a hop: products at full speed, or weights read once, whichever takes longer."""
        width = 1.0 if precision == "fp32" else 0.5
        products_s = work.operations / self.operations_per_s.get(precision, self.operations_per_s["fp32"])
        return max(products_s, width * work.weight_bytes / self.bytes_per_s)

    def share(self, work: Work, taken_s: float, engine: str) -> float:
        """Least time over time taken."""
        precision = next((name for name in ("fp16", "bf16") if name in engine), "fp32")
        return self.least_s(work, precision) / taken_s


def measure_ceilings(device: str, threads: int) -> Ceilings:
    """Multiply large matrices and copy memory, a few times each, keeping the best."""
    import torch

    if device == "cpu":
        torch.set_num_threads(threads)
    side = MATRIX[device]
    kinds = {"fp32": torch.float32, "bf16": torch.bfloat16}
    if device == "cuda":
        kinds["fp16"] = torch.float16
    speeds = {}
    for name, kind in kinds.items():
        a, b = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
        speeds[name] = 2.0 * side**3 / _best_s(lambda a=a, b=b: a @ b, device)
    if device == "cpu":  # whichever library multiplies faster is the machine's ceiling
        rows, columns = (np.random.default_rng(0).random((side, side), np.float32) for _ in range(2))
        speeds["fp32"] = max(speeds["fp32"], 2.0 * side**3 / _best_s(lambda: rows @ columns, device))
    source = torch.zeros(MEMORY_BYTES, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return Ceilings(speeds, 2.0 * MEMORY_BYTES / _best_s(lambda: target.copy_(source), device))


def _best_s(work: Any, device: str) -> float:
    import torch

    clock = time.process_time if device == "cpu" else time.perf_counter
    times_s = []
    for _ in range(REPEATS):
        began_s = clock()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        times_s.append(clock() - began_s)
    return min(times_s[1:])


def work_of(bundle: Bundle) -> Work:
    """Count a hop's operations and bytes by running it once."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from realtime.backend.torch_graph import TorchGraph

    graph = TorchGraph(hop_model(bundle))
    window = recorded_windows(bundle.manifest, 1)[0]
    given = [torch.from_numpy(window[name]) for name in graph.inputs]
    with torch.inference_mode(), FlopCounterMode(display=False) as counter:
        graph(*given)
    with torch.inference_mode():
        traffic = graph.traffic_bytes(*given)
    weights = sum(value.nbytes for value in graph.buffers())
    return Work(counter.get_total_flops(), weights, traffic)
