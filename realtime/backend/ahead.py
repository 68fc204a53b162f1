"""``python -m export onnx | tensorrt``: a bundle's hop made ready before the show, on any machine."""

import argparse
from pathlib import Path

from configs.bundle import load_bundle
from realtime.backend.engine_cache import cache_folder, write_engine
from realtime.backend.hop_graph import hop_model
from realtime.backend.tensorrt import key_for
from realtime.backend.tensorrt_build import Batch, build_engine, tensorrt_module


def main(arguments: list[str]) -> None:
    """Run the command named first.

    Raises:
        NoverreError: a bundle that cannot be read, a package that is missing, a graph that is refused.
    """
    command, rest = arguments[0], arguments[1:]
    parser = argparse.ArgumentParser(prog=f"python -m export {command}", description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--precision", choices=("fp32", "fp16", "bf16"), default="fp16", help="of products")
    if command == "onnx":
        parser.add_argument("--out", type=Path, required=True, help="the graph's file")
        options = parser.parse_args(rest)
        return write_graph(options.bundle, options.precision, options.out)
    parser.add_argument("--for", dest="target", default="portable", help="SM75, SM86, SM89, SM120; portable")
    parser.add_argument("--performers", type=int, default=Batch().largest, help="most in one call")
    parser.add_argument("--out", type=Path, default=None, help="folder; the engine cache by default")
    options = parser.parse_args(rest)
    batch = Batch(largest=options.performers)
    return write_plan(options.bundle, options.precision, options.target, batch, options.out or cache_folder())


def write_graph(folder: Path, precision: str, out: Path) -> None:
    """The hop as one ONNX file."""
    model = hop_model(load_bundle(folder), precision)  # type: ignore[arg-type]
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(model.SerializeToString())
    print(f"{out}: inputs to codes and played samples, {len(model.graph.node)} nodes, {precision} products.")


def write_plan(folder: Path, precision: str, target: str, batch: Batch, out: Path) -> None:
    """An engine of TensorRT for RTX where a machine with that card will look for it."""
    trt = tensorrt_module("tensorrt_rtx")
    model = hop_model(load_bundle(folder), precision)  # type: ignore[arg-type]
    content = model.SerializeToString(deterministic=True)
    plan = build_engine(trt, model, batch, () if target == "portable" else (target,))
    path = write_engine(out, key_for(trt, None, target, precision, batch, content), plan)
    print(f"{path}: {len(plan) / 1e6:.1f} MB for {target}, {precision}, 1 to {batch.largest} performers.")
