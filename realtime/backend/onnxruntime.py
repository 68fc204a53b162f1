"""ONNX Runtime: the engine every machine has. CPU by default, one thread, never spinning.

Takes a GPU's provider (CUDA, CoreML, DirectML) where the installed package has it and it is asked to.
"""

import os

import numpy as np
import onnxruntime as ort

from configs.bundle import Bundle
from configs.errors import BackendError
from realtime.backend.base import Inputs, Rendering, decoder_span, played_span

CPU = "CPUExecutionProvider"
ACCELERATORS = ("CUDAExecutionProvider", "CoreMLExecutionProvider", "DmlExecutionProvider")
"""Providers that may beat the CPU, the preferred first. TensorRT has a backend of its own."""

SLOWER_FUSED = ["SkipLayerNormFusion", "MatmulTransposeFusion"]
"""What ONNX Runtime 1.32 joins on a processor though it is slower so: a sum with the layer norm after it
(four times), a transposition with the product after it (whose weights are put in order at every call)."""

COREML_OPTIONS = {"ModelFormat": "MLProgram", "MLComputeUnits": "ALL"}


def accelerators() -> list[str]:
    """The providers of the installed ONNX Runtime that may beat the CPU, the preferred first."""
    found = ort.get_available_providers()
    return [provider for provider in ACCELERATORS if provider in found]


class OnnxRuntimeBackend:
    """Generator and decoder of a bundle in ONNX Runtime.

    Args:
        bundle: what to perform.
        threads: threads inside one operator, the calling one included. One is enough for the house
            bundle and starves nobody.
        providers: execution providers in order of preference; None: the CPU.
        cores: logical processors for the threads beyond the first, so that pose tracking and sound keep
            theirs; None leaves them to the system.

    Raises:
        BackendError: the provider is not there, or the graphs cannot be loaded.
    """

    def __init__(
        self,
        bundle: Bundle,
        threads: int = 1,
        providers: list[str] | None = None,
        cores: list[int] | None = None,
    ) -> None:
        self._manifest = bundle.manifest
        chosen = providers or [CPU]
        self.name = "onnxruntime " + chosen[0].removesuffix("ExecutionProvider").lower()
        if chosen[0] not in ort.get_available_providers():
            raise BackendError(
                f"this ONNX Runtime has no {chosen[0]}: install the package that has it (for CUDA: "
                "pip install onnxruntime-gpu==1.31.1), or use --backend onnxruntime"
            )
        options = session_options(threads, cores)
        settings = [COREML_OPTIONS if provider.startswith("CoreML") else {} for provider in chosen]
        unwanted = SLOWER_FUSED if chosen[0] == CPU else []
        try:
            self._generator, self._decoder = (
                ort.InferenceSession(
                    str(path),
                    options,
                    providers=chosen,
                    provider_options=settings,
                    disabled_optimizers=unwanted,
                )
                for path in (bundle.generator, bundle.decoder)
            )
        except Exception as error:  # ONNX Runtime raises its own types, none of them public
            raise BackendError(f"ONNX Runtime cannot load bundle {str(bundle.folder)!r}: {error}") from error
        if chosen[0] not in self._generator.get_providers():
            raise BackendError(f"ONNX Runtime's {chosen[0]} did not start: is its driver installed?")
        self._inputs = {node.name for node in self._generator.get_inputs()}
        self._shared = [node.name for node in self._decoder.get_inputs() if node.name != "features"]

    def render(self, inputs: Inputs) -> Rendering:
        """Generate, look up, decode what is played; several rows are several performers."""
        wanted = {name: value for name, value in inputs.items() if name in self._inputs}
        try:
            (features,) = self._generator.run(["features"], wanted)
            span = decoder_span(self._manifest)
            given = {"features": features} | {name: inputs[name] for name in self._shared}
            heard = {name: np.ascontiguousarray(value[..., span]) for name, value in given.items()}
            codes, samples = self._decoder.run(["codes", "samples"], heard)
        except Exception as error:
            raise BackendError(f"{self.name} failed on a window: {error}") from error
        return Rendering(codes, samples.reshape(len(samples), -1)[:, played_span(self._manifest)])


def session_options(threads: int, cores: list[int] | None = None) -> ort.SessionOptions:
    """Options of a session that shares its machine with a pose tracker and a sound card.

    Raises:
        BackendError: too few cores for the threads, or cores that are not there.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the pose tracker waits
    options.log_severity_level = 3
    if cores is not None and threads > 1:
        there = os.cpu_count() or 1
        if len(cores) < threads - 1 or not all(0 <= core < there for core in cores):
            raise BackendError(
                f"{threads} threads need {threads - 1} cores of 0..{there - 1} for those beyond the first; "
                f"given {cores}"
            )
        pinned = ";".join(str(core + 1) for core in cores[: threads - 1])  # it counts from one
        options.add_session_config_entry("session.intra_op_thread_affinities", pinned)
    return options
