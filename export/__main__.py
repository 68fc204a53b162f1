"""``python -m export COMMAND``: finds the command's module and runs it."""

import sys

from configs.errors import NoverreError
from configs.extras import load

COMMANDS = {
    "official": ("export.official", "the authors' checkpoints, or Jukebox's, as a bundle"),
    "house": ("export.house", "a trained codec and streaming generator as a bundle"),
    "trained": ("export.trained", "the paper's networks as taught here, as a bundle"),
    "reconstruct": ("export.reconstruct", "a codec's copies of a folder of sounds"),
    "i3d": ("export.i3d", "published I3D weights as networks for extractor and stage"),
    "unpack": ("export.unpack", "a house bundle's networks as checkpoints, to be taught further"),
    "trim": ("export.trim", "a house bundle, so that its graphs compute only what is heard"),
    "onnx": ("realtime.backend.ahead", "a bundle's whole hop as one graph, in any precision"),
    "tensorrt": ("realtime.backend.ahead", "engines for cards that are not here, built ahead of time"),
    "verify": ("realtime.backend.verify", "every engine of this machine against ONNX Runtime"),
    "bench": ("realtime.backend.bench", "every engine's hop, timed beside eager torch"),
    "triton": ("realtime.backend.repository", "a model repository for NVIDIA Triton"),
}
"""Command -> (module with ``main(arguments)``, what it makes).

The last five run engines, so they live beside the engines; they are only found here. Nothing in ``export``
imports the stage.
"""


SHARED = {"onnx", "tensorrt"}
"""Two commands of one module, which is told which of them it is."""


def main(arguments: list[str]) -> int:
    """Run one command; 2 when it cannot be done, with a sentence on standard error."""
    if not arguments or arguments[0] not in COMMANDS:
        print("usage: python -m export COMMAND ...", file=sys.stderr)
        for name, (_, makes) in COMMANDS.items():
            print(f"  {name:<10} {makes}", file=sys.stderr)
        return 2
    try:
        module = load(COMMANDS[arguments[0]][0])
        module.main(arguments if arguments[0] in SHARED else arguments[1:])
    except NoverreError as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
