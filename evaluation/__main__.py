"""``python -m evaluation score | alignment | steering | latency | listen | mos | house | paper | losses``.

Files in, Markdown on the screen, JSON and PNG where asked. A refusal is one sentence and exit status 2.
"""

import argparse
import sys
from pathlib import Path

from configs.errors import NoverreError
from configs.extras import load
from configs.genres import GENRES


def main(arguments: list[str] | None = None) -> int:
    """Run one command; the process's exit status."""
    chosen = parser().parse_args(arguments)
    try:
        getattr(load("evaluation.commands"), chosen.command)(chosen)
    except (ValueError, OSError, NoverreError) as error:
        print(f"evaluation {chosen.command}: {error}", file=sys.stderr)
        return 2
    return 0


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(prog="python -m evaluation", description="Scores, tables and plots.")
    commands_ = top.add_subparsers(dest="command", required=True)

    score = commands_.add_parser("score", help="score folders of generated sounds against a reference folder")
    score.add_argument("--reference", type=Path, required=True, help="folder of original clips")
    score.add_argument(
        "--generated", action="append", required=True, metavar="[NAME=]DIR", help="may be given several times"
    )
    score.add_argument("--database", type=Path, help="originals for genre retrieval (default: the reference)")
    score.add_argument("--vggish", type=Path, help="VGGish weights, published PyTorch layout")
    score.add_argument("--compare", action="append", default=[], help="published table to put ours beside")
    score.add_argument("--plots", type=Path, metavar="DIR", help="write a spectrogram sheet and bars here")
    _json(score)

    for name, text in (
        ("alignment", "audible beats against the dancer's"),
        ("steering", "from a change of movement to a change of sound"),
    ):
        command = commands_.add_parser(name, help=text)
        command.add_argument("--trace", type=Path, required=True)
        command.add_argument(
            "--audio", type=Path, required=True, help="the show's sound, from its first sample"
        )
        command.add_argument("--plots", type=Path, metavar="DIR")
        _json(command)

    latency = commands_.add_parser("latency", help="where the milliseconds go")
    latency.add_argument("--trace", type=Path, required=True)
    latency.add_argument("--plots", type=Path, metavar="DIR")
    _json(latency)

    house = commands_.add_parser("house", help="examine a house bundle on cases of `python -m corpus cases`")
    house.add_argument("--bundle", type=Path, required=True)
    house.add_argument("--corpus", type=Path, required=True, help="folder of cases")
    house.add_argument("--vggish", type=Path, help="VGGish weights, published PyTorch layout")
    house.add_argument(
        "--long", nargs="*", default=list(GENRES), metavar="STYLE", help="played five minutes each"
    )
    house.add_argument("--plots", type=Path, metavar="DIR")
    _json(house)

    paper = commands_.add_parser(
        "paper", help="the paper's tables on windows of `python -m corpus windows`, ours beside the published"
    )
    paper.add_argument("--windows", type=Path, required=True, help="folder of windows")
    paper.add_argument(
        "--bundle", action="append", default=[], metavar="NAME=DIR", help="house or paper; several times"
    )
    paper.add_argument(
        "--folder", action="append", default=[], metavar="NAME=DIR", help="sounds made elsewhere: a codec's"
    )
    paper.add_argument("--vggish", type=Path, help="VGGish weights, published PyTorch layout")
    paper.add_argument("--out", type=Path, required=True, help="for table.md, table.json and the plots")
    paper.add_argument("--page", type=Path, help="a page whose <!-- table --> is written anew")

    losses = commands_.add_parser("losses", help="where every term of a training began and ended")
    losses.add_argument("--log", action="append", required=True, metavar="NAME=scalars.jsonl")
    losses.add_argument("--plots", type=Path, metavar="DIR", help="write losses.png here")
    losses.add_argument("--page", type=Path, help="a page whose <!-- losses --> is written anew")
    _json(losses)

    listen = commands_.add_parser("listen", help="build a blinded listening test as a static page")
    listen.add_argument("--clips", action="append", required=True, metavar="SYSTEM=DIR")
    listen.add_argument("--study", choices=("coherence", "quality"), required=True)
    listen.add_argument("--out", type=Path, required=True)
    listen.add_argument("--seed", type=int, default=0)

    mos = commands_.add_parser(
        "mos", help="mean opinion scores and 95 %% intervals from listeners' CSV files"
    )
    mos.add_argument("csv", type=Path, nargs="+")
    mos.add_argument(
        "--key", type=Path, help="key.json of the test (default: beside the first CSV, if there)"
    )
    _json(mos)
    return top


def _json(command: argparse.ArgumentParser) -> None:
    command.add_argument("--json", type=Path, metavar="OUT", help="write the numbers here as well")


if __name__ == "__main__":
    sys.exit(main())
