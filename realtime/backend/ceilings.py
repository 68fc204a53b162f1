"""How near an engine is to what the machine can do: a hop's arithmetic and traffic, and measured ceilings."""

import time
from dataclasses import dataclass
from typing import Any

from configs.bundle import Bundle
from realtime.backend.hop_graph import hop_model
from realtime.backend.windows import recorded_windows

SIDES = {"cpu": (512, 1024), "cuda": (4096, 8192)}
CHANNELS, LENGTH = 1024, 1024
MEMORY_BYTES = 256 << 20
REPEATS = 10
"""The best of so many: on a machine that others use, most are disturbed."""


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
    """The best this machine did in a large product, by precision, and with memory."""

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
    """The best of several large products, and of a copy and a triad of memory, each tried many times."""
    import torch

    if device == "cpu":
        torch.set_num_threads(threads)
    kinds = {"fp32": torch.float32, "bf16": torch.bfloat16}
    if device == "cuda":
        kinds["fp16"] = torch.float16
    with torch.inference_mode():
        speeds = {name: _fastest_product(device, kind) for name, kind in kinds.items()}
        bytes_per_s = _fastest_memory(device)
    return Ceilings(speeds, bytes_per_s)


def _fastest_product(device: str, kind: Any) -> float:
    """Operations a second: square matrices of several sizes, and a convolution such as our graphs have.

    Libraries multiply and convolve by different kernels, and whichever is faster is the machine's ceiling.
    """
    import torch
    import torch.nn.functional as F

    speeds = []
    for side in SIDES[device]:
        a, b = (torch.randn(side, side, device=device).to(kind) for _ in range(2))
        speeds.append(2.0 * side**3 / _best_s(lambda a=a, b=b: a @ b, device))
        if device == "cpu" and kind is torch.float32:
            rows, columns = a.numpy(), b.numpy()
            speeds.append(2.0 * side**3 / _best_s(lambda r=rows, c=columns: r @ c, device))
    x = torch.randn(1, CHANNELS, LENGTH, device=device).to(kind)
    weight = torch.randn(CHANNELS, CHANNELS, 3, device=device).to(kind)
    operations = 2.0 * 3 * CHANNELS**2 * (LENGTH - 2)
    return max(*speeds, operations / _best_s(lambda: F.conv1d(x, weight), device))


def _fastest_memory(device: str) -> float:
    """Bytes a second, read and written, of a copy and of STREAM's triad (a = b + s c)."""
    import torch

    a, b, c = (torch.zeros(MEMORY_BYTES // 4, device=device) for _ in range(3))
    copy_s = _best_s(lambda: a.copy_(b), device)
    triad_s = _best_s(lambda: torch.add(b, c, alpha=0.5, out=a), device)
    return max(2.0 * MEMORY_BYTES / copy_s, 3.0 * MEMORY_BYTES / triad_s)


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
