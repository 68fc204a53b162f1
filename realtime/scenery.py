"""What I3D sees of the last seconds, for bundles that ask for it: answers now and then, held between.

A bundle brings the networks (``python -m export official --i3d-rgb --i3d-flow``). They are heavy, so live
they run in a thread of low priority that rests three times as long as it worked; for a virtual clock they
run at fixed times of the show, so that the same film gives the same bytes.
"""

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
import onnxruntime

from configs.bundle import Bundle, Manifest, load_bundle
from features.i3d import (
    VALUES,
    Array,
    Image,
    Network,
    OpticalFlow,
    colour_picture,
    features_of,
    flow_picture,
    small_size,
)

RGB, FLOW = "i3d_rgb.onnx", "i3d_flow.onnx"
PICTURES_HZ = 15.0
"""Pictures a second that are kept: flow costs 3 ms a picture."""
KEPT = 32
"""Pictures looked back upon: 2 s, the paper's window."""
EVERY_S = 4.0
REST = 3.0
"""Live, seconds of rest for each second of work: a quarter of a core."""
NICE = 10
DECIMALS = 4


def wants_scenery(manifest: Manifest) -> bool:
    """Whether a bundle reads I3D features of the picture."""
    tensor = manifest.input("visual")
    return tensor is not None and tensor.rate == "window" and tensor.shape[-1] == VALUES


def has_scenery(manifest: Manifest) -> bool:
    """Whether a bundle brings the networks that see them."""
    return RGB in manifest.files and FLOW in manifest.files


def missing_scenery(manifest: Manifest) -> str | None:
    """What to tell a performer whose bundle wants features that nobody computes; None: nothing to tell."""
    if not wants_scenery(manifest) or has_scenery(manifest):
        return None
    return (
        f"Bundle {manifest.name!r} wants I3D features of the picture and brings no I3D networks, so it is "
        "given zeros: export it with --i3d-rgb rgb_imagenet.pt --i3d-flow flow_imagenet.pt"
    )


class Scenery:
    """Takes every frame, gives features ``[2048]`` when there are new ones.

    Args:
        colour, movement: the networks; clips of ``frames`` pictures.
        frames: as the networks were exported.
        thread: compute beside the caller, as fast as resting allows; else at once, every ``EVERY_S``.
        optical_flow: of two grey pictures.
        clock: seconds, for the rest.
    """

    def __init__(
        self,
        colour: Network,
        movement: Network,
        frames: int,
        *,
        thread: bool,
        optical_flow: OpticalFlow | None = None,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self._networks, self._frames, self._clock = (colour, movement), frames, clock
        self._flow = optical_flow or fast_flow()
        self._pool = ThreadPoolExecutor(1, "i3d", initializer=_step_back) if thread else None
        self._pictures: deque[Array] = deque(maxlen=KEPT)
        self._flows: deque[Array] = deque(maxlen=KEPT)
        self._last: Image | None = None
        self._last_s = self._next_s = -np.inf
        self._job: Future[Array] | None = None
        self.compute_s = 0.0
        """How long the last answer took."""

    def see(self, image: Image, time_s: float) -> Array | None:
        """Take one picture ``[H, W, 3]`` BGR; the newest answer, once, else None."""
        if time_s - self._last_s >= 1 / PICTURES_HZ - 1e-3 or time_s < self._last_s:
            self._keep(image, time_s)
        if self._job is not None:
            if not self._job.done():
                return None
            answer, self._job = self._job.result(), None
            self._next_s = time_s + REST * self.compute_s
            return answer
        if time_s < self._next_s or not self._flows:
            return None
        clip = list(self._pictures), list(self._flows)
        if self._pool is not None:
            self._job = self._pool.submit(self._compute, *clip)
            return None
        self._next_s = time_s + EVERY_S
        return self._compute(*clip)

    def close(self) -> None:
        """Compute no more."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _keep(self, image: Image, time_s: float) -> None:
        """A change of the picture's size starts the flow anew."""
        small = shrink(image)
        if self._last is not None and self._last.shape == small.shape:
            self._flows.append(flow_picture(self._last, small, self._flow))
        self._pictures.append(colour_picture(small))
        self._last, self._last_s = small, time_s

    def _compute(self, pictures: list[Array], flows: list[Array]) -> Array:
        began_s = self._clock()
        features = features_of(pictures, flows, *self._networks, self._frames)
        self.compute_s = self._clock() - began_s
        return np.round(features.astype(np.float64), DECIMALS).astype(np.float32)


def open_scenery(folder: Path, *, thread: bool) -> Scenery | None:
    """The scenery of the bundle in ``folder``, None where it brings no networks.

    Raises:
        BundleError: its files are not what its manifest says.
    """
    if not (folder / RGB).is_file():
        return None
    bundle: Bundle = load_bundle(folder)
    if not has_scenery(bundle.manifest):
        return None
    (colour, frames), (movement, _) = _network(folder / RGB), _network(folder / FLOW)
    return Scenery(colour, movement, frames, thread=thread)


def fast_flow() -> OpticalFlow:
    """Dense inverse search (Kroeger et al. 2016), its fast form: near TV-L1, which takes 0.9 s a picture."""
    engine = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)  # type: ignore[attr-defined]
    return lambda before, after: engine.calc(before, after, None)


def shrink(image: Image) -> Image:
    """``image`` ``[H, W, 3]`` with its shorter side 256 pixels long."""
    return np.asarray(cv2.resize(image, small_size(*image.shape[:2]), interpolation=cv2.INTER_AREA))


def _network(path: Path) -> tuple[Network, int]:
    """The network in a file, on one core, and the length of its clips."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    return lambda clip: np.asarray(session.run(None, {given.name: clip})[0], np.float32), int(given.shape[2])


def _step_back() -> None:
    """This thread goes after all others, where the system knows priorities of threads."""
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
