"""Which engine performs: the one that was asked for, or the fastest that is there."""

import importlib.util
from collections.abc import Callable

from configs.bundle import Bundle
from configs.errors import BackendError
from realtime.backend.auto import candidates, fastest
from realtime.backend.base import Backend
from realtime.backend.guarded import GuardedBackend
from realtime.backend.onnxruntime import OnnxRuntimeBackend

Say = Callable[[str], None]


def open_backend(
    name: str,
    bundle: Bundle,
    threads: int = 1,
    server: str | None = None,
    say: Say = print,
) -> Backend:
    """The engine called ``name`` holding ``bundle``, with ONNX Runtime behind it should it fail.

    Args:
        name: ``auto`` for the fastest that is there and sounds as it should.
        bundle: what to perform.
        threads: for engines on the CPU.
        server: HOST:PORT, for ``triton``.
        say: told when an engine is refused or replaced.

    Raises:
        BackendError: it is not installed or refuses, in a sentence with the remedy.
    """

    def local() -> Backend:
        return OnnxRuntimeBackend(bundle, threads)

    if name == "onnxruntime":
        return GuardedBackend([local, local], say)
    if name == "triton":
        return GuardedBackend(*_with_a_standby(_remote(bundle, server), local()), say)
    opened = OPENERS.get(name)
    if opened is None:
        raise BackendError(f"there is no backend {name!r}: use auto, onnxruntime, tensorrt, torch or triton")
    engine = opened(bundle, threads, say)
    return GuardedBackend([lambda: engine, local, local], say)


def _with_a_standby(engine: Backend, standby: Backend) -> tuple[list[Callable[[], Backend]]]:
    """A local engine that is loaded already: a lost server costs no loading time on stage."""
    return ([lambda: engine, lambda: standby],)


def _auto(bundle: Bundle, threads: int, say: Say) -> Backend:
    from realtime.backend.windows import recorded_windows

    manifest = bundle.manifest
    hop_s = manifest.hop_samples / manifest.sample_rate
    reference = OnnxRuntimeBackend(bundle, threads)
    return fastest(reference, candidates(bundle, threads), lambda: recorded_windows(manifest), hop_s, say)


def _tensorrt(bundle: Bundle, threads: int, say: Say) -> Backend:
    from realtime.backend.tensorrt import open_tensorrt

    return open_tensorrt(bundle, say=say)


def _torch(bundle: Bundle, threads: int, say: Say) -> Backend:
    for package, pinned in (("torch", "torch==2.13.0"), ("onnx", "onnx==1.23.2")):
        if importlib.util.find_spec(package) is None:
            raise BackendError(f"--backend torch: {package} is not installed: pip install {pinned}")
    from realtime.backend.torch import TorchBackend

    return TorchBackend(bundle, threads=threads)


def _remote(bundle: Bundle, server: str | None) -> Backend:
    if server is None:
        raise BackendError("--backend triton needs the server's address: --server HOST:PORT")
    from realtime.backend.remote import RemoteBackend

    return RemoteBackend(bundle, server)


OPENERS: dict[str, Callable[[Bundle, int, Say], Backend]] = {
    "auto": _auto,
    "tensorrt": _tensorrt,
    "torch": _torch,
}
"""Engines on this machine besides plain ONNX Runtime."""
