"""Looks at everything a show needs before the show, and says in plain words what to fix: ``--doctor``.

Every check is a function from a configuration (and a seam for tests) to findings. None of them changes
anything; the sound card gets a second of silence, unless the microphone check is allowed to chirp.
"""

import contextlib
import importlib.util
import os
import platform
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np

from configs.bundle import load_bundle
from configs.errors import BackendError, BundleError, DeviceError, NoverreError, SourceError
from configs.schema import ShowConfig
from features import landmarks as lm
from features.visual import VISUAL_FEATURES, visual_features
from realtime.card import Card
from realtime.controls import Controls
from realtime.pipeline import Hop, Pipeline
from realtime.pose import PoseTracker
from realtime.priority import advice
from realtime.sound_cards import different_cards
from realtime.sources import CameraSource, DemoSource, FileSource, Say, open_source
from realtime.types import Frame
from realtime.watchdog import Stillness

Level = Literal["well", "care", "stop"]

LOOK_S = 3.0
DARK, GLARING = 0.12, 0.92
SLOW_POSE_MS = 33.0
LISTEN_S = 1.5
LATE_WAKE_MS = 20.0
LITTLE_SPACE_BYTES = 2_000_000_000
TRIAL_HOPS = 30


@dataclass(frozen=True)
class Finding:
    """What a check found: all is well, take care, or it stops the show; and what to do about it."""

    check: str
    level: Level
    text: str
    remedy: str = ""


def _source(config: ShowConfig) -> DemoSource | FileSource | CameraSource:
    began_s = time.perf_counter()
    source = "0" if config.source == "auto" else config.source
    return open_source(source, False, config.camera, lambda: time.perf_counter() - began_s, lambda text: None)


def check_camera(config: ShowConfig, seconds: float = LOOK_S) -> Iterator[Finding]:
    """The source opens; its picture is neither dark nor frozen; somebody is in it, from head to foot."""
    try:
        source = _source(config)
    except SourceError as error:
        level: Level = "care" if config.source == "auto" else "stop"
        yield Finding("camera", level, f"{error}", "without it the virtual dancer dances")
        return
    try:
        frames = _look(source, seconds)
    finally:
        source.close()
    if not frames:
        yield Finding("camera", "stop", f"{source.name} opens but shows no picture", "try another camera")
        return
    yield from _rate(source, frames, seconds)
    yield from _light(frames)
    yield from _dancer(config, frames)


def _look(source: Any, seconds: float) -> list[tuple[float, Frame]]:
    """Frames with the time at which they came, for so long."""
    ends_s, frames = time.perf_counter() + seconds, []
    for frame in source.frames():
        frames.append((time.perf_counter(), frame))
        if time.perf_counter() > ends_s or len(frames) > 400:
            break
    return frames


def _rate(source: Any, frames: list[tuple[float, Frame]], seconds: float) -> Iterator[Finding]:
    if not source.live:
        yield Finding("camera", "well", f"{source.name}: {source.fps:.0f} frames a second")
        return
    stillness = Stillness()
    still_s = max(stillness.update(frame.image, at_s) for at_s, frame in frames)
    if still_s > 1.0:
        yield Finding("camera", "stop", f"{source.name} is frozen: the same picture for {still_s:.1f} s",
                      "unplug it and plug it in again")  # fmt: skip
    fps = (len(frames) - 1) / max(1e-3, frames[-1][0] - frames[0][0])
    if fps < 20:
        yield Finding("camera", "care", f"{source.name} gives {fps:.0f} frames a second",
                      "more light, or a smaller camera.width and height; beats want 25 and more")  # fmt: skip
    else:
        yield Finding("camera", "well", f"{source.name}: {fps:.0f} frames a second")


def _light(frames: list[tuple[float, Frame]]) -> Iterator[Finding]:
    index = VISUAL_FEATURES.index("brightness")
    brightness = float(np.median([visual_features(frame.image)[index] for _, frame in frames[-20:]]))
    if brightness < DARK:
        yield Finding("light", "stop", f"the picture is dark (brightness {brightness:.2f} of 1)",
                      "light the dancer from the front, take off the lens cap")  # fmt: skip
    elif brightness > GLARING:
        yield Finding("light", "care", f"the picture is glaring (brightness {brightness:.2f} of 1)",
                      "no lamp or window behind the dancer")  # fmt: skip
    else:
        yield Finding("light", "well", f"brightness {brightness:.2f} of 1")


