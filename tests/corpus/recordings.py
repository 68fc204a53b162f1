"""Drawn dances as if somebody had recorded them, for tests."""

from pathlib import Path

import numpy as np

from dancer import DancerConfig, Drifting, VirtualDancer
from dancer.motion_files import Motion
from dancer.skeleton import JOINT, JOINTS

FPS = 60


def recording(style: str = "house", bpm: float = 112, seconds: float = 24.0) -> tuple[Motion, np.ndarray]:
    """A dance that drifts, as if recorded, and where its beats are."""
    config = DancerConfig(
        bpm=bpm, style=style, seed=5, seconds=seconds, tempo=Drifting(0.05, 10.0), energy=0.8
    )
    dancer = VirtualDancer(config)
    joints = dancer.joints(np.arange(round(seconds * FPS)) / FPS)
    named = {name: joints[:, JOINT[name]] for name in JOINTS if name not in ("crown", "nose")}
    return Motion(style, named, FPS), dancer.truth.beat_times_s


def write_recording(path: Path, motion: Motion) -> None:
    """As an ``.npz`` that dancer/motion_files.py reads."""
    path.parent.mkdir(parents=True, exist_ok=True)
    joints = np.stack(list(motion.joints.values()), 1)
    np.savez(path, joints=joints, names=list(motion.joints), fps=motion.fps)
