"""Motion as the paper's networks read it, from what people have: MediaPipe, OpenPose files, SMPL files.

Knows nothing of videos or splits. All take and give plain arrays; frames without a person are NaN.
"""

import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from features.body25 import BODY_25, body_25

Array = NDArray[np.float32]

__all__ = ["BODY_25", "body_25", "fill_gaps", "read_openpose", "read_smpl"]


def read_openpose(folder: Path) -> Array:
    """OpenPose's ``*_keypoints.json`` of one video by name, the surest person in each: ``[T, 25, 3]``."""
    files = sorted(folder.glob("*_keypoints.json"))
    if not files:
        raise ValueError(f"{folder} holds no *_keypoints.json")
    frames = np.full((len(files), BODY_25, 3), np.nan, np.float32)
    for index, path in enumerate(files):
        try:
            people = [
                np.array(one["pose_keypoints_2d"], np.float32)
                for one in json.loads(path.read_text())["people"]
            ]
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is no OpenPose file: {error}") from error
        if any(person.size != 3 * BODY_25 for person in people):
            raise ValueError(f"{path} holds no body-25 joints; run OpenPose with --model_pose BODY_25")
        if people:
            frames[index] = max(
                (person.reshape(BODY_25, 3) for person in people), key=lambda one: one[:, 2].sum()
            )
    return frames


def read_smpl(path: Path) -> Array:
    """SMPL motion ``[T, 219]`` from an ``.npz``: 24 rotation matrices, then the translation in body units.

    The file holds ``smpl_poses`` [T, 72] axis-angle, ``smpl_trans`` [T, 3] and, optionally,
    ``smpl_scaling``. AIST++ publishes pickles, which can hold code: convert them once with
    ``numpy.savez(out, **pickle.load(...))`` where you trust their source.
    """
    if path.suffix != ".npz":
        raise ValueError(
            f"{path} is no .npz; pickles are not read, for they can hold code (see corpus/motion_forms.py)"
        )
    with np.load(path, allow_pickle=False) as arrays:
        missing = [name for name in ("smpl_poses", "smpl_trans") if name not in arrays]
        if missing:
            raise ValueError(f"{path} lacks {missing[0]!r}")
        poses, shift = np.asarray(arrays["smpl_poses"]), np.asarray(arrays["smpl_trans"])
        scaling = float(np.ravel(arrays["smpl_scaling"])[0]) if "smpl_scaling" in arrays else 1.0
    if poses.ndim != 2 or poses.shape[1] != 72 or shift.shape != (len(poses), 3) or scaling <= 0:
        raise ValueError(
            f"{path}: poses {poses.shape}, translation {shift.shape}, scaling {scaling} are no SMPL motion"
        )
    turns = Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix().reshape(len(poses), 216)
    return np.concatenate([turns, shift / scaling], axis=1).astype(np.float32)


def fill_gaps(frames: Array, most_missing: float) -> Array:
    """Frames ``[T, ...]`` whose NaN rows are interpolated in time, the ends held.

    Raises:
        ValueError: more than the given share of the frames is missing.
    """
    flat = frames.reshape(len(frames), -1)
    seen = np.asarray(np.isfinite(flat).all(axis=1))
    share = 1 - float(seen.mean()) if len(flat) else 1.0
    if share > most_missing or not seen.any():
        raise ValueError(f"nobody is seen in {share:.0%} of its frames")
    times = np.arange(len(flat))
    columns = [np.interp(times, times[seen], flat[seen, column]) for column in range(flat.shape[1])]
    return np.stack(columns, axis=1).reshape(frames.shape).astype(np.float32)
