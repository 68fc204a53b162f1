"""The pictures of the page in docs/images: ``python -m tests.realtime.stage.screenshots``. Look at them."""

import time
from pathlib import Path
from typing import ClassVar

from PIL import Image
from playwright.sync_api import sync_playwright

from configs.schema import Stage
from dancer import DancerConfig, VirtualDancer
from realtime.controls import ControlInbox, Mute, StyleMix
from realtime.stage.server import StageServer
from realtime.types import Landmarks
from tests.realtime.stage import browser
from tests.realtime.stage.conftest import SAMPLE_RATE, free_port
from tests.realtime.stage.fake_show import BPM, FakeShow
from tests.realtime.webrtc.namespace import inside

PLACE = Path("docs/images")
DESK = {"profile": "generic", "transport": "udp", "sent": 1204, "dropped": 0, "late": 0, "last_error": ""}
LIGHTS = [{**DESK, "name": "qlc", "connected": True}, {**DESK, "name": "eos", "connected": True, "sent": 311}]


class Danced(FakeShow):
    """The fake show with the virtual dancer in the picture."""

    dancer = VirtualDancer(DancerConfig(bpm=BPM, style="house", seed=3, energy=0.8, seconds=20, fps=15))
    drawn: ClassVar = []

    def pose(self, time_s: float) -> Landmarks:
        return Landmarks(time_s, self.dancer.landmarks(time_s % (len(self.drawn) / 15)), 4 / 3)

    def picture(self, index: int):
        return self.drawn[index % len(self.drawn)]


def shot(page, name: str) -> None:
    file = PLACE / f"stage-{name}.png"
    page.screenshot(path=file)
    Image.open(file).convert("RGB").quantize(255, method=Image.Quantize.FASTOCTREE).save(file, optimize=True)
    print(file, file.stat().st_size // 1024, "kB")


def main() -> None:
    PLACE.mkdir(parents=True, exist_ok=True)
    inbox = ControlInbox()
    server = StageServer(Stage(port=free_port()), inbox, SAMPLE_RATE)
    Danced.drawn.extend(Danced.dancer.frame(index) for index in range(150))
    show = Danced(server, inbox)
    show.snapshot = {"osc": LIGHTS, "takes": [{"name": "take-1.mp4", "seconds": 83}]}
    show.start()
    with sync_playwright() as playwright:
        chromium = browser.launch(playwright)
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        page.goto(server.url)
        time.sleep(8)
        shot(page, "follow")
        page.click("#listen")
        time.sleep(5)
        inbox.put(StyleMix({"house": 0.5, "waack": 0.3, "krump": 0.2}))
        time.sleep(3)
        box = page.locator('[data-style="pop"]').bounding_box()
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] - 5
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x, y - box["height"] * 0.4, steps=8)
        time.sleep(0.3)
        shot(page, "blend")
        page.mouse.up()
        page.click("#listen")
        inbox.put(Mute(True))
        show.snapshot = {
            "osc": [{**LIGHTS[0]}, {**LIGHTS[1], "connected": False, "last_error": "connection refused"}],
            "takes": [{"name": "take-1.mp4", "seconds": 83}, {"name": "take-2.mp4", "seconds": 241}],
            "late_hops": 3,
            "underruns": 1,
            "dropped_frames": 12,
            "confidence": 0.22,
            "recording": True,
            "message": "The pose tracker died and is started again; the groove is held",
        }
        time.sleep(1.5)
        shot(page, "trouble")
        chromium.close()
    show.stop()
    server.close()


if __name__ == "__main__":
    inside(main)
