"""Which engine is fastest here: tries those that could be, times them, and keeps what passes the gate."""

import importlib.util
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from configs.bundle import Bundle
from configs.errors import BackendError
from realtime.backend.base import Backend, Inputs
from realtime.backend.cuda import driver_problem
from realtime.backend.gate import pass_gate

Opener = Callable[[], Backend]

TIMED_CALLS = 5
EASY_SHARE = 0.2
"""When ONNX Runtime needs less of a hop than this, other engines for the CPU are not worth their start."""


@dataclass(frozen=True)
class Candidate:
    """An engine that could be the fastest."""

    open: Opener
    on_cpu: bool


def candidates(bundle: Bundle, threads: int) -> list[Candidate]:
    """What this machine has besides ONNX Runtime on the CPU, by what is installed and plugged in."""
    from realtime.backend.onnxruntime import OnnxRuntimeBackend, accelerators

    found = []
    if driver_problem() is None and tensorrt_installed():
        found.append(Candidate(partial(_tensorrt, bundle), on_cpu=False))
    for provider in accelerators():
        found.append(Candidate(partial(OnnxRuntimeBackend, bundle, threads, [provider]), on_cpu=False))
    if importlib.util.find_spec("torch") and importlib.util.find_spec("onnx"):
        if driver_problem() is None:
            for half in ("fp16", "bf16"):
                found.append(Candidate(partial(_torch, bundle, "cuda", half, threads), on_cpu=False))
        if cpu_has_bf16():
            found.append(Candidate(partial(_torch, bundle, "cpu", "bf16", threads), on_cpu=True))
    return found


def fastest(
    reference: Backend,
    others: Sequence[Candidate],
    windows: Callable[[], list[Inputs]],
    hop_s: float,
    say: Callable[[str], None],
    clock: Callable[[], float] = time.perf_counter,
) -> Backend:
    """``reference``, or the fastest of ``others`` that sounds like it.

    Args:
        reference: ONNX Runtime on the CPU.
        others: tried in order; one that cannot be opened or is refused is told of and passed over.
        windows: gives the windows to try with.
        hop_s: how long a hop lasts.
        say: told what was refused, and why.
        clock: seconds.
    """
    if not others:
        return reference
    given = windows()
    best, best_s = reference, hop_time_s(reference, given, clock)
    easy = best_s < EASY_SHARE * hop_s
    for candidate in others:
        if candidate.on_cpu and easy:
            continue
        try:
            engine = candidate.open()
            pass_gate(engine, reference, given)
            taken_s = hop_time_s(engine, given, clock)
        except BackendError as error:
            say(str(error))
            continue
        if taken_s < best_s:
            best, best_s = engine, taken_s
    return best


def hop_time_s(engine: Backend, windows: list[Inputs], clock: Callable[[], float]) -> float:
    """The quickest of a few calls, after one to warm up."""
    engine.render(windows[0])
    times_s = []
    for call in range(TIMED_CALLS):
        began_s = clock()
        engine.render(windows[call % len(windows)])
        times_s.append(clock() - began_s)
    return min(times_s)


def tensorrt_installed() -> bool:
    """Is either of its packages there?"""
    return any(importlib.util.find_spec(name) for name in ("tensorrt", "tensorrt_rtx"))


def cpu_has_bf16() -> bool:
    """Has this processor units for bfloat16 products? Elsewhere they are slower than float32."""
    info = Path("/proc/cpuinfo")
    return info.is_file() and any(unit in info.read_text() for unit in ("avx512_bf16", "amx_bf16"))


def _tensorrt(bundle: Bundle) -> Backend:
    from realtime.backend.tensorrt import open_tensorrt

    return open_tensorrt(bundle)


def _torch(bundle: Bundle, device: str, precision: str, threads: int) -> Backend:
    from realtime.backend.torch import TorchBackend

    return TorchBackend(bundle, device, precision, threads)  # type: ignore[arg-type]
