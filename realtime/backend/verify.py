"""``python -m export verify``: does every engine of this machine say what ONNX Runtime says of a bundle?"""

import argparse
from pathlib import Path

from configs.bundle import Bundle, load_bundle
from configs.errors import BackendError
from realtime.backend.gate import Verdict, pass_gate
from realtime.backend.inventory import Opener, engines
from realtime.backend.windows import recorded_windows


def main(arguments: list[str]) -> None:
    """Compare and print, engine by engine.

    Raises:
        BackendError: an engine is refused; all are tried first.
    """
    parser = argparse.ArgumentParser(prog="python -m export verify", description=__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    parser.add_argument("--windows", type=int, default=4, help="windows of a danced piece to compare on")
    options = parser.parse_args(arguments)
    bundle = load_bundle(options.bundle)
    refused = []
    for name, found in verdicts(bundle, engines(bundle), options.windows).items():
        print(f"{name}: {found if isinstance(found, Verdict) else f'REFUSED: {found}'}")
        if isinstance(found, BackendError):
            refused.append(name)
    if refused:
        raise BackendError(f"{len(refused)} of the engines refused: {', '.join(refused)}")


def verdicts(bundle: Bundle, openers: dict[str, Opener], count: int) -> dict[str, Verdict | BackendError]:
    """The gate's word on every engine but the first, which is the reference."""
    (_, first), *others = openers.items()
    reference, windows = first(), recorded_windows(bundle.manifest, count)
    found: dict[str, Verdict | BackendError] = {}
    for name, opener in others:
        try:
            found[name] = pass_gate(opener(), reference, windows)
        except BackendError as error:
            found[name] = error
    return found
