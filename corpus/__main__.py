"""``python -m corpus``: ``bank`` records sounds, ``build`` renders music, ``cases`` and ``windows`` write
what is examined, ``prepare`` cuts up dance videos.
"""

import argparse
import os
from pathlib import Path

from corpus.bank import DEFAULT_PATH
from corpus.build import build
from corpus.cases import add_command as add_cases
from corpus.plan import plan, read_seed
from corpus.prepare_command import add_command as add_prepare
from corpus.windows import add_command as add_windows


def main() -> None:
    """Read the arguments, do it, say what was done."""
    parser = argparse.ArgumentParser(prog="python -m corpus", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    bank = commands.add_parser("bank", help="record the sound bank from FluidSynth and samples")
    bank.add_argument("--out", type=Path, default=DEFAULT_PATH)
    builder = commands.add_parser("build", help="render the corpus")
    builder.add_argument("--out", type=Path, required=True)
    length = builder.add_mutually_exclusive_group()
    length.add_argument("--hours", type=float, default=10.0)
    length.add_argument("--minutes", type=float)
    builder.add_argument("--seed-file", type=Path, default=Path(__file__).parent / "seeds.yaml")
    builder.add_argument("--bank", type=Path, default=DEFAULT_PATH)
    builder.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    add_prepare(commands)
    add_cases(commands)
    add_windows(commands)
    arguments = parser.parse_args()
    if arguments.command in ("prepare", "cases", "windows"):
        arguments.run(arguments)
        return
    if arguments.command == "bank":
        from corpus.record import record_bank

        print(record_bank(arguments.out))
        return
    hours = arguments.hours if arguments.minutes is None else arguments.minutes / 60.0
    if not arguments.bank.exists():
        print(f"No sound bank at {arguments.bank}, so synthesis plays; `python -m corpus bank` makes one.")
    seed = read_seed(arguments.seed_file)
    index = build(arguments.out, plan(seed, hours), seed, arguments.bank, arguments.workers)
    amount = f"{len(index['takes'])} takes, {index['hours']:.2f} hours"
    print(f"{amount}, sounds of {index['bank']}, in {arguments.out}")


if __name__ == "__main__":
    main()
