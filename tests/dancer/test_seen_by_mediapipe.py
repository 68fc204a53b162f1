"""The real tracker takes the drawn figure for a person, where it stands, and finds its tempo."""

from pathlib import Path

import numpy as np
import pytest

from dancer import DancerConfig, VirtualDancer
from dancer.vocabulary import STYLES
from features.landmarks import torso_lengths
from tests.dancer.tempo_of_motion import tempo_bpm, tempo_error_bpm

MODEL = Path(__file__).parents[2] / "build" / "pose_landmarker_full.task"

pytestmark = [
    pytest.mark.pose,
    pytest.mark.skipif(not MODEL.exists(), reason=f"no pose model at {MODEL}: run 'make setup' first"),
]


def tracked(dancer: VirtualDancer, indices: range, video: bool, model: Path = MODEL) -> np.ndarray:
    """Landmarks ``[T, 33, 4]`` by MediaPipe, NaN where it finds nobody."""
    import mediapipe as mp
    from mediapipe.tasks.python import BaseOptions, vision

    mode = vision.RunningMode.VIDEO if video else vision.RunningMode.IMAGE
    options = vision.PoseLandmarkerOptions(BaseOptions(model_asset_path=str(model)), running_mode=mode)
    out = np.full((len(indices), 33, 4), np.nan, np.float32)
    with vision.PoseLandmarker.create_from_options(options) as tracker:
        for row, index in enumerate(indices):
            image = mp.Image(mp.ImageFormat.SRGB, np.ascontiguousarray(dancer.frame(index)[..., ::-1]))
            time_ms = round(dancer.time_of(index) * 1000)
            found = tracker.detect_for_video(image, time_ms) if video else tracker.detect(image)
            if found.pose_landmarks:
                out[row] = [(p.x, p.y, p.z, p.visibility) for p in found.pose_landmarks[0]]
    return out


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_found_in_single_pictures_and_where_it_is(style: str) -> None:
    dancer = VirtualDancer(DancerConfig(120, style, seed=STYLES.index(style) + 50))
    indices = range(0, 280, 35)
    seen = tracked(dancer, indices, video=False)
    exact = dancer.landmarks(np.array([dancer.time_of(i) for i in indices]))
    assert np.all(np.isfinite(seen))
    aspect = dancer.config.aspect
    error = np.linalg.norm((seen - exact)[:, 11:29, :2] * [aspect, 1], axis=-1)
    assert np.median(error) < 0.10 * np.median(torso_lengths(exact, aspect))


def test_the_tempo_comes_back_from_what_the_tracker_saw() -> None:
    """Ballet jazz, the smoothest of the ten; the others were checked by hand at four tempi each."""
    dancer = VirtualDancer(DancerConfig(96, "ballet_jazz", seed=21))
    seen = tracked(dancer, range(180), video=True)
    assert np.isfinite(seen[:, 0, 0]).mean() >= 0.99
    assert tempo_error_bpm(tempo_bpm(seen, dancer.config.aspect, 30), 96) <= 1
