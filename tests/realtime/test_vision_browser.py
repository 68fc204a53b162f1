import queue
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from configs.schema import ShowConfig
from dancer import VirtualDancer, parse_demo
from realtime.types import Frame
from realtime.vision_browser import BrowserVision, fitted


class FakeCamera:
    """A browser that sends what the test puts."""

    def __init__(self) -> None:
        self.pictures: queue.Queue[Frame | None] = queue.Queue()

    def frames(self) -> Iterator[Frame]:
        while (frame := self.pictures.get()) is not None:
            yield frame

    def close(self) -> None:
        self.pictures.put(None)


@pytest.mark.parametrize("shape", [(480, 640), (640, 360), (2160, 3840), (1, 1)])
def test_any_picture_fits_whole(shape: tuple[int, int]) -> None:
    picture = fitted(np.full((*shape, 3), 200, np.uint8))
    assert picture.shape == (480, 640, 3) and picture.max() == 200
    if shape == (640, 360):
        assert not picture[:, :150].any() and picture[:, 320].all()  # upright, with black beside it


@pytest.mark.pose
def test_a_dancer_before_a_browser_is_seen() -> None:
    camera, vision = FakeCamera(), None
    dancer = VirtualDancer(parse_demo("demo:seed=1"))
    try:
        vision = BrowserVision(ShowConfig(), time.perf_counter())
        vision.attach(camera)
        origin_s = time.perf_counter()
        vision.start(origin_s)
        seen = []
        deadline_s = time.monotonic() + 20
        index = 0
        while len(seen) < 3 and time.monotonic() < deadline_s:
            camera.pictures.put(Frame(index, time.perf_counter(), dancer.frame(index)))
            index += 1
            threading.Event().wait(0.1)
            seen += vision.observe(time.perf_counter() - origin_s)
        assert len(seen) >= 3 and all(len(one.people) == 1 for one in seen)
        assert 0 <= seen[0].time_s < 20
    finally:
        if vision is not None:
            vision.close()
