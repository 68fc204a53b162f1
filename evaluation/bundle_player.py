"""Plays a house bundle over written conditions, hop by hop as on stage, through ONNX Runtime.

Knows files and arrays only: no camera, no follower, no clock but a stopwatch. Movement is known up to a lead
before each block and held after it, as on stage; phase, style and variation are known ahead.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from configs.bundle import load_bundle
from evaluation.audio import Samples
from features.motion import NEUTRAL
from features.visual import NEUTRAL_VISUAL

Array = NDArray[np.float32]

CYCLE_BEATS = 16.0
FADE_SAMPLES = 507  # 23 ms, the stage's crossfade
LEAD_CODES = 43
"""A block begins to sound a quarter of a second after the newest movement it may know."""
SLOPE_CODES = 43
"""Over so much of a take's beginning and end its tempo beyond them is read."""


@dataclass(frozen=True)
class Conditions:
    """What the band is to play to, at code rate.

    ``motion`` [16, T], ``visual`` [6, T], ``phase`` [T] in beats (wrapped or not), ``style`` [10, T],
    ``variation`` [14, T].
    """

    motion: Array
    visual: Array
    phase: Array
    style: Array
    variation: Array

    def __post_init__(self) -> None:
        codes = {name: getattr(self, name).shape[-1] for name in CONDITION_NAMES}
        if len(set(codes.values())) != 1:
            raise ValueError(f"conditions differ in length: {codes}")

    def without_motion(self) -> "Conditions":
        """The same with nobody to be seen."""
        nobody = np.repeat(NEUTRAL[:, None], self.motion.shape[1], axis=1)
        return Conditions(nobody, self.visual, self.phase, self.style, self.variation)

    def without_visual(self) -> "Conditions":
        """The same in a grey room."""
        grey = np.repeat(NEUTRAL_VISUAL[:, None], self.visual.shape[1], axis=1)
        return Conditions(self.motion, grey, self.phase, self.style, self.variation)


CONDITION_NAMES = ("motion", "visual", "phase", "style", "variation")


def read_conditions(path: Path | str) -> Conditions:
    """Read a case's ``.npz``, as ``python -m corpus cases`` writes it."""
    with np.load(path, allow_pickle=False) as arrays:
        missing = [name for name in CONDITION_NAMES if name not in arrays]
        if missing:
            raise ValueError(f"{path} lacks {missing[0]!r}; write cases with `python -m corpus cases`")
        return Conditions(*(np.asarray(arrays[name], np.float32) for name in CONDITION_NAMES))


def on_one_core(graph: Path) -> onnxruntime.InferenceSession:
    """A graph, opened for one thread of the CPU."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


class BundlePlayer:
    """A bundle's two graphs on one core.

    Raises:
        BundleError: the folder is no sound bundle.
        ValueError: the bundle wants an input that cases do not hold.
    """

    def __init__(self, folder: Path | str) -> None:
        bundle = load_bundle(folder)
        self.manifest = bundle.manifest
        self._generator, self._decoder = on_one_core(bundle.generator), on_one_core(bundle.decoder)
        self._wanted = [node.name for node in self._generator.get_inputs()]
        self._shared = [node.name for node in self._decoder.get_inputs() if node.name != "features"]
        unknown = [name for name in self._wanted if name not in (*CONDITION_NAMES, "motion_mask", "clock")]
        if unknown:
            raise ValueError(f"{folder} wants the input {unknown[0]!r}; only house bundles can be examined")
        self.hop_ms: list[float] = []
        """Compute time of every hop played so far."""

    def play(self, conditions: Conditions, lead_codes: int = LEAD_CODES, first_code: int = 0) -> Samples:
        """The music for these conditions, from ``first_code`` on: ``samples_per_code`` samples a code."""
        layout, rate = self.manifest.layout, self.manifest.samples_per_code
        codes = conditions.motion.shape[1]
        phase = np.unwrap(conditions.phase.astype(np.float64), period=CYCLE_BEATS)
        sound = np.zeros(0, np.float32)
        tail = np.zeros(0, np.float32)
        for start in range(first_code, codes, layout.block):
            began = time.perf_counter()
            rendered = self._window(conditions, phase, start, lead_codes)
            self.hop_ms.append(1e3 * (time.perf_counter() - began))
            block = rendered[: layout.block * rate].copy()
            if len(tail):
                up = (np.arange(len(tail), dtype=np.float32) + 0.5) / len(tail)
                block[: len(tail)] = tail * (1 - up) + block[: len(tail)] * up
            tail = rendered[layout.block * rate : layout.block * rate + FADE_SAMPLES]
            sound = np.concatenate([sound, block])
        return sound[: (codes - first_code) * rate]

    def _window(self, conditions: Conditions, phase: NDArray[np.float64], start: int, lead: int) -> Samples:
        """Block and reserve of the hop whose block begins at code ``start``."""
        layout, last = self.manifest.layout, len(phase) - 1
        places = np.arange(layout.window) - layout.past + start
        known = max(0, min(last, start - lead))
        seen = np.clip(places, 0, known)
        ahead = np.clip(places, 0, last)
        inputs: dict[str, NDArray[Any]] = {
            "motion": conditions.motion[:, seen],
            "motion_mask": (places <= known).astype(np.float32),
            "visual": conditions.visual[:, seen],
            "phase": (_extended(phase, places) % CYCLE_BEATS).astype(np.float32),
            "style": conditions.style[:, ahead],
            "variation": conditions.variation[:, ahead],
            "clock": places % max(1, self.manifest.clock_turn_codes),
        }
        feed = {name: np.ascontiguousarray(inputs[name][None], np.float32) for name in self._wanted}
        (features,) = self._generator.run(["features"], feed)
        first = layout.past - self.manifest.decoder_context_codes
        span = slice(first, first + self.manifest.decoder_codes)
        heard = {"features": np.ascontiguousarray(features[..., span])}
        heard |= {name: np.ascontiguousarray(feed[name][..., span]) for name in self._shared}
        (samples,) = self._decoder.run(["samples"], heard)
        skip = self.manifest.decoder_context_codes * self.manifest.samples_per_code
        length = (layout.block + layout.reserve) * self.manifest.samples_per_code
        return np.asarray(samples.reshape(-1)[skip : skip + length], np.float32)


def bundle_size_mb(folder: Path | str) -> float:
    """All files of a bundle together, in 10^6 bytes."""
    return sum(path.stat().st_size for path in Path(folder).iterdir() if path.is_file()) / 1e6


def _extended(phase: NDArray[np.float64], places: NDArray[np.int_]) -> NDArray[np.float64]:
    """Phase at any place; before and after what is known it goes on at the nearest tempo."""
    last = len(phase) - 1
    inside = phase[np.clip(places, 0, last)]
    span = max(1, min(SLOPE_CODES, last))
    slope_in = (phase[min(SLOPE_CODES, last)] - phase[0]) / span
    slope_out = (phase[last] - phase[max(0, last - SLOPE_CODES)]) / span
    extended: NDArray[np.float64] = inside + np.minimum(places, 0) * slope_in
    return np.asarray(extended + np.maximum(places - last, 0) * slope_out)
