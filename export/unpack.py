"""``python -m export unpack``: a house bundle's networks as checkpoints again, to be taught further.

A bundle carries no encoder: the codec's is as it was born, and `python -m training codec` with `encoder_only`
teaches it the codes that the decoder knows.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import nn

from configs.bundle import load_bundle
from configs.errors import BundleError
from models.checkpoint import save_model
from models.codec import Codec, CodecConfig
from models.decoding import FeatureDecoder
from models.streaming import StreamingConfig, StreamingGenerator

Weights = dict[str, NDArray[Any]]
MOVES_NOTHING = ("Slice", "Identity", "Pad")
"""What may stand between a product and the sum with its bias."""


def main(arguments: list[str]) -> None:
    """Parse the command line and write both checkpoints.

    Raises:
        BundleError: the bundle is damaged, or of networks of other sizes.
    """
    parser = argparse.ArgumentParser(prog="python -m export unpack", description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder for codec_model.pt, house_model.pt")
    options = parser.parse_args(arguments)
    bundle = load_bundle(options.bundle)
    codec, generator = Codec(CodecConfig()), StreamingGenerator(StreamingConfig())
    fill(FeatureDecoder(codec), weights_of(bundle.decoder), bundle.decoder)
    fill(generator, weights_of(bundle.generator), bundle.generator)
    told = bundle.manifest.training
    steps, hours = told.get("codec_steps", 0), float(told.get("codec_hours", 0))
    options.out.mkdir(parents=True, exist_ok=True)
    save_model(options.out / "codec_model.pt", codec, steps=steps, trained_s=3600 * hours)
    save_model(options.out / "house_model.pt", generator)
    print(f"{options.out}: the networks of {options.bundle}; the codec's encoder is new")


def weights_of(path: Path) -> Weights:
    """All constants of a graph by name, unfolded; those of linear layers under the name of their bias."""
    graph = onnx.load(path).graph
    weights = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for name in [name for name in weights if name.endswith("_int8")]:
        whole = name.removesuffix("_int8")
        weights[whole] = weights[name].astype(np.float32) * weights[f"{whole}_scale"]
    makers = {name: node for node in graph.node for name in node.output}
    for node in graph.node:
        biases = [name for name in node.input if name.endswith(".bias")]
        if node.op_type != "Add" or not biases:
            continue
        (other,) = set(node.input) - set(biases)
        maker = makers.get(other)
        while maker is not None and maker.op_type in MOVES_NOTHING:
            maker = makers.get(maker.input[0])
        if maker is not None and maker.op_type == "MatMul":
            weights[biases[0].removesuffix("bias") + "weight"] = weights[maker.input[1]].T
    return weights


@torch.no_grad()
def fill(module: nn.Module, weights: Weights, path: Path) -> None:
    """Put a graph's constants where the module has parameters and buffers of their names.

    Raises:
        BundleError: naming the first that is missing or has another shape.
    """
    for name, value in module.state_dict().items():
        if name.endswith((".usage", ".sums")):
            continue  # of codebooks that still move: below
        found = weights.get(name)
        if found is None or found.shape != tuple(value.shape):
            shape = None if found is None else found.shape
            raise BundleError(f"{path} has {name} of shape {shape}, wanted {tuple(value.shape)}")
        value.copy_(torch.from_numpy(np.array(found)))
    if isinstance(module, FeatureDecoder):
        for level in range(len(module.quantiser.codebooks)):
            book = module.quantiser.book(level)
            book.usage.fill_(1.0)
            book.sums.copy_(book.vectors)
