"""``python -m export i3d``: published Kinetics weights as ONNX networks for extractor and stage."""

import argparse
from pathlib import Path

import torch

from configs.errors import ConfigError
from export.onnx import to_onnx
from models.i3d import I3D, I3DConfig, load_i3d

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
    for stream in CHANNELS:
        export_i3d(open_stream(stream, getattr(options, stream)), options.out / f"{stream}.onnx")
        print(f"{options.out / stream}.onnx: I3D, {CLIP_FRAMES} pictures of {SIDE} x {SIDE}.")


def open_stream(stream: str, weights: Path) -> I3D:
    """The network in ``weights``, when it is of ``stream``.

    Raises:
        NoverreError: weights that cannot be used, or those of the other stream.
    """
    network = load_i3d(weights)
    if network.config.channels != CHANNELS[stream]:
        raise ConfigError(
            f"{weights} takes {network.config.channels} channels, {stream} has {CHANNELS[stream]}; "
            "are --rgb and --flow exchanged?"
        )
    return network


def drawn_stream(stream: str) -> I3D:
    """A network of drawn weights, the same every time, whose features are lively: for tests."""
    network = I3D(I3DConfig(CHANNELS[stream])).eval()
    random = torch.Generator().manual_seed(CHANNELS[stream])
    for module in network.modules():
        if isinstance(module, torch.nn.Conv3d):
            module.weight.data.normal_(0.0, (2 / module.weight[0].numel()) ** 0.5, generator=random)
    return network


def export_i3d(network: I3D, path: Path, side: int = SIDE, frames: int = CLIP_FRAMES) -> None:
    """Write ``network`` for one clip ``[1, channels, frames, side, side]``."""
    clip = torch.zeros(1, network.config.channels, frames, side, side)
    to_onnx(network, {"clip": clip}, ["features"], path, batch=1)
