"""The baseline of every figure: the same networks in eager torch, the whole two-second window each hop.

So the public code works: float32, no graph, every code of the window decoded. Weight norm is folded here
already, which flatters the baseline a little.
"""

from typing import Any

import numpy as np

from configs.bundle import Bundle
from realtime.backend.base import Inputs
from realtime.backend.hop_graph import prepared
from realtime.backend.onnx_package import onnx_package, replace_graph


class FullWindow:
    """Generator, then the decoder on all the window's codes.

    Args:
        bundle: whose networks.
        device: ``cpu`` or ``cuda``.
        threads: on the processor.
    """

    def __init__(self, bundle: Bundle, device: str, threads: int) -> None:
        import torch

        from realtime.backend.torch_graph import TorchGraph

        onnx, manifest = onnx_package(), bundle.manifest
        if device == "cpu":
            torch.set_num_threads(threads)
        generator, decoder = (
            prepared(onnx.load(str(path)), "fp32") for path in (bundle.generator, bundle.decoder)
        )
        untrim(generator, manifest.window_codes)
        longer = lengthened(decoder, manifest.decoder_codes, manifest.window_codes, manifest.samples_per_code)
        self._device = device
        self._generator = TorchGraph(generator).to(device)
        self._decoder = TorchGraph(longer).to(device)

    def render(self, inputs: Inputs) -> tuple[Any, Any]:
        """Codes and samples of the whole window, on the host."""
        import torch

        with torch.inference_mode():
            given = (torch.from_numpy(inputs[name]).to(self._device) for name in self._generator.inputs)
            (features,) = self._generator(*given)
            codes, samples = self._decoder(features)
            return codes.cpu(), samples.cpu()


def untrim(model: Any, window: int) -> None:
    """Let a trimmed generator (export/trim.py) compute all of its window again."""
    whole = {
        "cut/begin": [0], "cut/end": [window], "keep/begin": [0], "keep/end": [window], "pad/sides": [0] * 6,
    }  # fmt: skip
    onnx = onnx_package()
    for tensor in model.graph.initializer:
        if tensor.name in whole:
            values = np.array(whole[tensor.name], np.int64)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))


def lengthened(model: Any, codes: int, window: int, samples: int) -> Any:
    """A decoder for ``window`` codes from one that is made for ``codes``, of ``samples`` each.

    Convolutions take any length; what was made for one (a position's table, a bound) is drawn out. Its values
    beyond the old length are repeats: good for timing, not for listening.
    """
    onnx = onnx_package()
    constants = []
    for tensor in model.graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        if values.dtype == np.int64:
            for old, new in ((codes, window), (codes * samples, window * samples)):
                values = np.where(values == old, new, values)
        elif codes in values.shape and values.ndim == 3:
            axis = values.shape.index(codes)
            values = np.take(values, np.arange(window) % codes, axis)
        constants.append(onnx.numpy_helper.from_array(np.asarray(values), tensor.name))
    replace_graph(model.graph, list(model.graph.node), constants)
    return model
