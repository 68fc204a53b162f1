"""Must show 2 of the stage: ``python -m tests.measure.browser_delay --seconds 40 --lead 150``.

Chromium dances before the real show, with the virtual dancer's video as its camera, and hears it: pose
tracker, engine and all. Every second the page is asked for its parts: from the newest frame a hop knew to
the first sound of its block in the page. What happens before the stage has the frame (encoding, sending)
is asked of the browser's own statistics. Prints the median of the sum and of each part.
"""

import argparse
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from dancer import DancerConfig, VirtualDancer
from tests.realtime.stage import browser
from tests.realtime.stage.conftest import free_port
from tests.realtime.stage.test_stage_browser import until
from tests.realtime.webrtc.namespace import inside

BPM = 112.0
SETTLE_S = 12.0
CLIP = Path("build/dancer.mjpeg")

PARTS = """async () => {
  const parts = { ...noverre.health.heardHere(noverre.state().latency_ms ?? {}) };
  let outbound = null, trip = 0;
  for (const report of (await noverre.dancing().peer.getStats()).values()) {
    if (report.type === "outbound-rtp") outbound = report;
    if (report.type === "candidate-pair" && report.nominated) trip = report.currentRoundTripTime ?? 0;
  }
  const nothing = { framesEncoded: 0, totalEncodeTime: 0, packetsSent: 0, totalPacketSendDelay: 0 };
  const before = window.sentBefore ?? nothing;
  window.sentBefore = outbound;
  const more = (name) => outbound[name] - before[name];
  const encoding = 1000 * more("totalEncodeTime") / Math.max(1, more("framesEncoded"));
  const sending = 1000 * more("totalPacketSendDelay") / Math.max(1, more("packetsSent")) + 500 * trip;
  return { "browser's encoder": encoding, sending, ...parts };
}"""


def clip(path: Path = CLIP, bpm: float = BPM, seed: int = 4, bars: int = 4) -> Path:
    """Some seconds of the virtual dancer, whole bars, to be shown over and over; drawn once."""
    if path.exists():
        return path.absolute()
    frames = round(bars * 4 * 60 / bpm * 30)
    dancer = VirtualDancer(DancerConfig(bpm=bpm, style="house", seed=seed, seconds=frames / 30 + 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    drawn = browser.write_clip(path.with_suffix(".part"), (dancer.frame(index) for index in range(frames)))
    return drawn.rename(path).absolute()


def until_open(port: int, patience_s: float = 60.0) -> None:
    """Wait for the stage page."""
    deadline_s = time.monotonic() + patience_s
    while socket.socket().connect_ex(("127.0.0.1", port)) and time.monotonic() < deadline_s:
        time.sleep(0.2)


def measure(seconds: float, lead_ms: float) -> None:
    """Print what was found."""
    video, port = clip(), free_port()
    config = Path(tempfile.mkdtemp()) / "show.yaml"
    keys = {"source": "webrtc", "audio": ["none"], "style": "house", "bundle": "bundles/house"}
    config.write_text(json.dumps({**keys, "stage": {"port": port}, "timing": {"lead_ms": lead_ms}}))
    command = [sys.executable, "run_live.py", "--config", str(config), "--no-preview"]
    show = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    rows: list[dict[str, float]] = []
    with sync_playwright() as playwright:
        chromium = browser.launch(playwright, video)
        page = chromium.new_context(permissions=["camera"]).new_page()
        page.set_default_timeout(120_000)
        until_open(port)
        page.goto(f"http://127.0.0.1:{port}")
        page.click("#dance")
        page.click("#listen")
        until(page, "noverre.listening()?.playing() && noverre.dancing()")
        time.sleep(SETTLE_S)
        page.evaluate(PARTS)
        for _ in range(round(seconds)):
            time.sleep(1.0)
            rows.append(page.evaluate(PARTS))
        state = page.evaluate("noverre.state()")
        chromium.close()
    show.send_signal(signal.SIGINT)
    show.communicate(timeout=30)
    sums = np.array([sum(row.values()) for row in rows])
    p10, median, p90 = np.percentile(sums, [10, 50, 90])
    print(
        f"{len(rows)} times, lead {lead_ms:.0f} ms, load {os.getloadavg()[0]:.1f}: from frame to sound ",
        end="",
    )
    print(f"in the browser median {median:.0f} ms, p10 {p10:.0f}, p90 {p90:.0f}")
    for name in dict.fromkeys(name for row in rows for name in row):
        print(f"  {name}: {np.median([row.get(name, 0.0) for row in rows]):.0f} ms")
    print(f"  {state['bpm']:.1f} BPM followed ({100 * state['confidence']:.0f} %), ", end="")
    print(f"{state['source_fps']:.0f} pictures a second, late hops {state['late_hops']}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--lead", type=float, default=150.0, help="timing.lead_ms")
    given = parser.parse_args()
    inside(measure, given.seconds, given.lead)
