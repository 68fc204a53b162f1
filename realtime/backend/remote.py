"""The bundle on another machine: a client of the KServe v2 protocol, as NVIDIA Triton speaks it.

A server that is lost, slow or wrong is a BackendError well within a hop, so that the local engine behind it
(guarded.py) still renders that hop. The model repository is written by ``python -m export triton``.
"""

from typing import Any

import numpy as np

from configs.bundle import Bundle
from configs.errors import BackendError
from realtime.backend.base import Inputs, Rendering

DEADLINE_SHARE = 0.4
"""Of a hop. The rest is for the local engine, should the server say nothing."""
CONNECT_TIMEOUT_S = 5.0


class RemoteBackend:
    """One model on a server, gRPC.

    Args:
        bundle: what the server must hold under the bundle's name.
        server: HOST:PORT.
        deadline_s: longest wait for a hop; None: a part of a hop.

    Raises:
        BackendError: no client library, no server, or it does not hold this bundle.
    """

    def __init__(self, bundle: Bundle, server: str, deadline_s: float | None = None) -> None:
        try:
            import tritonclient.grpc as client
        except ImportError as error:
            raise BackendError(
                '--backend triton: its client is not installed: pip install "tritonclient[grpc]==2.73.0"'
            ) from error
        manifest = bundle.manifest
        self.name = f"triton {server}"
        self._library, self._model = client, manifest.name
        self._inputs = [tensor.name for tensor in manifest.inputs]
        self._outputs = [client.InferRequestedOutput(name) for name in ("codes", "samples")]
        self._deadline_s = deadline_s or DEADLINE_SHARE * manifest.hop_samples / manifest.sample_rate
        played = manifest.layout.block + manifest.layout.reserve
        self._samples = played * manifest.samples_per_code
        try:
            self._client = client.InferenceServerClient(server)
            ready = self._client.is_model_ready(self._model, client_timeout=CONNECT_TIMEOUT_S)
        except Exception as error:
            raise BackendError(f"--backend triton: no server answers at {server}: {_said(error)}") from error
        if not ready:
            raise BackendError(
                f"--backend triton: the server at {server} does not hold {self._model!r}: write its model "
                f"repository with python -m export triton --bundle {bundle.folder}"
            )

    def render(self, inputs: Inputs) -> Rendering:
        """One hop on the server; several rows are several performers."""
        given = [self._tensor(name, inputs[name]) for name in self._inputs]
        try:
            answer = self._client.infer(
                self._model, given, outputs=self._outputs, client_timeout=self._deadline_s
            )
            codes, samples = answer.as_numpy("codes"), answer.as_numpy("samples")
        except Exception as error:
            raise BackendError(f"{self.name} did not answer within the hop: {_said(error)}") from error
        rows = len(next(iter(inputs.values())))
        if codes is None or samples is None or samples.shape != (rows, self._samples):
            shape = None if samples is None else samples.shape
            raise BackendError(f"{self.name} sent samples {shape}, not {(rows, self._samples)}")
        return Rendering(codes.astype(np.int64), np.array(samples, np.float32))

    def _tensor(self, name: str, value: Any) -> Any:
        tensor = self._library.InferInput(name, list(value.shape), "FP32")
        tensor.set_data_from_numpy(np.ascontiguousarray(value, np.float32))
        return tensor


def _said(error: Exception) -> str:
    """A gRPC error's own words, on one line."""
    message = getattr(error, "message", None)
    text = message() if callable(message) else str(error)
    return " ".join(str(text or error).split())[:200]
