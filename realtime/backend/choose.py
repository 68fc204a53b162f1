"""Which engine performs: the one that was asked for, or the fastest that is there."""

import importlib.util

from configs.bundle import Bundle
from configs.errors import BackendError
from realtime.backend.base import Backend
from realtime.backend.onnxruntime import OnnxRuntimeBackend


def open_backend(name: str, bundle: Bundle, threads: int = 1, server: str | None = None) -> Backend:
    """The engine called ``name`` holding ``bundle``.

    Raises:
        BackendError: it is not installed or refuses, in a sentence with the remedy.
    """
    if name in ("auto", "onnxruntime"):
        return OnnxRuntimeBackend(bundle, threads)
    if name == "torch":
        if importlib.util.find_spec("torch") is None:
            raise BackendError("--backend torch: PyTorch is not installed: pip install torch==2.13.0")
        raise BackendError("--backend torch is not offered by this version: use --backend onnxruntime")
    raise BackendError(f"--backend {name} is not offered by this version: use --backend onnxruntime")
