"""``python -m export trim``: a house bundle computes only what is heard, and what that depends on.

Of the generator the decoder is given block, reserve and its own context; of the decoder block and reserve
are played. From there the graph is walked back (export/reach.py): each node computes the times that those
behind it read, more the deeper it lies. What is heard is the same; elsewhere the output is zero. Every
changed node keeps what it was in its metadata, so that the whole window can be computed again: the baseline
of all benchmarks does (realtime/backend/eager.py).
"""

import argparse
from pathlib import Path

import onnx

from configs.bundle import WHOLE, Manifest, load_bundle, sha256, write_manifest
from configs.errors import BundleError
from export.reach import Reach, Span, shortened
from export.shorten import Writer


def main(arguments: list[str]) -> None:
    """Trim a bundle's graphs in place, and say so in its manifest.

    Raises:
        BundleError: the bundle is damaged, or its graphs cannot be trimmed.
    """
    parser = argparse.ArgumentParser(prog="python -m export trim", description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    bundle = load_bundle(parser.parse_args(arguments).bundle)
    said = trim_bundle(bundle.generator, bundle.decoder, bundle.manifest)
    files = {path.name: sha256(path) for path in (bundle.generator, bundle.decoder)}
    changed = bundle.manifest.model_copy(update={"files": {**bundle.manifest.files, **files}})
    write_manifest(bundle.folder, changed)
    print(f"{bundle.folder}: {said}")


def trim_bundle(generator: Path, decoder: Path, manifest: Manifest) -> str:
    """Rewrite both graphs; what was done, in a sentence.

    Raises:
        BundleError: they are trimmed already, or what is heard depends on everything.
    """
    layout, context = manifest.layout, manifest.decoder_context_codes
    first = layout.past - context
    counts = (
        trim(generator, "features", slice(first, first + manifest.decoder_codes)),
        trim(decoder, "samples", slice(context, context + layout.block + layout.reserve)),
    )
    return "{} nodes of the generator and {} of the decoder compute only what is heard.".format(*counts)


def trim(path: Path, output: str, heard: slice) -> int:
    """Rewrite the graph at ``path`` so that it computes the ``heard`` codes of an ``output``.

    Returns:
        How many nodes compute less than before.

    Raises:
        BundleError: the graph is trimmed already, or all its nodes need the whole window.
    """
    model = onnx.load(path)
    graph, nodes = model.graph, list(model.graph.node)
    if any(one.key.startswith(WHOLE) for node in nodes for one in node.metadata_props):
        raise BundleError(f"{path} is trimmed already")
    maker = next(node for node in nodes if output in node.output)
    rows = maker.op_type == "Reshape"  # of samples, one a code
    target, axis = (maker.input[0], 1) if rows else (output, 2)
    reach, span = Reach(model), Span(axis, heard.start, heard.stop)
    if len(reach.shape(target)) != 3:
        raise BundleError(f"{path}: {output!r} is not made code by code: leave it whole")
    kept = {value.name for value in graph.output} - {output}
    writer = Writer(reach, shortened(nodes, kept, reach, target, span), target)
    for node in nodes:
        writer.take(node)
    if writer.count == 0:
        raise BundleError(f"{path}: what is heard depends on all of the window: leave it whole")
    writer.into(graph)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return writer.count
