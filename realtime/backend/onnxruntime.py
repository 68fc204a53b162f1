"""ONNX Runtime: the engine every machine has. CPU by default, one thread, never spinning."""

import numpy as np
import onnxruntime as ort

from configs.bundle import Bundle
from configs.errors import BackendError
from realtime.backend.base import Inputs, Rendering, decoder_span, played_span


class OnnxRuntimeBackend:
    """Generator and decoder of a bundle in ONNX Runtime.

    Args:
        bundle: what to perform.
        threads: threads inside one operator. One is enough for the house bundle and starves nobody.
        providers: execution providers in order of preference; None: the CPU.
    """

    def __init__(self, bundle: Bundle, threads: int = 1, providers: list[str] | None = None) -> None:
        self._manifest = bundle.manifest
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the pose tracker waits
        options.log_severity_level = 3
        chosen = providers or ["CPUExecutionProvider"]
        self.name = "onnxruntime " + chosen[0].removesuffix("ExecutionProvider").lower()
        try:
            self._generator = ort.InferenceSession(str(bundle.generator), options, providers=chosen)
            self._decoder = ort.InferenceSession(str(bundle.decoder), options, providers=chosen)
        except Exception as error:  # ONNX Runtime raises its own types, none of them public
            raise BackendError(f"ONNX Runtime cannot load bundle {str(bundle.folder)!r}: {error}") from error
        self._inputs = {node.name for node in self._generator.get_inputs()}

    def render(self, inputs: Inputs) -> Rendering:
        """Generate, look up, decode what is played."""
        wanted = {name: value for name, value in inputs.items() if name in self._inputs}
        try:
            (features,) = self._generator.run(["features"], wanted)
            span = np.ascontiguousarray(features[:, :, decoder_span(self._manifest)])
            codes, samples = self._decoder.run(["codes", "samples"], {"features": span})
        except Exception as error:
            raise BackendError(f"{self.name} failed on a window: {error}") from error
        return Rendering(codes, samples.reshape(len(samples), -1)[:, played_span(self._manifest)])
