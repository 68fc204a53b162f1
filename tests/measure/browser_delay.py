"""Must show 2 of the stage: ``python -m tests.measure.browser_delay --seconds 40 --lead 150``.

Chromium dances before the real show, with the virtual dancer's video as its camera, and hears it: pose
tracker, engine and all. Every second the page is asked for its parts: from the newest frame a hop knew to
the first sound of its block in the page. What happens before the stage has the frame (encoding, sending)
is asked of the browser's own statistics. Prints the median of the sum and of each part.
"""

import argparse
import os
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import sync_playwright

from configs.schema import ShowConfig
from dancer import DancerConfig, VirtualDancer
from realtime.opening import open_show
from tests.realtime.stage import browser
from tests.realtime.stage.conftest import free_port
from tests.realtime.stage.test_stage_browser import until
from tests.realtime.webrtc.namespace import inside

BPM = 112.0
SETTLE_S = 12.0

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


def clip(place: Path) -> Path:
    """Ten seconds of the virtual dancer, whole bars, over and over."""
    bars = 4
    frames = round(bars * 4 * 60 / BPM * 30)
    dancer = VirtualDancer(DancerConfig(bpm=BPM, style="house", seed=4, seconds=frames / 30 + 1))
    return browser.write_clip(place / "dancer.mjpeg", (dancer.frame(index) for index in range(frames)))


def measure(seconds: float, lead_ms: float) -> None:
    """Print what was found."""
    place = Path(tempfile.mkdtemp())
    keys: dict[str, Any] = {
        "source": "webrtc",
        "audio": ["none"],
        "style": "house",
        "preview": False,
        "stage": {"port": free_port()},
        "timing": {"lead_ms": lead_ms},
    }
    show, _ = open_show(ShowConfig.model_validate(keys), print)
    stop = threading.Event()
    outcome: list[Any] = []
    thread = threading.Thread(target=lambda: outcome.append(show.run(stop)))
    thread.start()
    rows: list[dict[str, float]] = []
    with sync_playwright() as playwright:
        chromium = browser.launch(playwright, clip(place))
        page = chromium.new_context(permissions=["camera"]).new_page()
        page.goto(f"http://127.0.0.1:{keys['stage']['port']}")
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
    stop.set()
    thread.join()
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
    print(f"{state['source_fps']:.0f} pictures a second, late hops {outcome[0].late_hops}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--lead", type=float, default=150.0, help="timing.lead_ms")
    given = parser.parse_args()
    inside(measure, given.seconds, given.lead)
