"""``python -m export bench``: every engine's hop beside eager torch computing the full window, in one run.

Engines take turns, call by call, so that whatever else the machine does slows all of them alike; the ratio
holds on a loaded machine, the milliseconds only on a calm one. Runs unchanged on a GPU.
"""

import argparse
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from configs.bundle import Bundle, load_bundle
from configs.errors import BackendError
from configs.report import machine, percentiles, table, write_section
from realtime.backend.base import Inputs
from realtime.backend.ceilings import Ceilings, Work, measure_ceilings, work_of
from realtime.backend.cuda import Cuda, driver_problem
from realtime.backend.eager import FullWindow
from realtime.backend.gate import Verdict, pass_gate
from realtime.backend.inventory import engines
from realtime.backend.windows import batch, recorded_windows

Engine = TypeVar("Engine")
BASELINE = "eager torch, full window"
CPU_ROWS, GPU_ROWS = (1, 2, 4, 8), (1, 8, 64, 256, 1024, 2048)


@dataclass
class Measured:
    """One engine's figures."""

    render: Callable[[Inputs], object]
    load_s: float
    memory_mb: float
    verdict: str
    wall_ms: list[float] = field(default_factory=list)
    core_ms: list[float] = field(default_factory=list)
    """Processor time of this process: free of what others do."""


def main(arguments: list[str]) -> None:
    """Measure, print and write the section.

    Raises:
        NoverreError: a bundle that cannot be read, or no torch for the baseline.
    """
    parser = argparse.ArgumentParser(prog="python -m export bench", description=__doc__)
    parser.add_argument("--bundle", type=Path, action="append", help="may be given again", required=True)
    parser.add_argument("--hops", type=int, default=40, help="timed calls of each engine")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--gpu", action="store_true", help="baseline and engines on the card only")
    parser.add_argument("--compile", action="store_true", help="torch.compile as well (GPU)")
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"))
    options = parser.parse_args(arguments)
    if options.gpu and driver_problem() is not None:
        raise BackendError(f"bench --gpu: {driver_problem()}; leave --gpu out to measure the processor")
    device = "cuda" if options.gpu else "cpu"
    ceilings = measure_ceilings(device, options.threads)
    parts = [preface(device, options.threads, ceilings)]
    for folder in options.bundle:
        parts.append(report(load_bundle(folder), device, options, ceilings))
        print(parts[-1], flush=True)
    write_section(options.out, "engines on a GPU" if options.gpu else "engines", "\n\n".join(parts))


def preface(device: str, threads: int, ceilings: Ceilings) -> str:
    """What was measured on."""
    where = str(Cuda().card) if device == "cuda" else machine()
    driver = f", CUDA {Cuda().card.driver}" if device == "cuda" else ""
    return (
        f"## Engines{' on a GPU' if device == 'cuda' else ''}\n\n`python -m export bench`; {where}{driver}; "
        f"{versions()}; {threads} thread(s) on the processor; {time.strftime('%Y-%m-%d %H:%M')}. "
        f"Engines take turns call by call. Times in ms a hop; *core ms* is processor time, which others' "
        f"load does not lengthen as it does wall time. Measured ceilings: {ceilings}."
    )


def versions() -> str:
    """Of the libraries that compute."""
    from importlib.metadata import PackageNotFoundError, version

    found = []
    for package in ("torch", "onnxruntime", "tensorrt", "tensorrt_rtx_cu13"):
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def report(bundle: Bundle, device: str, options: argparse.Namespace, ceilings: Ceilings) -> str:
    """The tables of one bundle."""
    manifest = bundle.manifest
    windows = recorded_windows(manifest)
    measured, refused = opened(bundle, device, windows, options)
    take_turns(measured, windows, options.hops, device)
    hop_ms = 1000 * manifest.hop_samples / manifest.sample_rate
    work = work_of(bundle)
    rows = [line(name, one, measured[BASELINE], work, ceilings, device) for name, one in measured.items()]
    header = ("engine", "median", "p95", "p99", "core ms", "times faster (by core ms)", "share of ceiling")
    after = ("load s", "memory MB", "gate")
    fastest = min((n for n in measured if n != BASELINE), key=lambda n: cost(measured[n]))
    performers = sweep(measured[fastest].render, windows, hop_ms, GPU_ROWS if device == "cuda" else CPU_ROWS)
    heading = ("performers a call", "ms a call", "performers in real time")
    told = f"Refused: {'; '.join(refused)}." if refused else "No engine was refused."
    return "\n\n".join(
        [
            f"### `{bundle.folder}`: a hop is {hop_ms:.1f} ms of music\n\nOne hop: {work}. {told}",
            table((*header, *after), rows),
            f"Several performers in one call of *{fastest}*:",
            table(heading, performers),
        ]
    )


