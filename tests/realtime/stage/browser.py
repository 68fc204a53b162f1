"""Chromium for tests: where it is, how it is started, and a camera that shows what a test wants."""

import shutil
from pathlib import Path

import cv2
import numpy as np

from tests.realtime.webrtc import namespace

FLAGS = (
    "--no-sandbox",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


def why_not() -> str | None:
    """None if a browser can be had here, else the reason."""
    if shutil.which("chromium") is None:
        return "chromium is not installed (apt-get install chromium)"
    try:
        import playwright  # noqa: F401
    except ImportError:
        return "playwright is not installed (pip install playwright)"
    reason = namespace.why_not()
    return f"no network namespace: {reason}" if reason else None


def launch(playwright, camera: Path | None = None):
    """A headless Chromium; with ``camera`` its camera shows that clip, over and over."""
    flags = [*FLAGS, f"--use-file-for-fake-video-capture={camera}"] if camera else list(FLAGS)
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), headless=True, args=flags)


def write_clip(path: Path, pictures) -> Path:
    """Pictures as a motion-JPEG file, 30 a second."""
    with path.open("wb") as file:
        for picture in pictures:
            ok, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
            assert ok
            file.write(data.tobytes())
    return path


def flashes(seconds: float = 3.0, every_s: float = 1.0, size: tuple[int, int] = (360, 640)):
    """A dim picture that is white for a fifth of every period."""
    period = round(30 * every_s)
    for index in range(round(30 * seconds)):
        picture = np.full((*size, 3), 235 if index % period < period // 5 else 25, np.uint8)
        x = index * 7 % (size[1] - 40)
        picture[10:40, x : x + 40] = 128
        yield picture
