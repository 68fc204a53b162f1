"""From a flash before the browser's camera to a tone in it: ``python -m ...measure_delay [LEAD_MS]``.

Chromium with a clip of flashes as its camera sends it by WHIP; a show without pose tracker or engine
answers each flash with a tone in its next hop; the same page hears it by WHEP. Prints delay and parts.
"""

import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright

from configs.schema import Stage
from realtime.controls import ControlInbox
from realtime.stage.server import StageServer
from realtime.types import Block
from tests.realtime.stage import browser
from tests.realtime.stage.conftest import SAMPLE_RATE, free_port
from tests.realtime.stage.fake_show import BURST_HZ, HOP, FakeShow
from tests.realtime.stage.test_stage_browser import EAR, until
from tests.realtime.webrtc.namespace import inside

SETTLE_S = 0.07
"""A hop looks at frames at least this old, as in a show whose pose tracker needs its time."""
EVERY_S = 1.3
"""Not a whole number of hops: flashes fall anywhere between two."""

EYE = """async () => {
  const video = document.createElement('video');
  video.srcObject = await navigator.mediaDevices.getUserMedia({ video: true });
  video.muted = true;
  await video.play();
  const context = new OffscreenCanvas(16, 16).getContext('2d', { willReadFrequently: true });
  const eye = window.eye = { flashes: [] };
  let bright = false;
  const look = (now, frame) => {
    context.drawImage(video, 0, 0, 16, 16);
    const level = context.getImageData(0, 12, 16, 4).data.reduce((sum, value) => sum + value, 0) / 256;
    if (level > 150 && !bright) eye.flashes.push(frame.captureTime ?? now);
    bright = level > 150;
    video.requestVideoFrameCallback(look);
  };
  video.requestVideoFrameCallback(look);
}"""


class Answering(FakeShow):
    """Plays a tone in the hop after a flash."""

    def __init__(self, *arguments, **options) -> None:
        super().__init__(*arguments, fps=0, **options)
        self.bright, self.seen, self.told = False, -1, []
        self.frames: list = []

    def block(self, index: int) -> Block:
        due_s = index * HOP / SAMPLE_RATE
        flashed = None
        while self.frames and self.frames[0][0] <= due_s - SETTLE_S:
            time_s, level = self.frames.pop(0)
            if level > 150 and not self.bright:
                flashed = time_s
            self.bright = level > 150
        sound = np.zeros(HOP, np.float32)
        if flashed is not None:
            sound[:2000] = 0.5 * np.sin(2 * np.pi * BURST_HZ * np.arange(2000) / SAMPLE_RATE)
            self.told.append((flashed, due_s))
        return Block(index * HOP, sound)

    def watch_camera(self) -> None:
        for frame in self.sink.camera.frames():
            self.frames.append(
                (frame.time_s - self.origin_s, float(frame.image[3 * len(frame.image) // 4 :].mean()))
            )


def main(lead_s: float) -> None:
    clip = browser.write_clip(Path(tempfile.mkdtemp()) / "flash.mjpeg", browser.flashes(EVERY_S, EVERY_S))
    server = StageServer(Stage(port=free_port()), ControlInbox(), SAMPLE_RATE)
    show = Answering(server, lead_s=lead_s)
    show.start()
    threading.Thread(target=show.watch_camera, daemon=True).start()
    with sync_playwright() as playwright:
        chromium = browser.launch(playwright, clip)
        context = chromium.new_context(permissions=["camera"])
        page = context.new_page()
        page.goto(server.url)
        page.click("#dance")
        page.click("#listen")
        until(page, "noverre.listening()?.playing()")
        page.evaluate(EAR)
        page.evaluate(EYE)
        time.sleep(8)
        page.evaluate("ear.onsets.length = 0; eye.flashes.length = 0")
        show.told.clear()
        time.sleep(35)
        onsets, flashes = np.array(page.evaluate("ear.onsets")), np.array(page.evaluate("eye.flashes"))
        heard = page.evaluate("noverre.heard")
        offset_s = page.evaluate("noverre.link.offset")
        chromium.close()
    show.stop()
    server.close()
    delays = [min(onsets[onsets > flash] - flash) for flash in flashes if (onsets > flash).any()]
    delays = [delay for delay in delays if delay < 1000 * EVERY_S]
    local = flashes / 1000 + offset_s - show.origin_s  # flashes on the show's clock
    came = [1000 * (seen - local[np.argmin(np.abs(local - seen))]) for seen, _ in show.told]
    waited = [1000 * (due - seen) for seen, due in show.told]
    parts = {
        "camera to server": np.median(came),
        "wait for the hop": np.median(waited),
        "lead": 1000 * lead_s,
        "sent early": -heard["advance"],
        "network": heard["total"] - heard["buffer"],
        "jitter buffer": heard["buffer"],
    }
    median = np.median(delays)
    print(f"{len(delays)} flashes: median {median:.0f} ms, p10 {np.percentile(delays, 10):.0f}, ", end="")
    print(f"p90 {np.percentile(delays, 90):.0f}")
    print(", ".join(f"{name} {ms:.0f}" for name, ms in parts.items()), end=", ")
    print(f"the page's ear {median - sum(parts.values()):.0f}")


if __name__ == "__main__":
    inside(main, float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.22)
