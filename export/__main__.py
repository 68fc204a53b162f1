"""``python -m export COMMAND``: finds the command's module and runs it."""

import importlib
import sys

from configs.errors import NoverreError

COMMANDS = {
    "official": ("export.official", "the authors' checkpoints, or Jukebox's, as a bundle"),
    "house": ("export.house", "a trained codec and streaming generator as a bundle"),
    "trained": ("export.trained", "the paper's networks as taught here, as a bundle"),
    "i3d": ("export.i3d", "published I3D weights as networks for extractor and stage"),
}
"""Command -> (module with ``main(arguments)``, what it makes)."""


def main(arguments: list[str]) -> int:
    """Run one command; 2 when it cannot be done, with a sentence on standard error."""
    if not arguments or arguments[0] not in COMMANDS:
        print("usage: python -m export COMMAND ...", file=sys.stderr)
        for name, (_, makes) in COMMANDS.items():
            print(f"  {name:<10} {makes}", file=sys.stderr)
        return 2
    try:
        importlib.import_module(COMMANDS[arguments[0]][0]).main(arguments[1:])
    except NoverreError as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
