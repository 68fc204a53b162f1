"""``python -m training COMMAND --config configs/training/house.yaml``; the commands are in commands.py."""

import sys
from collections.abc import Sequence

from configs.errors import NoverreError
from configs.extras import load


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; 2 and a sentence when it cannot be done."""
    try:
        return int(load("training.commands").main(arguments))
    except NoverreError as error:
        print(f"training: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
