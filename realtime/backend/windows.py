"""Windows for trying an engine: those of a short scripted dance, as the stage itself makes them."""

import numpy as np

from configs.bundle import Manifest
from realtime.backend.base import Inputs, Rendering

SECONDS = 4.5
FPS = 30
LEAD_S = 0.22
PICTURE = np.array([0.5, 0.4, 0.5, 0.2, 0.3, -0.2], np.float32)


class _Listener:
    """Stands where an engine stands, and keeps what it is asked."""

    name = "listener"

    def __init__(self, manifest: Manifest) -> None:
        layout, self.asked = manifest.layout, list[Inputs]()
        self._samples = (layout.block + layout.reserve) * manifest.samples_per_code

    def render(self, inputs: Inputs) -> Rendering:
        """Silence."""
        self.asked.append({name: np.ascontiguousarray(value) for name, value in inputs.items()})
        return Rendering(np.zeros((1, 1), np.int64), np.zeros((1, self._samples), np.float32))


def recorded_windows(manifest: Manifest, count: int = 4) -> list[Inputs]:
    """The last ``count`` windows of a few seconds of dance, each with one row; always the same."""
    from configs.schema import ShowConfig
    from dancer import DancerConfig, VirtualDancer
    from realtime.controls import Controls
    from realtime.pipeline import Hop, Pipeline
    from realtime.types import Landmarks
    from realtime.vision import Observation

    dancer = VirtualDancer(DancerConfig(bpm=112, style="house", seed=3, seconds=SECONDS))
    aspect = dancer.config.width / dancer.config.height
    poses = dancer.landmarks(np.arange(int(SECONDS * FPS) + 1) / FPS)
    listener = _Listener(manifest)
    pipeline = Pipeline(manifest, listener, ShowConfig())
    styles = np.roll(np.eye(10), 5, axis=1)
    state, seen = pipeline.start(Controls()), 0
    for index in range(int(SECONDS / pipeline.hop_s)):
        now_s = index * pipeline.hop_s
        fresh = []
        while seen / FPS <= now_s:
            time_s = seen / FPS
            person = Landmarks(time_s, poses[seen], aspect)
            fresh.append(Observation(seen, time_s, (person,), PICTURE))
            seen += 1
        controls = Controls(style=tuple(styles[index // 6 % len(styles)]), song=index % 6)
        _, state = pipeline.step(state, Hop(index, now_s, now_s + LEAD_S, tuple(fresh), controls))
    return listener.asked[-count:]


def batch(windows: list[Inputs], rows: int) -> Inputs:
    """``rows`` performers in one call, each with a window of their own (they repeat)."""
    return {
        name: np.concatenate([windows[row % len(windows)][name] for row in range(rows)])
        for name in windows[0]
    }
