"""What every engine promises, and what it is given. Knows no engine."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from configs.bundle import Manifest

Inputs = dict[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Rendering:
    """What one window becomes.

    ``codes``: ``[B, T']`` or ``[B, Q, T']``, ``samples``: ``[B, N]`` for block and reserve (and, for
    bundles that are aligned, nothing else): ``N = (block + reserve) * samples_per_code``.
    """

    codes: NDArray[np.int64]
    samples: NDArray[np.float32]


class Backend(Protocol):
    """An inference engine holding one bundle. ``render`` may raise BackendError; then it is replaced."""

    @property
    def name(self) -> str:
        """What it is called in the status line."""
        ...

    def render(self, inputs: Inputs) -> Rendering:
        """Generate, look up, decode what is played.

        Args:
            inputs: every input the manifest names, batch first, float32.
        """
        ...


def decoder_span(manifest: Manifest) -> slice:
    """The codes of a window that the decoder is given: block, reserve, and its context."""
    start = manifest.layout.past - manifest.decoder_context_codes
    return slice(start, start + manifest.decoder_codes)


def played_span(manifest: Manifest) -> slice:
    """The samples of the decoder's output that are block and reserve."""
    start = manifest.decoder_context_codes * manifest.samples_per_code
    length = (manifest.layout.block + manifest.layout.reserve) * manifest.samples_per_code
    return slice(start, start + length)
