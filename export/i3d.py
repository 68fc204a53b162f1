"""``python -m export i3d``: published Kinetics weights as ONNX networks for extractor and stage."""

import argparse
from pathlib import Path

import torch

from configs.errors import ConfigError
from export.onnx import to_onnx
from models.i3d import I3D, load_i3d

CLIP_FRAMES, SIDE = 64, 224
CHANNELS = {"rgb": 3, "flow": 2}


def main(arguments: list[str]) -> None:
    """Parse the command line and export.

    Raises:
        NoverreError: weights that cannot be used, or those of the other stream.
    """
    parser = argparse.ArgumentParser(prog="python -m export i3d", description=__doc__)
    parser.add_argument("--rgb", type=Path, required=True, help="rgb_imagenet.pt")
    parser.add_argument("--flow", type=Path, required=True, help="flow_imagenet.pt")
    parser.add_argument("--out", type=Path, required=True, help="folder for rgb.onnx and flow.onnx")
    options = parser.parse_args(arguments)
    for stream, channels in CHANNELS.items():
        weights = getattr(options, stream)
        network = load_i3d(weights)
        if network.config.channels != channels:
            raise ConfigError(
                f"--{stream} {weights} takes {network.config.channels} channels, {stream} has {channels}; "
                "are --rgb and --flow exchanged?"
            )
        export_i3d(network, options.out / f"{stream}.onnx")
        print(f"{options.out / stream}.onnx: I3D, {CLIP_FRAMES} pictures of {SIDE} x {SIDE}.")


def export_i3d(network: I3D, path: Path, side: int = SIDE) -> None:
    """Write ``network`` for one clip ``[1, channels, 64, side, side]``."""
    clip = torch.zeros(1, network.config.channels, CLIP_FRAMES, side, side)
    to_onnx(network, {"clip": clip}, ["features"], path, batch=1)
