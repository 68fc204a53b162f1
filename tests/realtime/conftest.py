"""A sound card for tests: PulseAudio's null sink, private to the session."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from realtime.null_card import never_late


@dataclass
class SoundCard:
    """A null sink at 48 kHz stereo; ``environment`` makes a program play to it."""

    environment: dict[str, str]

    def monitor(self, path: Path) -> subprocess.Popen:
        """Record what is played to raw float32 stereo, until terminated."""
        command = ["parec", "--device=stage.monitor", "--format=float32le", "--rate=48000", "--channels=2"]
        command += ["--latency-msec=20"]
        with path.open("wb") as file:
            recorder = subprocess.Popen(command, stdout=file, env=self.environment)
        with contextlib.suppress(OSError, AttributeError):  # a tape recorder misses nothing on a busy machine
            os.sched_setscheduler(recorder.pid, os.SCHED_RR, os.sched_param(2))
        return recorder


def read_monitor(path: Path) -> np.ndarray:
    """The recorded samples of one channel."""
    return np.fromfile(path, np.float32)[::2]


@contextlib.contextmanager
def pulse(folder: Path, sinks: dict[str, int]) -> Iterator[SoundCard]:
    """A PulseAudio server of its own, with null sinks of these names and rates."""
    if not shutil.which("pulseaudio"):
        pytest.skip("LOUD: pulseaudio is not installed, no sound card was tested: make setup-test")
    folder.chmod(0o700)
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(folder), "HOME": str(folder)}
    command = ["pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "-n", "--disable-shm=yes"]
    command += ["--load=module-native-protocol-unix auth-anonymous=1"]
    for name, rate in sinks.items():
        command += [f"--load=module-null-sink sink_name={name} rate={rate} channels=2 norewinds=1"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stderr=log)
    try:
        for _ in range(100):
            if not subprocess.run(
                ["pactl", "info"], env=environment, capture_output=True, check=False
            ).returncode:
                break
            time.sleep(0.1)
        else:
            pytest.skip("LOUD: pulseaudio does not start here: " + (folder / "log").read_text()[-300:])
        never_late(process.pid)
        yield SoundCard(environment)
    finally:
        process.terminate()
        process.wait(timeout=5)


@pytest.fixture(scope="session")
def sound_card(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoundCard]:
    with pulse(tmp_path_factory.mktemp("pulse"), {"stage": 48_000}) as card:
        yield card
