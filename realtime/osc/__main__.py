"""``python -m realtime.osc monitor`` shows what arrives; ``profiles`` lists the tools we can talk to."""

import argparse
import sys

from configs.errors import NoverreError
from realtime.osc import monitor
from realtime.osc.profiles import PROFILES


def main() -> int:
    """Run one of the tools; 2 for a mistake, in a sentence."""
    parser = argparse.ArgumentParser(prog="python -m realtime.osc", description=__doc__)
    tools = parser.add_subparsers(dest="tool", required=True)
    monitor.add_arguments(tools.add_parser("monitor", help="print and plot what arrives, with timing"))
    tools.add_parser("profiles", help="list the tools we know")
    options = parser.parse_args()
    try:
        if options.tool == "monitor":
            monitor.run(options)
        else:
            for profile in PROFILES.values():
                print(f"{profile.name:14s} {profile.transport}:{profile.port:<6d} {profile.about}")
    except NoverreError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
