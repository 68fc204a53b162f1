"""Which engine performs: the one that was asked for, or the fastest that is there."""

import importlib.util
from collections.abc import Callable

from configs.bundle import Bundle
from configs.errors import BackendError
from realtime.backend.base import Backend
from realtime.backend.guarded import GuardedBackend
from realtime.backend.onnxruntime import OnnxRuntimeBackend


def open_backend(
    name: str,
    bundle: Bundle,
    threads: int = 1,
    server: str | None = None,
    say: Callable[[str], None] = print,
) -> Backend:
    """The engine called ``name`` holding ``bundle``, with ONNX Runtime behind it should it fail.

    Args:
        name: ``auto`` for the fastest that is there.
        bundle: what to perform.
        threads: for engines on the CPU.
        server: HOST:PORT, for ``triton``.
        say: told when an engine is replaced.

    Raises:
        BackendError: it is not installed or refuses, in a sentence with the remedy.
    """

    def last_resort() -> Backend:
        return OnnxRuntimeBackend(bundle, threads)

    if name in ("auto", "onnxruntime"):
        return GuardedBackend([last_resort, last_resort], say)
    if name == "torch":
        if importlib.util.find_spec("torch") is None:
            raise BackendError("--backend torch: PyTorch is not installed: pip install torch==2.13.0")
        raise BackendError("--backend torch is not offered by this version: use --backend onnxruntime")
    raise BackendError(f"--backend {name} is not offered by this version: use --backend onnxruntime")
