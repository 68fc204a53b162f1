"""The command: ``python -m realtime.soak --minutes 60``; ``make soak LIVE="--strikes 20"``.

A loopback camera or a film, real pose tracking, PulseAudio's null sink, OSC, listeners over WebRTC, a
recording and a trace. Ends with 0 if every bound was kept, else with 1.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from configs.errors import NoverreError
from configs.report import write_section
from realtime.chaos import FAULTS
from realtime.soak.bounds import passed
from realtime.soak.plan import Plan
from realtime.soak.report import report
from realtime.soak.soak import Soak
from realtime.soak.verdict import judge


def options_of(arguments: list[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m realtime.soak", description=__doc__)
    add = parser.add_argument
    names = ", ".join(fault.name for fault in FAULTS)
    add("--minutes", type=float, default=60.0, help="how long; with --strikes, at most")
    add("--faults", default="all", help=f"all, none, or names with commas between: {names}")
    add("--strikes", type=int, help="strike every fault so often, then end")
    add("--every", type=float, help="seconds between faults, about (15; with --strikes 1)")
    add("--seed", type=int, default=0)
    add("--source", help="a video file, looped, instead of a camera that shows the virtual dancer")
    add("--listeners", type=int, default=3, help="WHEP listeners in a process of their own")
    add("--no-record", action="store_true", help="no film")
    add("--bundle", type=Path, default=Path("bundles/house"))
    add("--out", type=Path, help="write the report into this document, between its markers")
    add("--json", type=Path, help="and the numbers here")
    add("--keep", type=Path, help="folder for trace and films; default: a temporary one")
    options = parser.parse_args(arguments)
    known = {"all", "none", *(fault.name for fault in FAULTS)}
    if unknown := [name for name in options.faults.split(",") if name not in known]:
        parser.error(f"--faults {unknown[0]!r}: no such fault; there are all, none, {names}")
    return options


def plan_of(options: argparse.Namespace, folder: Path) -> Plan:
    """What the command line asks for."""
    every_s = options.every if options.every is not None else 1.0 if options.strikes else 15.0
    return Plan(
        minutes=options.minutes,
        faults={"all": (), "none": None}.get(options.faults, tuple(options.faults.split(","))),
        every_s=every_s,
        bundle=options.bundle,
        folder=folder,
        seed=options.seed,
        strikes=options.strikes,
        source=options.source,
        listeners=options.listeners,
        record=not options.no_record,
    )


def section_of(plan: Plan) -> str:
    """Which part of the document a soak is for."""
    if plan.strikes:
        return "strikes"
    return "soak" if not plan.quiet else "film" if plan.source else "quiet"


def main(arguments: list[str]) -> int:
    """0 if the show kept every bound, else 1; 2 if it cannot be opened."""
    options = options_of(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        plan = plan_of(options, options.keep or Path(temporary))
        try:
            soak = Soak(plan)
        except NoverreError as error:
            print(f"noverre: {error}", file=sys.stderr)
            return 2
        soak.run()
        verdict = judge(soak)
    text = report(plan, verdict, " ".join(["python -m realtime.soak", *_without_places(arguments)]))
    for at_s, said in soak.said:
        print(f"{at_s - soak.show.clock.origin_s:8.2f}  {said}", file=sys.stderr)
    print(text)
    if options.out:
        write_section(options.out, section_of(plan), text)
    if options.json:
        numbers = {**asdict(verdict), "passed": passed(verdict)}
        options.json.write_text(json.dumps(numbers, indent=1))
    return 0 if passed(verdict) else 1


def _without_places(arguments: list[str]) -> list[str]:
    """The arguments that say what was done, not where its traces went."""
    kept, skip = [], False
    for argument in arguments:
        if not skip and argument not in ("--out", "--json", "--keep"):
            kept.append(f'"{argument}"' if " " in argument else argument)
        skip = not skip and argument in ("--out", "--json", "--keep")
    return kept


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
