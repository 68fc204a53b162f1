"""A network camera on this machine: the virtual dancer as Motion-JPEG over HTTP, in a process of its own.

It can be unplugged, frozen and stalled. For rehearsals of faults; real OpenCV capture looks at it.
"""

import http.server
import multiprocessing as mp
import threading
import time
from multiprocessing.connection import Connection
from typing import Any

import cv2
import numpy as np

from dancer import VirtualDancer, parse_demo
from realtime.vision_children import quiet_child

MOODS = ("fine", "frozen", "stalled", "gone")
BOUNDARY = b"frame"


class LoopbackCamera:
    """The camera; ``url`` is its address."""

    def __init__(self, demo: str) -> None:
        context = mp.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(demo, theirs), daemon=True, name="camera")
        self._process.start()
        theirs.close()
        self.url = f"http://127.0.0.1:{self._pipe.recv()}/camera.mjpg"

    def mood(self, mood: str) -> None:
        """``fine``, ``frozen`` (the same picture), ``stalled`` (no picture), ``gone`` (nobody answers)."""
        self._pipe.send(mood)

    def close(self) -> None:
        """Switch it off."""
        self._process.kill()
        self._process.join(timeout=1.0)


class _Pictures:
    """The newest JPEG, drawn at 30 a second."""

    def __init__(self, demo: str) -> None:
        self.mood = "fine"
        self.jpeg, self.number = b"", 0
        self.new = threading.Condition()
        self._dancer = VirtualDancer(parse_demo(demo))
        threading.Thread(target=self._draw, daemon=True).start()

    def _draw(self) -> None:
        began_s, index, fps = time.perf_counter(), 0, self._dancer.config.fps
        noise = np.random.default_rng(0)
        while True:
            index = max(index + 1, int((time.perf_counter() - began_s) * fps))
            time.sleep(max(0.0, began_s + index / fps - time.perf_counter()))
            if self.mood in ("stalled", "gone"):
                continue
            if self.mood == "fine" or not self.jpeg:
                image = self._dancer.frame(index)
                image[:8, :8] = noise.integers(0, 255, (8, 8, 3))  # a sensor is never quite still
                jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
            else:
                jpeg = self.jpeg
            with self.new:
                self.jpeg, self.number = jpeg, self.number + 1
                self.new.notify_all()

    def next(self, number: int) -> tuple[bytes, int]:
        """The picture after ``number``, or nothing after a moment without."""
        with self.new:
            self.new.wait_for(lambda: self.number != number, timeout=0.2)
            return (self.jpeg, self.number) if self.number != number else (b"", number)


def _serve(demo: str, pipe: Connection) -> None:
    quiet_child()
    pictures = _Pictures(demo)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if pictures.mood == "gone":
                return self.send_error(503)
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            number = 0
            while pictures.mood != "gone":
                jpeg, number = pictures.next(number)
                if jpeg:
                    head = b"--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n"
                    self.wfile.write(head % (BOUNDARY, len(jpeg)) + jpeg + b"\r\n")

        def log_message(self, *_args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_args: None  # type: ignore[method-assign]  # readers come and go
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.server_address[1])
    while True:
        pictures.mood = pipe.recv()
