"""Two performers, real pose tracking: ``python -m tests.measure.performers --seconds 60``.

The real show with the house bundle and two places; two aiortc peers in a process of their own each send a
film of the virtual dancer, of different tempi, by WHIP, and hear the music of their own place by WHEP.
Prints the tempo followed for each, how many
strokes of drums were heard there, and whether the show came late.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from configs.report import table
from tests.measure.browser_delay import clip, until_open
from tests.realtime.stage.conftest import free_port

TEMPI = (112.0, 92.0)
BARS = 8
FILMS = Path("build/films")


def measure(seconds: float) -> None:
    """Print what was found."""
    films = [
        clip(FILMS / f"house-{bpm:.0f}-{seed}.mjpeg", bpm, seed, BARS) for seed, bpm in enumerate(TEMPI, 4)
    ]
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
        rows.append((performer["place"], bpm, f"{np.median(followed):.1f}", len(performer["strokes_s"])))
    print(table(("place", "BPM danced", "followed", "strokes heard"), rows))
    print(f"\nload {load:.1f}\n{said[-400:]}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    measure(parser.parse_args().seconds)
