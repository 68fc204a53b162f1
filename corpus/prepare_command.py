"""``python -m corpus prepare VIDEOS --out DATA``: poses by MediaPipe, pictures by I3D, a report."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from corpus.i3d import clip_features, dis_flow, open_network, tvl1_flow
from corpus.prepare import Options, PictureFeatures, PoseFinder, Report, prepare
from corpus.readers import FORMS
from corpus.video import Image
from features.landmarks import NUM_LANDMARKS
from features.visual import visual_features

Array = NDArray[np.float32]


def add_command(commands: Any) -> None:
    """Add ``prepare`` to the sub-commands of ``python -m corpus``; its ``run`` takes the parsed arguments."""
    command: argparse.ArgumentParser = commands.add_parser(
        "prepare", help="cut a folder of dance videos into training data in the paper's form"
    )
    command.add_argument("videos", type=Path)
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--form", choices=sorted(FORMS), default="tiktok", help="aist needs --smpl")
    command.add_argument("--seconds", type=int, default=2, help="length of a segment: 2, 3 or 4")
    command.add_argument("--test-share", type=float, default=0.1, help="share of the songs held out")
    command.add_argument("--seed", type=int, default=0, help="of the split")
    command.add_argument("--openpose", type=Path, metavar="DIR", help="DIR/NAME/*_keypoints.json, body 25")
    command.add_argument("--smpl", type=Path, metavar="DIR", help="DIR/NAME.npz, 60 frames a second")
    command.add_argument(
        "--pose-model", type=Path, metavar="TASK", help="MediaPipe's pose_landmarker .task file"
    )
    command.add_argument(
        "--i3d", type=Path, metavar="DIR", help="rgb.onnx and flow.onnx of python -m export i3d"
    )
    command.add_argument("--fast-flow", action="store_true", help="DIS in place of TV-L1: not as published")
    command.set_defaults(run=run_in_words)


def run_in_words(chosen: argparse.Namespace) -> None:
    """As :func:`run`, but a refusal ends the program with its sentence."""
    try:
        run(chosen)
    except (ValueError, OSError) as error:
        raise SystemExit(f"corpus prepare: {error}") from error


def run(chosen: argparse.Namespace) -> None:
    """Do it, and say what was made and what was left out."""
    options = Options(
        FORMS[chosen.form], chosen.seconds, chosen.test_share, chosen.seed, chosen.openpose, chosen.smpl
    )
    needs_poses = options.openpose is None and options.smpl is None
    if needs_poses and chosen.pose_model is None:
        raise ValueError("name MediaPipe's pose model (--pose-model), or motion files (--openpose, --smpl)")
    features = picture_features(chosen.i3d, chosen.fast_flow)
    if chosen.i3d is None:
        print("No --i3d: each segment's visual feature is six means of light and colour, not I3D's 2,048.")
    tell(
        prepare(chosen.videos, chosen.out, options, mediapipe_finder(chosen.pose_model), features, print),
        chosen.out,
    )


def tell(report: Report, out: Path) -> None:
    """Say what was made and what was left out."""
    print(f"{report.train} segments to train on, {report.test} to test on, in {out}")
    if report.skipped:
        print(f"{len(report.skipped)} left out, all named in {out / 'skipped.txt'}; the first:")
        for item in report.skipped[:5]:
            print(f"  {item.name}: {item.reason}")


def picture_features(networks: Path | None, fast_flow: bool) -> PictureFeatures:
    """I3D with the exported networks in a folder, or, without one, six means of light and colour."""
    if networks is None:
        return lambda pictures: np.mean([visual_features(picture) for picture in pictures], axis=0)
    colour, movement = open_network(networks / "rgb.onnx"), open_network(networks / "flow.onnx")
    flow = dis_flow() if fast_flow else tvl1_flow()
    return lambda pictures: clip_features(pictures, colour, movement, flow)


def mediapipe_finder(model: Path | None) -> Callable[[], PoseFinder]:
    """Makes a pose finder for each video: MediaPipe's landmarker in video mode, one person."""

    def make() -> PoseFinder:
        if model is None or not model.is_file():
            raise ValueError(f"the pose model {model} is not there: run make setup")
        import mediapipe as mp
        from mediapipe.tasks.python import BaseOptions, vision

        options = vision.PoseLandmarkerOptions(
            base_options=BaseOptions(model_asset_path=str(model)), running_mode=vision.RunningMode.VIDEO
        )
        landmarker = vision.PoseLandmarker.create_from_options(options)

        def find(time_s: float, image: Image) -> Array:
            picture = mp.Image(image_format=mp.ImageFormat.SRGB, data=np.ascontiguousarray(image[..., ::-1]))
            poses = landmarker.detect_for_video(picture, round(time_s * 1000)).pose_landmarks
            if not poses:
                return np.full((NUM_LANDMARKS, 4), np.nan, np.float32)
            return np.array([(point.x, point.y, point.z, point.visibility) for point in poses[0]], np.float32)

        return find

    return make