def opened(
    bundle: Bundle, device: str, windows: list[Inputs], options: argparse.Namespace
) -> tuple[dict[str, Measured], list[str]]:
    """Baseline and every engine of the device, gated; and what was refused."""
    largest = max(GPU_ROWS if device == "cuda" else CPU_ROWS)
    openers = engines(bundle, options.threads, largest, options.compile)
    reference_name = next(iter(openers))
    reference = openers[reference_name]()
    full, load_s, memory_mb = timed_load(lambda: FullWindow(bundle, device, options.threads))
    measured = {BASELINE: Measured(full.render, load_s, memory_mb, "is the baseline")}
    refused = []
    for name, opener in openers.items():
        if device == "cuda" and " cpu" in name:
            continue
        try:
            engine, load_s, memory_mb = timed_load(opener)
            verdict = pass_gate(engine, reference, windows)
        except BackendError as error:
            refused.append(f"{name} ({error})")
            continue
        said = "is the reference" if name == reference_name else shortly(verdict)
        measured[name] = Measured(engine.render, load_s, memory_mb, said)
    return measured, refused


def shortly(verdict: Verdict) -> str:
    """The gate's figures for a table."""
    return f"passed: distance {verdict.distance:.4f}, codes {verdict.codes_equal:.1%}"


def timed_load(opener: Callable[[], Engine]) -> tuple[Engine, float, float]:
    """An engine, its load time in s, and by how much the process grew, in MB."""
    before_kb, began_s = resident_kb(), time.perf_counter()
    engine = opener()
    return engine, time.perf_counter() - began_s, (resident_kb() - before_kb) / 1024


def resident_kb() -> int:
    """Memory of this process now (its peak, where the system does not tell)."""
    status = Path("/proc/self/status")
    if status.is_file():
        lines = [line for line in status.read_text().splitlines() if line.startswith("VmRSS")]
        return int(lines[0].split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def take_turns(measured: dict[str, Measured], windows: list[Inputs], hops: int, device: str) -> None:
    """Fill in the times: one call of each, again and again."""
    for hop in range(-2, hops):
        for one in measured.values():
            core_s, wall_s = time.process_time(), time.perf_counter()
            one.render(windows[hop % len(windows)])
            if hop >= 0:
                one.wall_ms.append(1000 * (time.perf_counter() - wall_s))
                one.core_ms.append(1000 * (time.process_time() - core_s))


def cost(one: Measured) -> float:
    """Median wall time."""
    return percentiles(one.wall_ms)[0]


def line(
    name: str, one: Measured, baseline: Measured, work: Work, ceilings: Ceilings, device: str
) -> tuple[object, ...]:
    """A row of the table."""
    medians = percentiles(one.wall_ms)
    core_ms = percentiles(one.core_ms)[0]
    faster = (
        f"{cost(baseline) / medians[0]:.1f} ({percentiles(baseline.core_ms)[0] / max(core_ms, 1e-3):.1f})"
    )
    taken_s = (core_ms if device == "cpu" else medians[0]) / 1000
    share = f"{ceilings.share(work, taken_s, name):.0%}" if name != BASELINE else ""
    times = [f"{value:.2f}" for value in (*medians, core_ms)]
    return (name, *times, faster, share, f"{one.load_s:.2f}", f"{one.memory_mb:.0f}", one.verdict)


def sweep(
    render: Callable[[Inputs], object], windows: list[Inputs], hop_ms: float, rows: tuple[int, ...]
) -> list[tuple[object, ...]]:
    """How many performers one call carries, and how many that makes in real time."""
    found: list[tuple[object, ...]] = []
    for count in rows:
        given = batch(windows, count)
        try:
            render(given)
        except BackendError as error:
            found.append((count, f"refused: {error}"[:120], 0))
            break
        times_ms = []
        for _ in range(5):
            began_s = time.perf_counter()
            render(given)
            times_ms.append(1000 * (time.perf_counter() - began_s))
        median_ms = percentiles(times_ms)[0]
        found.append((count, f"{median_ms:.2f}", int(count * hop_ms / median_ms)))
    return found
