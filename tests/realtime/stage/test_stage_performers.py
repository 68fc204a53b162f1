"""Two performers before the real show: each sends a video by WHIP, each hears the own music by WHEP.

Real WebRTC, real show, real engine (a toy bundle). Only the pose tracker is spared: a performer's video
says in black and white which moment of which dance it shows, and the landmarks of that moment are known.
"""

import json
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from configs.schema import ShowConfig
from dancer import DancerConfig, VirtualDancer
from realtime.types import Landmarks
from realtime.vision import Observation, VisionHealth
from realtime.vision_browser import BrowserVision
from tests.realtime.stage.conftest import free_port
from tests.realtime.stage.moving_code import FPS, read_code
from tests.toy_bundle import make_toy_bundle

pytestmark = pytest.mark.realtime
TEMPI, SECONDS = (112.0, 84.0), 13.0
DANCERS = [VirtualDancer(DancerConfig(bpm=bpm, style="house", seed=7, seconds=SECONDS + 4)) for bpm in TEMPI]
ASPECT = DANCERS[0].config.width / DANCERS[0].config.height
LIGHT = np.array([0.5, 0.4, 0.5, 0.2, 0.3, -0.2], np.float32)


class CodeReader(BrowserVision):
    """Knows the landmarks of what a video says it shows."""

    def __init__(self, config, origin_s, watchers=(), say=print) -> None:
        self.name, self.health = "browser camera", VisionHealth()
        self.truth = None
        self._seen: list[Observation] = []
        self._lock = threading.Lock()
        self._camera = None

    def attach(self, camera) -> None:
        self._camera = camera
        self._thread = threading.Thread(target=self._read, daemon=True)

    def start(self, origin_s: float) -> None:
        self._origin_s = origin_s
        self._thread.start()

    def _read(self) -> None:
        for frame in self._camera.frames():
            dancer, index = read_code(frame.image)
            if dancer >= len(DANCERS):
                continue
            points = DANCERS[dancer].landmarks(index / FPS).astype(np.float32)
            time_s = frame.time_s - self._origin_s
            seen = Observation(frame.index, time_s, (Landmarks(time_s, points, ASPECT),), LIGHT, 1.0)
            with self._lock:
                self._seen.append(seen)
                self.health.frames += 1

    def observe(self, until_s: float) -> list[Observation]:
        with self._lock:
            ready = [one for one in self._seen if one.time_s <= until_s]
            self._seen = [one for one in self._seen if one.time_s > until_s]
        return ready

    def close(self) -> None:
        if self._camera is not None:
            self._camera.close()


@pytest.fixture(scope="module")
def danced(tmp_path_factory):
    """What two performers in another process heard, and how the engine was called."""
    from realtime import opening
    from realtime import show as show_module

    patch = pytest.MonkeyPatch()
    patch.setattr(opening, "BrowserVision", CodeReader)
    patch.setattr(show_module, "BrowserVision", CodeReader)
    patch.setattr(show_module, "ProcessVision", CodeReader)
    bundle = make_toy_bundle(tmp_path_factory.mktemp("bundle") / "toy")
    keys = {
        "source": "webrtc",
        "audio": ["none"],
        "bundle": str(bundle),
        "backend": "onnxruntime",
        "preview": False,
        "stage": {"port": free_port(), "performers": 2},
    }
    said: list[str] = []
    show, _ = opening.open_show(ShowConfig.model_validate(keys), said.append)
    rows: list[int] = []
    render = show.backend.render
    patch.setattr(show.backend, "render", lambda inputs: rows.append(len(inputs["phase"])) or render(inputs))
    stop = threading.Event()
    runs = threading.Thread(target=show.run, args=(stop,))
    runs.start()
    try:
        url = f"http://127.0.0.1:{keys['stage']['port']}"
        command = [sys.executable, "-m", "tests.realtime.stage.moving_code", url, str(SECONDS)]
        run = subprocess.run(command, capture_output=True, text=True, timeout=120)
        time.sleep(0.6)
        after = show.guests.report()
    finally:
        stop.set()
        runs.join(20)
        patch.undo()
    assert run.returncode == 0, run.stderr[-2000:]
    return json.loads(run.stdout), rows, after, said


def test_the_engine_is_called_once_for_both(danced) -> None:
    rows = danced[1]
    assert rows.count(2) > 0.5 * SECONDS / 0.25
    assert set(rows) <= {1, 2}


def test_each_follows_the_own_performer(danced) -> None:
    for performer, bpm in zip(danced[0], TEMPI, strict=True):
        followed = np.median(performer["bpm"][-8:])
        assert followed == pytest.approx(bpm, rel=0.03), performer["bpm"]


def test_each_hears_music_at_the_own_tempo(danced) -> None:
    """From the sound alone: the distance of the drum's strokes, as the performer's own ear decodes it."""
    for performer, bpm in zip(danced[0], TEMPI, strict=True):
        steps_s = np.diff(performer["strokes_s"][-10:])
        assert len(steps_s) >= 6
        assert np.median(steps_s) == pytest.approx(60 / bpm, rel=0.04), performer["strokes_s"]


def test_who_leaves_frees_the_place(danced) -> None:
    assert danced[2] == [{}]
