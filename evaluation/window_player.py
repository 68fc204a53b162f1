"""Plays a bundle of the paper's networks for one window, through ONNX Runtime. Knows files and arrays only.

The paper squeezes a finished window of movement, its picture and a genre into one vector; so a window is made
whole, without past or future, as in its tables.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.bundle import Tensor, load_bundle
from evaluation.audio import Samples
from evaluation.bundle_player import Conditions, on_one_core

Array = NDArray[np.float32]


class WindowPlayer:
    """A paper bundle's two graphs on one core.

    Raises:
        BundleError: the folder is no sound bundle.
        ValueError: the bundle wants an input that conditions do not hold, such as I3D features or SMPL poses.
    """

    def __init__(self, folder: Path | str) -> None:
        bundle = load_bundle(folder)
        self.manifest = bundle.manifest
        self._generator, self._decoder = on_one_core(bundle.generator), on_one_core(bundle.decoder)
        for tensor in self.manifest.inputs:
            if _width(tensor) not in ("motion of 16", "visual of 6", "genre of 10"):
                raise ValueError(
                    f"{folder} wants {_width(tensor)} values, which windows of the house corpus do not have; "
                    "render it elsewhere and give the sounds as --folder NAME=DIR"
                )

    @property
    def codes(self) -> int:
        """Codes in a window."""
        return self.manifest.window_codes

    def play(self, conditions: Conditions) -> Samples:
        """The sound ``[codes * samples_per_code]`` for the last window of ``conditions``."""
        (features,) = self._generator.run(["features"], self._inputs(conditions))
        return self._decoded(features)

    def _inputs(self, conditions: Conditions) -> dict[str, Array]:
        length = self.codes * self.manifest.samples_per_code // 128  # conditions come at 128 samples a code
        made: dict[str, Array] = {}
        for tensor in self.manifest.inputs:
            if tensor.name == "motion":
                at = np.linspace(0, length - 1, int(tensor.shape[1])).round().astype(int)
                made["motion"] = conditions.motion[:, -length:][:, at].T
            elif tensor.name == "visual":
                made["visual"] = conditions.visual[:, -length:].mean(axis=1)[None]
            else:
                made["genre"] = conditions.style[:, -1]
        return {name: np.ascontiguousarray(value[None], np.float32) for name, value in made.items()}

    def _decoded(self, features: Array) -> Samples:
        """The whole window's sound, piece by piece: the graph takes so many codes at a time.

        A piece's inner codes are exact; at the window's own ends the padding is that of a whole decode.
        """
        size, context, rate = (
            self.manifest.decoder_codes,
            self.manifest.decoder_context_codes,
            self.manifest.samples_per_code,
        )
        total = features.shape[-1]
        sound = np.zeros(total * rate, np.float32)
        for first in [*range(0, total - size, size - 2 * context), total - size]:
            piece = np.ascontiguousarray(features[..., first : first + size])
            (samples,) = self._decoder.run(["samples"], {"features": piece})
            skip = 0 if first == 0 else context
            sound[(first + skip) * rate : (first + size) * rate] = samples.reshape(-1)[skip * rate :]
        return sound


def _width(tensor: Tensor) -> str:
    return f"{tensor.name} of {tensor.shape[-1]}"
