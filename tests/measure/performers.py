"""Two performers, real pose tracking: ``python -m tests.measure.performers --seconds 60``.

The real show with the house bundle and two places; two aiortc peers in a process of their own each send a
film of the virtual dancer, of different tempi, by WHIP, and hear the music of their own place by WHEP.
Prints, for each, the tempo followed and the one between the strokes heard, and whether the show came late.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

from configs.report import table
from dancer import DancerConfig, VirtualDancer
from tests.measure.browser_delay import until_open
from tests.realtime.stage.conftest import free_port
from tests.realtime.stage.moving_code import FPS

TEMPI = (112.0, 92.0)
BARS = 8
FILMS = Path("build/films")


def film(bpm: float, seed: int) -> Path:
    """Eight bars of a virtual dancer, drawn once: whole bars, so that they can be shown over and over."""
    path = FILMS / f"house-{bpm:.0f}-{seed}.avi"
    if path.exists():
        return path
    frames = round(BARS * 4 * 60 / bpm * FPS)
    dancer = VirtualDancer(DancerConfig(bpm=bpm, style="house", seed=seed, seconds=frames / FPS + 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = dancer.frame(0).shape[:2]
    part = path.with_name(f"part-{path.name}")
    writer = cv2.VideoWriter(str(part), cv2.VideoWriter_fourcc(*"MJPG"), FPS, (width, height))  # type: ignore[attr-defined]
    for index in range(frames):
        writer.write(dancer.frame(index))
    writer.release()
    return part.rename(path)


def measure(seconds: float) -> None:
    """Print what was found."""
    films = [film(bpm, seed) for seed, bpm in enumerate(TEMPI, 4)]
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "show.yaml"
        keys = {"source": "webrtc", "audio": ["none"], "style": "house", "bundle": "bundles/house"}
        config.write_text(json.dumps({**keys, "stage": {"port": port, "performers": 2}}))
        command = [sys.executable, "run_live.py", "--config", str(config), "--no-preview"]
        show = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        until_open(port)
        client = [sys.executable, "-m", "tests.realtime.stage.moving_code", f"http://127.0.0.1:{port}"]
        client += [str(seconds), *map(str, films)]
        heard = subprocess.run(client, capture_output=True, text=True, timeout=seconds + 60)
        load = os.getloadavg()[0]
        show.send_signal(signal.SIGINT)
        said = show.communicate(timeout=30)[1]
    if heard.returncode:
        raise SystemExit(f"{heard.stderr[-1500:]}\n{said[-1500:]}")
    rows = []
    for bpm, performer in zip(TEMPI, json.loads(heard.stdout), strict=True):
        followed = np.array(performer["bpm"][-40:])
        steps_s = np.diff(performer["strokes_s"][-60:])
        strokes = 60 / np.median(steps_s) if len(steps_s) else float("nan")
        rows.append((performer["place"], bpm, f"{np.median(followed):.1f}", f"{strokes:.1f}"))
    print(table(("place", "BPM danced", "followed", "between strokes heard"), rows))
    print(f"\nload {load:.1f}\n{said[-400:]}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    measure(parser.parse_args().seconds)
