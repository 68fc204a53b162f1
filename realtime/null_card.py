"""A sound card that is none: PulseAudio's null sink, private to one folder, with an ear at its output.

For rehearsals of faults: it can be lost and plugged in again. Plays to nobody, touches no real card.
"""

import contextlib
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import numpy as np

from configs.errors import DeviceError
from realtime.device_clock import DeviceClock
from realtime.types import Samples

RATE = 48_000
CHUNK_FRAMES = 480
KEPT_S = 16
PRIORITY = 25
"""Real-time, if it is allowed: a real card waits for no program."""
CARD_PRIORITY = 30
"""Above realtime.priority's."""


def _never_late(pid: int) -> None:
    """A card is a machine of its own, which no program keeps waiting: so may its stand-in, where allowed."""
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError, AttributeError):
            os.sched_setscheduler(int(thread.name), os.SCHED_RR, os.sched_param(CARD_PRIORITY))


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
        self.frames = 0
        self.clock = DeviceClock(RATE)
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
        _never_late(self._server.pid)
        for _ in range(200):
            asked = subprocess.run(["pactl", "info"], capture_output=True, check=False)
            if not asked.returncode:
                break
            time.sleep(0.05)
        else:
            raise DeviceError(f"pulseaudio does not start: see {self._folder / 'log'}")
        _never_late(self._server.pid)
        self.life += 1
        self._listen()

    def _listen(self) -> None:
        command = ["parec", "--device=stage.monitor", "--format=float32le", f"--rate={RATE}", "--channels=1"]
        self._ear = subprocess.Popen([*command, "--latency-msec=20"], stdout=subprocess.PIPE)
        _prefer(self._ear.pid)
        with self._lock:
            self.frames, self.clock = 0, DeviceClock(RATE)
        threading.Thread(target=self._hear, args=(self._ear,), name="ear", daemon=True).start()

    def _hear(self, ear: "subprocess.Popen[bytes]") -> None:
        assert ear.stdout is not None
        while len(data := ear.stdout.read(4 * CHUNK_FRAMES)) == 4 * CHUNK_FRAMES:
            now_s = time.perf_counter()
            samples = np.frombuffer(data, np.float32)
            with self._lock:
                places = np.arange(self.frames, self.frames + CHUNK_FRAMES) % len(self._memory)
                self._memory[places] = samples
                self.frames += CHUNK_FRAMES
                if self.frames > RATE:  # the first second comes in bursts
                    self.clock = self.clock.update(self.frames, now_s)

    def heard(self, start_s: float, seconds: float) -> Samples | None:
        """What came out from a wall time on (``time.perf_counter``); None if that is not remembered."""
        count = round(seconds * RATE)
        with self._lock:
            if self.clock.weight < 50:
                return None
            first = round(self.clock.frame + (start_s - self.clock.time_s) / self.clock.seconds_per_frame)
            if first < max(0, self.frames - len(self._memory)) or first + count > self.frames:
                return None
            return self._memory[np.arange(first, first + count) % len(self._memory)].copy()

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
