"""``python -m export trained``: the paper's networks as taught here, as a bundle the stage can perform."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from configs.errors import ConfigError
from export.official import LICENCE, export_bundle
from models.checkpoint import unpacked
from models.paper import PaperModel
from models.vqvae import VQVAE
from models.weights_file import read_weights_file


def main(arguments: list[str]) -> None:
    """Parse the command line and export.

    Raises:
        NoverreError: checkpoints that cannot be used, or graphs that differ from them.
    """
    parser = argparse.ArgumentParser(prog="python -m export trained", description=__doc__)
    parser.add_argument("--generator", type=Path, required=True, help="d2m.pt of python -m training d2m")
    parser.add_argument("--codec", type=Path, required=True, help="vqvae.pt, or finetune.pt")
    parser.add_argument("--out", type=Path, required=True, help="folder of the bundle")
    parser.add_argument("--name", help="name in the manifest; the folder's by default")
    parser.add_argument("--licence", default=LICENCE)
    options = parser.parse_args(arguments)
    run = trained(options.generator, "d2m")
    model, codec = unpacked(run["model"], options.generator), open_codec(options.codec)
    assert isinstance(model, PaperModel)
    data = run.get("data", {})
    export_bundle(
        model,
        codec,
        str(data.get("kind", "unknown")),
        options.out,
        name=options.name or options.out.name,
        licence=options.licence,
        motion_features=tuple(data.get("motion_features", ())),
        visual_features=tuple(data.get("visual_features", ())),
        steps=int(run["step"]),
    )
    print(f"{options.out}: the paper's network after {run['step']} steps, equal to torch.")


def trained(path: Path, *kinds: str) -> Mapping[str, Any]:
    """The checkpoint at ``path``, when it is of one of ``kinds``.

    Raises:
        ConfigError: it is of another kind.
    """
    content = read_weights_file(path)
    kind = content.get("kind") if isinstance(content, Mapping) else None
    if not isinstance(content, Mapping) or kind not in kinds:
        raise ConfigError(f"{path} is a checkpoint of {kind!r}; expected one of {', '.join(kinds)}")
    return content


def open_codec(path: Path) -> VQVAE:
    """The codec in a checkpoint of ``vqvae`` or ``finetune``.

    Raises:
        NoverreError: it is of another kind, or damaged.
    """
    codec = unpacked(trained(path, "vqvae", "finetune")["model"], path)
    assert isinstance(codec, VQVAE)
    return codec.eval()