def _dancer(config: ShowConfig, frames: list[tuple[float, Frame]]) -> Iterator[Finding]:
    try:
        tracker = PoseTracker(config.pose.model, config.pose.people, config.pose.confidence)
    except BackendError as error:
        yield Finding("pose", "stop", str(error), "make setup")
        return
    seen, times_ms = [], []
    for _, frame in frames[:: max(1, len(frames) // 30)]:
        people = tracker.track(frame)
        times_ms.append(tracker.compute_ms)
        seen += [people[0].points] if people else []
    tracker.close()
    share = len(seen) / len(times_ms)
    if share < 0.5:
        yield Finding("pose", "care", f"nobody is in view in {1 - share:.0%} of the pictures",
                      "stand before the camera, two or three metres away, and run this again")  # fmt: skip
        return
    visible = np.median([points[:, 3] for points in seen], axis=0)
    hidden = [name for name, joints in _PARTS.items() if visible[list(joints)].min() < 0.5]
    if hidden:
        yield Finding("pose", "care", f"the dancer's {' and '.join(hidden)} can hardly be seen",
                      "step back, or turn the camera")  # fmt: skip
    else:
        yield Finding("pose", "well", f"the dancer is seen in {share:.0%} of the pictures, head to foot")
    pose_ms = float(np.median(times_ms[1:] or times_ms))
    if pose_ms > SLOW_POSE_MS:
        yield Finding("pose", "care", f"finding the pose takes {pose_ms:.0f} ms a picture",
                      "close other programs; a laptop belongs on its power supply")  # fmt: skip


_PARTS = {
    "head": (lm.NOSE,),
    "hands": (lm.LEFT_WRIST, lm.RIGHT_WRIST),
    "feet": (lm.LEFT_ANKLE, lm.RIGHT_ANKLE),
}


def check_sound(
    config: ShowConfig, open_card: Callable[..., Any] = Card, seconds: float = LISTEN_S
) -> Iterator[Finding]:
    """Every sound card opens, keeps asking, and says when its sound is heard."""
    try:
        different_cards(config.cards)
    except DeviceError as error:
        yield Finding("sound card", "stop", str(error), "choose others from --list-devices")
        return
    for name in config.cards:
        try:
            card = open_card(name, config.sound)
        except DeviceError as error:
            level: Level = "care" if name == "auto" else "stop"
            yield Finding("sound card", level, str(error), "without one the music goes to shows/show.wav")
            continue
        time.sleep(seconds)
        trouble, latency_s, ready = card.trouble(time.perf_counter()), card.latency_s, card.ready
        card.close()
        if trouble or not ready:
            text = f"{card.name!r} {trouble or 'does not say when its sound is heard'}"
            yield Finding("sound card", "stop", text, "choose another from --list-devices")
            continue
        total_ms = latency_s * 1000 + config.sound.queue_ms
        text = f"{card.name!r} at {card.rate} Hz, {total_ms:.0f} ms from queue to air"
        if total_ms > 250:
            yield Finding(
                "sound card", "care", text, "no Bluetooth; a smaller sound.buffer_frames or queue_ms"
            )
        else:
            yield Finding("sound card", "well", text)


def check_bundle(config: ShowConfig) -> Iterator[Finding]:
    """The bundle is whole, an engine takes it, and a hop is computed in time."""
    from realtime.backend import open_backend

    said: list[str] = []
    try:
        bundle = load_bundle(config.bundle)
        backend = open_backend(config.backend, bundle, config.threads, config.server, said.append)
        times_ms = _trial(Pipeline(bundle.manifest, backend, config))
    except BundleError as error:
        yield Finding("bundle", "stop", str(error), "git checkout bundles, or export it again")
        return
    except BackendError as error:
        yield Finding("engine", "stop", str(error), "--backend onnxruntime")
        return
    yield Finding("bundle", "well", f"{bundle.manifest.name!r} is whole")
    if said:
        yield Finding("engine", "care", " ".join(said), "--backend onnxruntime until that is put right")
    budget_ms = 1000 * bundle.manifest.hop_samples / bundle.manifest.sample_rate
    worst_ms = float(np.percentile(times_ms, 95))
    usual_ms = float(np.median(times_ms))
    text = f"{backend.name}: a hop takes {usual_ms:.0f} ms, at worst {worst_ms:.0f}, of {budget_ms:.0f}"
    if worst_ms > budget_ms:
        yield Finding("engine", "stop", text, "close other programs, or perform with a smaller bundle")
    elif worst_ms > min(budget_ms / 2, config.timing.allowance_ms):
        yield Finding("engine", "care", text, "raise timing.allowance_ms, or close other programs")
    else:
        yield Finding("engine", "well", text)


def _trial(pipeline: Pipeline) -> list[float]:
    controls, times_ms = Controls(), []
    state = pipeline.start(controls)
    for index in range(TRIAL_HOPS):
        began_s, now_s = time.perf_counter(), index * pipeline.hop_s
        _, state = pipeline.step(state, Hop(index, now_s, now_s + 0.2, (), controls))
        times_ms.append((time.perf_counter() - began_s) * 1000)
    return times_ms[3:]


def cuda_devices() -> int:
    """GPUs that NVIDIA's driver offers; 0 without driver or card."""
    import ctypes

    try:
        driver = ctypes.CDLL("nvcuda.dll" if platform.system() == "Windows" else "libcuda.so.1")
    except OSError:
        return 0
    count = ctypes.c_int(0)
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
        return 0
    return count.value


def check_gpu(
    config: ShowConfig,
    installed: Callable[[str], Any] = importlib.util.find_spec,
    devices: Callable[[], int] = cuda_devices,
) -> Iterator[Finding]:
    """TensorRT, if it is installed, has a card to run on. Nothing is loaded: a lean runtime would crash."""
    names = [name for name in ("tensorrt", "tensorrt_rtx", "tensorrt_lean") if installed(name)]
    cards = devices()
    wanted = config.backend == "tensorrt"
    if names and not cards:
        yield Finding("GPU", "stop" if wanted else "care",
                      f"{names[0]} is installed but unusable: no NVIDIA card or driver answers",
                      "install the driver until nvidia-smi works, or --backend onnxruntime")  # fmt: skip
    elif wanted and not names:
        yield Finding("GPU", "stop", "--backend tensorrt, but TensorRT is not installed",
                      "pip install tensorrt-rtx-cu13, or --backend auto")  # fmt: skip
    elif cards:
        kind = names[0] if names else "no TensorRT"
        yield Finding("GPU", "well", f"{cards} NVIDIA card{'s' * (cards > 1)}, {kind}")
    else:
        yield Finding("GPU", "well", "none, and none is needed: the house bundle plays on the CPU")


def check_ports(config: ShowConfig) -> Iterator[Finding]:
    """Ports we listen on are free, receivers can be addressed."""
    wanted = []
    if config.osc_control:
        wanted.append(("osc_control", socket.SOCK_DGRAM, config.osc_control.host, config.osc_control.port))
    if config.stage:
        wanted.append(("stage", socket.SOCK_STREAM, config.stage.host, config.stage.port))
    for key, kind, host, port in wanted:
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                yield Finding("ports", "stop", f"{key}: {host}:{port} cannot be used ({error.strerror})",
                              f"end the program that has it, or choose another {key}.port")  # fmt: skip
                continue
        yield Finding("ports", "well", f"{key}: {host}:{port} is free")
    for target in config.osc:
        try:
            socket.getaddrinfo(target.host, target.port or 9000, type=socket.SOCK_DGRAM)
        except OSError as error:
            yield Finding("ports", "stop", f"osc: nobody knows the host {target.host!r} ({error.strerror})",
                          "give its address, such as 192.168.1.20")  # fmt: skip


def check_clock(
    _config: ShowConfig,
    sleep: Callable[[float], None] = time.sleep,
    now_s: Callable[[], float] = time.perf_counter,
) -> Iterator[Finding]:
    """The machine wakes programs when they asked for it."""
    late_ms = []
    for _ in range(150):
        began_s = now_s()
        sleep(0.004)
        late_ms.append((now_s() - began_s - 0.004) * 1000)
    worst_ms, load = max(late_ms), os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    text = f"programs are woken up to {worst_ms:.1f} ms late; load {load:.1f} on {os.cpu_count()} cores"
    if worst_ms > LATE_WAKE_MS or load > (os.cpu_count() or 1):
        yield Finding("clock", "care", text, "close other programs; a laptop belongs on its power supply")
    else:
        yield Finding("clock", "well", text)
    if said := advice():
        yield Finding("priority", "care", said[0].upper() + said[1:].partition(":")[0],
                      said.partition(":")[2].strip())  # fmt: skip
    governor = Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor")
    if governor.is_file() and governor.read_text().strip() == "powersave":
        yield Finding("clock", "care", "the processor saves power", "cpupower frequency-set -g performance")


def check_disk(
    config: ShowConfig, free: Callable[[Path], int] = lambda p: shutil.disk_usage(p).free
) -> Iterator[Finding]:
    """Every file of the show can be written, and there is room: an hour takes about 1.5 GB."""
    for key, path in config.outputs:
        name = f"--audio wav:{path}" if key == "audio" else f"--{key.replace('_', '-')} {path}"
        try:
            folder = _try_to_write(path)
        except OSError as error:
            yield Finding("disk", "stop", f"{name} cannot be written ({error.strerror})",
                          "choose another path")  # fmt: skip
            continue
        room = free(folder)
        if room < LITTLE_SPACE_BYTES:
            yield Finding("disk", "care", f"{name}: {room / 1e9:.1f} GB are left on its disk",
                          "an hour of recording takes about 1.5 GB: make room")  # fmt: skip
        else:
            yield Finding("disk", "well", f"{name}: {room / 1e9:.0f} GB are left")


def _try_to_write(path: Path) -> Path:
    """The folder in which ``path`` will lie, as far as there is one; every file stays as it is.

    Raises:
        OSError: the show could not write there.
    """
    if path.exists():
        os.close(os.open(path, os.O_WRONLY | os.O_NONBLOCK))  # not waiting for the reader of a pipe
        return path.parent
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    with tempfile.TemporaryFile(dir=folder):  # permissions do not tell of what /proc refuses
        return folder


CHECKS: tuple[Callable[[ShowConfig], Iterator[Finding]], ...] = (
    check_bundle,
    check_gpu,
    check_camera,
    check_sound,
    check_ports,
    check_clock,
    check_disk,
)


def examine(config: ShowConfig, microphone: bool = False) -> Iterator[Finding]:
    """All checks, one finding after the other; a check that breaks is a finding too."""
    from realtime.round_trip import check_round_trip

    for check in (*CHECKS, *((check_round_trip,) if microphone else ())):
        try:
            yield from check(config)
        except NoverreError as error:
            yield Finding(check.__name__.removeprefix("check_"), "stop", str(error))
        except Exception as error:
            name = check.__name__.removeprefix("check_")
            yield Finding(name, "stop", f"the check itself failed: {type(error).__name__} {error}",
                          "please report it")  # fmt: skip


MARKS = {"well": "[green]well[/]", "care": "[yellow]care[/]", "stop": "[red]STOP[/]"}


@contextlib.contextmanager
def _quiet_opencv() -> Iterator[None]:
    """Without OpenCV's own words, a dozen lines for a camera that is not there."""
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(level)


@_quiet_opencv()
def consult(config: ShowConfig, say: Say, microphone: bool = False) -> int:
    """Say every finding as it is made, in rich's markup; 0 if nothing stops the show, else 1."""
    from rich.markup import escape

    stops = 0
    for finding in examine(config, microphone):
        stops += finding.level == "stop"
        remedy = (
            f"\n            -> {escape(finding.remedy)}" if finding.remedy and finding.level != "well" else ""
        )
        say(f"{MARKS[finding.level]}  {finding.check:<10} {escape(finding.text)}{remedy}")
    say("Nothing stops the show." if not stops else f"{stops} to put right before the show.")
    return 1 if stops else 0
