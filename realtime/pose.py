"""Finds people in frames with MediaPipe's pose landmarker. Knows nothing of cameras or music."""

import contextlib
import time
from pathlib import Path

import numpy as np

from configs.errors import BackendError
from realtime.quiet import quiet_stderr
from realtime.types import Frame, Landmarks, Points


class PoseTracker:
    """MediaPipe Pose on a sequence of frames, one process, one core.

    Frames must come in order of time; the tracker follows people from frame to frame.

    Raises:
        BackendError: the model is missing, or is none.
    """

    def __init__(self, model: Path, people: int = 1, confidence: float = 0.5) -> None:
        if not model.is_file():
            raise BackendError(f"the pose model {str(model)!r} is not there: run make setup")
        import mediapipe as mp
        from mediapipe.tasks.python import BaseOptions, vision

        self._mp = mp
        options = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model)),
            running_mode=vision.RunningMode.VIDEO,
            num_poses=people,
            min_pose_detection_confidence=confidence,
            min_pose_presence_confidence=confidence,
            min_tracking_confidence=confidence,
        )
        with quiet_stderr():  # TensorFlow Lite greets everyone, again on the first picture and person
            try:
                self._landmarker = vision.PoseLandmarker.create_from_options(options)
            except (RuntimeError, ValueError, OSError) as error:
                raise BackendError(
                    f"pose.model = {str(model)!r} is no pose model ({error}): run make setup"
                ) from error
            black = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.zeros((256, 256, 3), np.uint8))
            self._landmarker.detect_for_video(black, 0)
        self._last_ms = 0
        self._greeted = False
        self.compute_ms = 0.0

    def track(self, frame: Frame) -> tuple[Landmarks, ...]:
        """The people in ``frame``, each with pose ``[33, 4]``; empty if nobody is there."""
        began = time.perf_counter()
        stamp_ms = max(self._last_ms + 1, round(frame.time_s * 1000))
        self._last_ms = stamp_ms
        rgb = np.ascontiguousarray(frame.image[..., ::-1])
        image = self._mp.Image(image_format=self._mp.ImageFormat.SRGB, data=rgb)
        with contextlib.nullcontext() if self._greeted else quiet_stderr():
            result = self._landmarker.detect_for_video(image, stamp_ms)
        self._greeted = self._greeted or bool(result.pose_landmarks)
        aspect = frame.image.shape[1] / frame.image.shape[0]
        people = tuple(
            Landmarks(frame.time_s, _points(pose), aspect, person)
            for person, pose in enumerate(result.pose_landmarks)
        )
        self.compute_ms = (time.perf_counter() - began) * 1000
        return people

    def close(self) -> None:
        """Give the model's memory back."""
        self._landmarker.close()


def _points(pose: list) -> Points:  # type: ignore[type-arg]
    return np.array([(p.x, p.y, p.z, p.visibility) for p in pose], np.float32)
