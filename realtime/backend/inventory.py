"""Every engine that this machine could run a bundle in, each as a name and a function that opens it."""

import importlib.util
from collections.abc import Callable
from functools import partial

from configs.bundle import Bundle
from realtime.backend.auto import cpu_has_bf16, tensorrt_installed
from realtime.backend.base import Backend
from realtime.backend.cuda import driver_problem
from realtime.backend.onnxruntime import OnnxRuntimeBackend, accelerators
from realtime.backend.precision import Precision

Opener = Callable[[], Backend]


def engines(bundle: Bundle, threads: int = 1, largest: int = 8, compiled: bool = False) -> dict[str, Opener]:
    """Openers by name, the reference (ONNX Runtime on the CPU) first.

    Args:
        bundle: what they will hold.
        threads: of engines on the CPU.
        largest: performers in one call of TensorRT.
        compiled: also torch on a GPU through ``torch.compile``.
    """
    found: dict[str, Opener] = {"onnxruntime cpu": lambda: OnnxRuntimeBackend(bundle, threads)}
    for provider in accelerators():
        label = f"onnxruntime {provider.removesuffix('ExecutionProvider').lower()}"
        found[label] = partial(OnnxRuntimeBackend, bundle, threads, [provider])
    card = driver_problem() is None
    halves: tuple[Precision, ...] = ("fp32", "fp16", "bf16")
    if importlib.util.find_spec("torch") and importlib.util.find_spec("onnx"):
        on_cpu: tuple[Precision, ...] = ("fp32", "bf16") if cpu_has_bf16() else ("fp32",)
        for precision in on_cpu:
            found[f"torch cpu {precision}"] = _torch(bundle, "cpu", precision, threads)
        for precision in halves if card else ():
            found[f"torch graph {precision}"] = _torch(bundle, "cuda", precision, threads)
            if compiled:
                found[f"torch compiled graph {precision}"] = _torch(bundle, "cuda", precision, threads, True)
    if card and tensorrt_installed():
        for precision in halves:
            found[f"tensorrt {precision}"] = _tensorrt(bundle, precision, largest)
    return found


def _torch(bundle: Bundle, device: str, precision: Precision, threads: int, compiled: bool = False) -> Opener:
    def open_it() -> Backend:
        from realtime.backend.torch import TorchBackend

        return TorchBackend(bundle, device, precision, threads, compiled)

    return open_it


def _tensorrt(bundle: Bundle, precision: Precision, largest: int) -> Opener:
    def open_it() -> Backend:
        from realtime.backend.tensorrt import open_tensorrt
        from realtime.backend.tensorrt_build import Batch

        return open_tensorrt(bundle, (precision,), Batch(largest=largest), say=lambda text: None)

    return open_it
