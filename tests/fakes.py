"""Stand-ins for the seams, each of which can be told to fail on a script."""

from collections.abc import Callable, Iterable

import numpy as np

from configs.bundle import Layout, Manifest, Style, Tensor
from configs.errors import BackendError
from configs.genres import GENRES
from features.motion import MOTION_FEATURES
from features.visual import VISUAL_FEATURES
from realtime.backend.base import Inputs, Rendering

WINDOW = 344
HOP = 43
HASH = "0" * 64


def manifest(**changes: object) -> Manifest:
    """A house-like manifest."""
    sizes = {
        "motion": ("B", len(MOTION_FEATURES), WINDOW),
        "motion_mask": ("B", WINDOW),
        "visual": ("B", len(VISUAL_FEATURES), WINDOW),
        "phase": ("B", WINDOW),
        "style": ("B", len(GENRES), WINDOW),
        "variation": ("B", 14, WINDOW),
    }
    keys: dict[str, object] = {
        "name": "fake",
        "level": "streaming",
        "sample_rate": 22050,
        "samples_per_code": 128,
        "layout": Layout(past=202, block=HOP, reserve=HOP, margin=56),
        "decoder_context_codes": 28,
        "decoder_codes": 2 * HOP + 56,
        "inputs": tuple(
            Tensor(name=name, shape=shape, dtype="float32", rate="code", meaning=name)
            for name, shape in sizes.items()
        ),
        "outputs": (),
        "normalisation": "none",
        "styles": tuple(Style(name=genre, bpm=110) for genre in GENRES),
        "opset": 18,
        "producer": "tests",
        "licence": "MIT",
        "files": {"generator.onnx": HASH, "decoder.onnx": HASH},
    }
    return Manifest.model_validate(keys | changes)


class FakeBackend:
    """A tone whose pitch is the style's and a click on every beat, both functions of phase alone.

    Two windows that overlap therefore agree, as a house bundle's do. ``fail_at`` names calls that
    raise; ``corrupt_at`` calls that return NaN.
    """

    def __init__(self, layout: Layout, fail_at: Iterable[int] = (), corrupt_at: Iterable[int] = ()) -> None:
        self.name = "fake"
        self.calls = 0
        self.seen: list[Inputs] = []
        self._layout = layout
        self._fail_at, self._corrupt_at = set(fail_at), set(corrupt_at)

    def render(self, inputs: Inputs) -> Rendering:
        """The tone and the clicks for block and reserve."""
        call, self.calls = self.calls, self.calls + 1
        self.seen.append(inputs)
        if call in self._fail_at:
            raise BackendError("the fake engine fails as it was told to")
        layout = self._layout
        span = slice(layout.past, layout.past + layout.block + layout.reserve)
        samples = np.stack([self._sound(inputs, item, span) for item in range(len(inputs["phase"]))])
        if call in self._corrupt_at:
            samples[:, 7] = np.nan
        codes = np.zeros((len(samples), span.stop - span.start), np.int64)
        return Rendering(codes, samples.astype(np.float32))

    def _sound(self, inputs: Inputs, item: int, span: slice) -> np.ndarray:
        phase = np.unwrap(inputs["phase"][item].astype(np.float64), period=16)
        times = np.arange(span.start * 128, span.stop * 128)
        fine = np.interp(times + 0.5, np.arange(len(phase)) * 128 + 64, phase)
        style = int(np.argmax(inputs["style"][item, :, span.start]))
        energy = inputs["motion"][item, 0, span.start]
        beat = fine % 1.0
        click = np.exp(-beat * 60) * np.sin(2 * np.pi * 40 * beat)
        return (0.05 + 0.2 * energy) * np.sin(2 * np.pi * (20 + 4 * style) * fine) + 0.5 * click


Say = Callable[[str], None]
