"""A sound card that is none: PulseAudio's null sink, private to one folder, with an ear at its output.

For rehearsals of faults: it can be lost and plugged in again. Plays to nobody, touches no real card.
"""

import contextlib
import os
import shutil
import subprocess
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from configs.errors import DeviceError
from realtime.device_clock import DeviceClock
from realtime.types import Samples

RATE = 48_000
CHUNK_FRAMES = 480
KEPT_S = 16
PAUSE_S = 0.25
"""Without sound for so long, the card had stopped: what comes after lies on another line of times."""
PRIORITY = 25
"""Real-time, if it is allowed: a real card waits for no program."""
CARD_PRIORITY = 30
"""Above realtime.priority's."""


def never_late(pid: int) -> None:
    """A card is a machine of its own, which no program keeps waiting: so may its stand-in, where allowed."""
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError, AttributeError):
            os.sched_setscheduler(int(thread.name), os.SCHED_RR, os.sched_param(CARD_PRIORITY))


@dataclass
class _Run:
    """Sound without a pause, and its own line of times."""

    first: int
    end: int
    clock: DeviceClock = field(default_factory=lambda: DeviceClock(RATE))

    def update(self, frames: int, now_s: float) -> None:
        """Sound has come up to a frame."""
        self.end = frames
        if frames - self.first > RATE:  # the first second comes in bursts
            self.clock = self.clock.update(frames, now_s)

    def frame_at(self, wall_s: float) -> int | None:
        """The frame that came at a wall time; None while the clock has seen too little."""
        if self.clock.weight < 50:
            return None
        return round(self.clock.frame + (wall_s - self.clock.time_s) / self.clock.seconds_per_frame)


class NullCard:
    """The card. ``XDG_RUNTIME_DIR`` and ``HOME`` of this process point to it from then on.

    Raises:
        DeviceError: PulseAudio is not installed or does not start.
    """

    def __init__(self, folder: Path) -> None:
        if not shutil.which("pulseaudio") or not shutil.which("parec"):
            raise DeviceError("pulseaudio is not installed: bash requirements/system.sh test")
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        self._folder = folder
        os.environ["XDG_RUNTIME_DIR"] = os.environ["HOME"] = str(folder)
        self._ear: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()
        self._memory = np.zeros(KEPT_S * RATE, np.float32)
        self._frames = 0
        self._runs: deque[_Run] = deque(maxlen=4)
        self.life = 0
        """How often it was plugged in."""
        self.plug()

    def plug(self) -> None:
        """Plug it in, and listen."""
        command = ["pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "-n", "--disable-shm=yes"]
        command += ["--load=module-native-protocol-unix auth-anonymous=1"]
        command += [f"--load=module-null-sink sink_name=stage rate={RATE} channels=2 norewinds=1"]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(command, stderr=log)
        _prefer(self._server.pid)
        never_late(self._server.pid)
        for _ in range(200):
            asked = subprocess.run(["pactl", "info"], capture_output=True, check=False)
            if not asked.returncode:
                break
            time.sleep(0.05)
        else:
            raise DeviceError(f"pulseaudio does not start: see {self._folder / 'log'}")
        never_late(self._server.pid)
        self.life += 1
        self._listen()

    def _listen(self) -> None:
        command = ["parec", "--device=stage.monitor", "--format=float32le", f"--rate={RATE}", "--channels=1"]
        self._ear = subprocess.Popen([*command, "--latency-msec=20"], stdout=subprocess.PIPE)
        _prefer(self._ear.pid)
        threading.Thread(target=self._hear, args=(self._ear,), name="ear", daemon=True).start()

    def _hear(self, ear: "subprocess.Popen[bytes]") -> None:
        assert ear.stdout is not None
        last_s = float("-inf")
        while len(data := ear.stdout.read(4 * CHUNK_FRAMES)) == 4 * CHUNK_FRAMES:
            now_s = time.perf_counter()
            samples = np.frombuffer(data, np.float32)
            with self._lock:
                if now_s - last_s > PAUSE_S:
                    self._runs.append(_Run(self._frames, self._frames))
                places = np.arange(self._frames, self._frames + CHUNK_FRAMES) % len(self._memory)
                self._memory[places] = samples
                self._frames += CHUNK_FRAMES
                self._runs[-1].update(self._frames, now_s)
            last_s = now_s

    def heard(self, start_s: float, seconds: float) -> Samples | None:
        """What came out from a wall time on (``time.perf_counter``); None if that is not remembered."""
        count = round(seconds * RATE)
        with self._lock:
            oldest = max(0, self._frames - len(self._memory))
            for run in reversed(self._runs):
                first = run.frame_at(start_s)
                if first is not None and max(oldest, run.first) <= first <= run.end - count:
                    return self._memory[np.arange(first, first + count) % len(self._memory)].copy()
        return None

    def unplug(self) -> None:
        """Gone, without a word to whoever plays."""
        self._server.kill()
        self._server.wait()
        if self._ear is not None:
            self._ear.terminate()
            self._ear.wait()

    def stall(self, stalled: bool) -> None:
        """Ask for no more sound, as a driver that hangs; or ask again."""
        subprocess.run(
            ["pactl", "suspend-sink", "stage", str(int(stalled))], capture_output=True, check=False
        )

    def close(self) -> None:
        """Gone for good."""
        with contextlib.suppress(OSError):
            self.unplug()


def _prefer(pid: int) -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(pid, os.SCHED_FIFO, os.sched_param(PRIORITY))
