"""A torch module becomes one ONNX file: weight norm folded, static sizes, batch free. Knows no bundle."""

import logging
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from models.layers import fold_weight_norm

OPSET = 20
PRODUCER = f"torch {torch.__version__.split('+')[0]} (torch.export)"
BATCH = "B"

# It warns at every export that torchvision, which nothing here uses, is absent.
logging.getLogger("torch.onnx._internal.exporter._registration").setLevel(logging.ERROR)


def to_onnx(
    module: nn.Module,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
    path: Path,
    *,
    batch: int | None = None,
) -> None:
    """Write ``module`` as ``path``.

    Args:
        module: called with ``inputs`` as keywords; it is not changed.
        inputs: an example of each input, batch first, two rows or more; their other sizes become fixed.
        outputs: names for what the module returns, in order.
        path: file to write; weights are inside it.
        batch: a fixed batch; None leaves it free.

    Raises:
        ValueError: an example has fewer than two rows while the batch is free.
    """
    if batch is None and any(len(example) < 2 for example in inputs.values()):
        raise ValueError("A free batch needs examples of two rows or more; give two, or fix the batch.")
    examples = {name: example if batch is None else example[:batch] for name, example in inputs.items()}
    free = {0: torch.export.Dim(BATCH, min=1, max=4096)}
    plain = fold_weight_norm(module).eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's notices say nothing to a user
        torch.onnx.export(
            plain,
            kwargs=examples,
            f=path,
            input_names=list(examples),
            output_names=list(outputs),
            opset_version=OPSET,
            dynamo=True,
            verbose=False,
            external_data=False,
            dynamic_shapes=None if batch else {name: free for name in examples},
        )
    forget_origin(path)
    onnx.checker.check_model(path)


def forget_origin(path: Path) -> None:
    """Take out what the exporter notes of our sources: paths of the machine that exported, line by line."""
    model = onnx.load(path)
    graph = model.graph
    for noted in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        del noted.metadata_props[:]
    del graph.value_info[:]
    onnx.save(model, path)
