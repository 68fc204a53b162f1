"""Video files with accidents: each plays as far as it goes or is refused in a sentence, none crashes.

OpenCV decodes in C: a crash there would end the test run itself, and so be noticed.
"""

import tempfile
from pathlib import Path

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from configs.errors import SourceError
from realtime.sources import FileSource
from tests.fuzz.mutate import budget, changed_bytes

FOLDER = Path(tempfile.mkdtemp(prefix="noverre-fuzz-"))


def film(name: str, codec: str) -> bytes:
    path = FOLDER / name
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 30, (64, 48))
    generator = np.random.default_rng(0)
    for _ in range(6):
        writer.write(generator.integers(0, 255, (48, 64, 3), np.uint8))
    writer.release()
    return path.read_bytes()


FILMS = {".avi": film("a.avi", "MJPG"), ".mp4": film("a.mp4", "mp4v"), ".mkv": film("a.mkv", "MJPG")}


@given(data=st.data())
@budget(40)
def test_films_with_accidents(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(sorted(FILMS)))
    path = FOLDER / f"b{kind}"
    path.write_bytes(data.draw(changed_bytes(FILMS[kind])))
    try:
        source = FileSource(str(path), say=lambda text: None)
        last_s = -1.0
        for count, frame in enumerate(source.frames()):
            assert frame.image.ndim == 3 and frame.image.dtype == np.uint8
            assert frame.time_s > last_s
            last_s = frame.time_s
            if count > 100:
                break
        source.close()
    except SourceError as error:
        assert str(path) in str(error)
