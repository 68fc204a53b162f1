"""The baseline of every figure: the same networks in eager torch, the whole two-second window each hop.

So the public code works: float32, no graph, every code of the window decoded. Weight norm is folded here
already, which flatters the baseline a little.
"""

from typing import Any

import numpy as np

from configs.bundle import WHOLE, Bundle
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
        untrim(generator)
        untrim(decoder)
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
            shared = (name for name in self._decoder.inputs if name != "features")
            codes, samples = self._decoder(
                features, *(torch.from_numpy(inputs[name]).to(self._device) for name in shared)
            )
            return codes.cpu(), samples.cpu()


def untrim(model: Any) -> None:
    """Let a trimmed graph (export/trim.py) compute all of its window again: each node says how."""
    onnx = onnx_package()
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        for entry in node.metadata_props:
            if not entry.key.startswith(WHOLE):
                continue
            what, numbers = entry.key.removeprefix(WHOLE), [int(number) for number in entry.value.split()]
            if what == "pads":
                (pads,) = (one for one in node.attribute if one.name == "pads")
                pads.ints[:] = numbers
            else:
                constant = constants[node.input[int(what)]]
                values = np.array(numbers, np.int64)
                constant.CopyFrom(onnx.numpy_helper.from_array(values, constant.name))


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
