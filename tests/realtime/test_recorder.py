"""Takes survive: a full disk, a killed program, a camera that stops. What is on disk plays."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import numpy as np
import pytest

from configs.errors import SinkError
from realtime.mp4_file import Mp4File, trim_to_fragments, whole_bytes
from realtime.recorder import Recorder
from realtime.types import Block
from realtime.vision import Observation
from tests.realtime.takes import duration_s, picture, sound

ROOT = Path(__file__).parent.parent.parent
RATE, HOP = 22050, 5504


def test_sound_lies_where_it_was_heard(tmp_path: Path) -> None:
    file = Mp4File(tmp_path / "t.mp4", RATE)
    file.open_streams((48, 64, 3))
    for index in range(150):
        file.picture(index / 30, picture(index))
    for index in range(8):
        file.sound(0.5 + index * HOP / RATE, sound(index))
    file.sound(0.5 + 8 * HOP / RATE + 1.0, sound(8))  # a second without a sound card
    file.close()
    heard = decoded_sound(tmp_path / "t.mp4")
    loud = np.abs(heard).reshape(-1, 480).max(1) > 0.02 if len(heard) % 480 == 0 else envelope(heard)
    edges = np.flatnonzero(np.diff(loud.astype(int))) / 100
    assert abs(edges[0] - 0.5) < 0.06
    gap = edges[1:3] if len(edges) > 2 else edges
    assert abs((gap[1] - gap[0]) - 1.0) < 0.08


def envelope(samples: np.ndarray) -> np.ndarray:
    whole = samples[: len(samples) // 480 * 480]
    return np.abs(whole).reshape(-1, 480).max(1) > 0.02


def decoded_sound(path: Path) -> np.ndarray:
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def test_a_slow_crystal_is_taken_back_a_few_samples_a_block(tmp_path: Path) -> None:
    file = Mp4File(tmp_path / "t.mp4", RATE)
    file.open_streams((48, 64, 3))
    for index in range(400):  # 100 s; the card is 200 ppm slow: 20 ms in all
        file.sound(index * HOP / RATE * 1.0002, sound(index))
    assert abs(file._written_samples / RATE - 400 * HOP / RATE * 1.0002) < 0.005
    file.close()


def test_without_new_pictures_the_sound_still_reaches_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "t.mp4"
    file = Mp4File(path, RATE)
    file.open_streams((48, 64, 3))
    file.picture(0.0, picture(0))
    for index in range(80):  # 20 s and no camera
        file.sound(index * HOP / RATE, sound(index))
    assert duration_s(path) > 20 - 4  # what is on disk now, the file still open
    file.close()
    assert len(decoded_sound(path)) / 48000 > 19.8


def test_what_is_cut_anywhere_plays_up_to_there(tmp_path: Path) -> None:
    path = tmp_path / "t.mp4"
    take(path, seconds=6)
    whole = path.read_bytes()
    for length in random.Random(0).sample(range(4000, len(whole)), 6):
        path.write_bytes(whole[:length])
        trim_to_fragments(path)
        assert whole_bytes(path) == path.stat().st_size
        if path.stat().st_size > 2000:
            duration_s(path)  # decodes to the end without a complaint


def take(path: Path, seconds: float) -> None:
    file = Mp4File(path, RATE)
    file.open_streams((48, 64, 3))
    for index in range(int(seconds * 30)):
        file.picture(index / 30, picture(index))
        if index % 8 == 0:
            file.sound(index / 30, sound(index // 8))
    file.close()


FULL = """
import resource, sys
from pathlib import Path
from realtime.recorder import Recorder
from realtime.types import Block
from realtime.vision import Observation
from tests.realtime.takes import picture, sound
import numpy as np
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))  # a disk with 300 kB left
said = []
recorder = Recorder(Path(sys.argv[1]), 22050, lambda: 0.0, said.append)
visual = np.zeros(6, np.float32)
for index in range(900):
    recorder.watch(Observation(index, index / 30, (), visual), picture(index))
    if index % 8 == 0:
        recorder.play(Block(0, sound(index // 8)), index / 30)
    while recorder._queue.qsize() > 20 and not recorder.failed: pass
recorder.close()
print(recorder.failed is not None, len(said), said[:1])
"""


def test_a_full_disk_ends_the_recording_playable(tmp_path: Path) -> None:
    path = tmp_path / "t.mp4"
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("True 1") and "the show goes on" in done.stdout
    assert 100_000 < path.stat().st_size <= 300_000
    assert duration_s(path) > 1.0


KILLED = """
import sys, time
from pathlib import Path
import numpy as np
from realtime.recorder import Recorder
from realtime.types import Block
from realtime.vision import Observation
from tests.realtime.takes import picture, sound
began = time.perf_counter()
recorder = Recorder(Path(sys.argv[1]), 22050, lambda: 0.0)
visual = np.zeros(6, np.float32)
print("ready", began, flush=True)
index = 0
while True:
    recorder.watch(Observation(index, index / 30, (), visual), picture(index))
    if index % 7 == 0:
        recorder.play(Block(0, sound(index // 7)), index / 30)
    index += 1
    time.sleep(max(0.0, began + index / 30 - time.perf_counter()))
"""


@pytest.mark.parametrize("after_s", [1.6, 2.45, 3.3])
def test_killed_at_any_moment_it_loses_about_a_second(tmp_path: Path, after_s: float) -> None:
    path = tmp_path / "t.mp4"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    began_s = float(process.stdout.readline().split()[1])
    time.sleep(max(0.0, began_s + after_s - time.perf_counter()))
    lived_s = time.perf_counter() - began_s
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert duration_s(path) > lived_s - 1.0 - 0.5  # half a second for a busy machine to encode in


def test_a_dead_encoder_never_holds_up_the_show(tmp_path: Path) -> None:
    said: list[str] = []
    recorder = Recorder(tmp_path / "t.mp4", RATE, lambda: 0.0, said.append)
    recorder._file.sound = lambda heard_s, samples: (_ for _ in ()).throw(OSError(28, "No space left"))  # type: ignore[method-assign]
    visual = np.zeros(6, np.float32)
    recorder.watch(Observation(0, 0.0, (), visual), picture(0))
    for index in range(400):
        recorder.play(Block(0, sound(index)), index * 0.25)
    recorder.close()
    assert recorder.failed and len(said) == 1


def test_a_recording_that_never_got_a_file_is_not_called_playable(tmp_path: Path) -> None:
    folder = tmp_path / "takes"
    said: list[str] = []
    recorder = Recorder(folder / "t.mp4", RATE, lambda: 0.0, said.append)
    (folder / "t.mp4").unlink()
    folder.rmdir()
    recorder.watch(Observation(0, 0.0, (), np.zeros(6, np.float32)), picture(0))
    recorder.close()
    assert len(said) == 1 and "has come to nothing" in said[0] and "playable" not in said[0]


def test_an_earlier_recording_is_left_alone_by_one_that_fails_before_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "t.mp4"
    path.write_bytes(b"an earlier evening")
    file = Mp4File(path, RATE)
    assert not file.abandon()
    assert path.read_bytes() == b"an earlier evening"


def test_a_name_with_a_colon_is_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    take(Path("20:15.mp4"), seconds=1)
    assert duration_s(tmp_path / "20:15.mp4") > 0.5


def test_where_it_cannot_be_written_it_is_said_at_once() -> None:
    with pytest.raises(SinkError, match="cannot be written"):
        Recorder(Path("/proc/no/t.mp4"), RATE, lambda: 0.0)


def test_pictures_wait_in_a_queue_of_a_second_at_most(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / "t.mp4", RATE, lambda: 0.0, lambda text: None)
    visual, image = np.zeros(6, np.float32), picture(0, 480, 640)
    for index in range(300):  # ten seconds at once: no encoder keeps up
        recorder.watch(Observation(index, index / 30, (), visual), image)
    assert recorder.dropped_frames > 100 and recorder._queue.qsize() <= 31
    recorder.close()
