"""``python -m export triton``: a model repository for NVIDIA Triton, ONNX Runtime backend, from a bundle.

One model a bundle, the whole hop in one graph: ``NAME/config.pbtxt`` and ``NAME/1/model.onnx``.
"""

import argparse
from pathlib import Path
from typing import Any

from configs.bundle import Manifest, load_bundle
from realtime.backend.hop_graph import hop_model

TYPES = {"float32": "TYPE_FP32", "int64": "TYPE_INT64"}
LARGEST_BATCH = 1024
QUEUE_DELAY_MICROSECONDS = 2000
"""How long Triton may wait for other performers' hops to share a batch: little beside a hop of 250 ms."""


def main(arguments: list[str]) -> None:
    """Parse the command line and write.

    Raises:
        NoverreError: a bundle that cannot be read, or no onnx package.
    """
    parser = argparse.ArgumentParser(prog="python -m export triton", description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the repository's folder")
    parser.add_argument("--precision", choices=("fp32", "fp16"), default="fp32", help="of products")
    parser.add_argument("--device", choices=("gpu", "cpu"), default="gpu")
    options = parser.parse_args(arguments)
    bundle = load_bundle(options.bundle)
    model = hop_model(bundle, options.precision)
    folder = write_repository(model, bundle.manifest, options.out, options.device)
    print(f"{folder}: start the server with tritonserver --model-repository={options.out}")


def write_repository(model: Any, manifest: Manifest, out: Path, device: str) -> Path:
    """Write ``model``, the bundle's hop, below ``out``; returns the model's folder."""
    folder = out / manifest.name
    (folder / "1").mkdir(parents=True, exist_ok=True)
    (folder / "1" / "model.onnx").write_bytes(model.SerializeToString())
    outputs = {value.name: sizes_of(value) for value in model.graph.output}
    (folder / "config.pbtxt").write_text(config_text(manifest, outputs, device), encoding="utf-8")
    return folder


def sizes_of(value: Any) -> list[int]:
    """The sizes of a graph's output, batch left out."""
    return [dim.dim_value for dim in value.type.tensor_type.shape.dim][1:]


def config_text(manifest: Manifest, outputs: dict[str, list[int]], device: str) -> str:
    """``config.pbtxt``: inputs as the manifest has them, batches made of several performers' hops."""
    inputs = [entry(t.name, TYPES[t.dtype], [int(size) for size in t.shape[1:]]) for t in manifest.inputs]
    kinds = {"codes": "TYPE_INT64", "samples": "TYPE_FP32"}
    answers = [entry(name, kinds[name], sizes) for name, sizes in outputs.items()]
    kind = "KIND_GPU" if device == "gpu" else "KIND_CPU"
    return "\n".join(
        [
            f'name: "{manifest.name}"',
            'backend: "onnxruntime"',
            f"max_batch_size: {LARGEST_BATCH}",
            f"input [\n{','.join(inputs)}\n]",
            f"output [\n{','.join(answers)}\n]",
            f"instance_group [ {{ kind: {kind}, count: 1 }} ]",
            f"dynamic_batching {{ max_queue_delay_microseconds: {QUEUE_DELAY_MICROSECONDS} }}",
            "",
        ]
    )


def entry(name: str, kind: str, sizes: list[int]) -> str:
    """One input or output; Triton adds the batch itself."""
    return f'  {{ name: "{name}", data_type: {kind}, dims: {sizes} }}'
