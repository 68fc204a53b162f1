"""Where the milliseconds go: each stage of each hop, and the three live failures. A trace in, numbers out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from evaluation.trace import Trace


@dataclass(frozen=True)
class Times:
    """Distribution of one stage, in ms."""

    count: int
    median_ms: float
    p95_ms: float
    p99_ms: float
    worst_ms: float


@dataclass(frozen=True)
class Latency:
    """Stage name -> times; failures counted over the whole show, None where the trace does not end."""

    stages: dict[str, Times]
    hops: int
    late_hops: int | None
    underruns: int | None
    dropped_frames: int | None


def distribution(values_ms: ArrayLike) -> Times:
    """Median, 95th and 99th percentile and maximum of at least one value, none negative or NaN."""
    values = np.asarray(values_ms, np.float64)
    if values.ndim != 1 or len(values) == 0 or not np.all(np.isfinite(values)):
        raise ValueError("stage times must be a list of finite milliseconds, at least one")
    median, p95, p99 = np.percentile(values, [50, 95, 99])
    return Times(len(values), float(median), float(p95), float(p99), float(values.max()))


def stage_times(trace: Trace) -> dict[str, list[float]]:
    """Times in ms of every hop, by stage: pose, settle, the step's own stages, ahead, movement to sound.

    ``settle`` is how long a finished pose waited for the step; ``ahead`` how long before its first sound a
    block was begun; ``movement to sound`` the whole way from the newest frame's stamp to the loudspeaker
    (the camera's own delay, before the stamp, is not in it).
    """
    frames = {int(frame["index"]): frame for frame in trace.of("frame") if "index" in frame}
    stages: dict[str, list[float]] = {"pose": [], "settle": []}
    ahead: list[float] = []
    whole: list[float] = []
    for hop in trace.of("hop"):
        seen = [frames[index] for index in hop.get("frames", ()) if index in frames]
        if seen:
            newest = max(seen, key=lambda frame: float(frame["time_s"]))
            pose_ms = float(newest.get("pose_ms", 0.0))
            stages["pose"].append(pose_ms)
            stages["settle"].append(max(0.0, 1e3 * (hop["now_s"] - newest["time_s"]) - pose_ms))
            whole.append(1e3 * (hop["heard_s"] - newest["time_s"]))
        for stage, value in hop.get("ms", {}).items():
            stages.setdefault(stage, []).append(float(value))
        if "heard_s" in hop and "now_s" in hop:
            ahead.append(1e3 * (hop["heard_s"] - hop["now_s"]))
    everything = stages | {"ahead": ahead, "movement to sound": whole}
    return {stage: values for stage, values in everything.items() if values}


def latency_of(trace: Trace) -> Latency:
    """Summarise the hops of a trace."""
    hops = trace.of("hop")
    if not hops:
        raise ValueError(f"{trace.name} holds no hops, so there is no latency to state")
    end = trace.of("end")[-1] if trace.of("end") else {}
    return Latency(
        {stage: distribution(values) for stage, values in stage_times(trace).items()},
        len(hops),
        *(
            int(end[count]) if count in end else None
            for count in ("late_hops", "underruns", "dropped_frames")
        ),
    )
