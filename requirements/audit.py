"""Known vulnerabilities of every pinned package: ``python requirements/audit.py [--or-say-so]``.

Asks two services in turn. Ends with 0 only if every package was looked up and nothing was found; with 1
for vulnerabilities; with 3 if no service answered, or (``--or-say-so``, as in ``make check``) with 0 and
a notice.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SERVICES = ("pypi", "osv")
PINS = Path(__file__).with_name("core.txt")
FOUND, UNANSWERED = 1, 3


def ask(service: str) -> tuple[list[dict[str, Any]], str]:
    """What a service knows of every pin, and its complaint if it said nothing usable."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(PINS), "--no-deps", "--disable-pip"]
    command += ["--vulnerability-service", service, "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run([*command, "--timeout", "10"], capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout)["dependencies"], ""
    except (ValueError, KeyError):
        lines = [line for line in done.stderr.strip().splitlines() if line.strip()]
        return [], lines[-1][:200] if lines else f"exit code {done.returncode}"


def judge(known: list[dict[str, Any]]) -> tuple[int, str]:
    """Exit code and sentence for an answer."""
    skipped = [f"{one['name']} ({one['skip_reason']})" for one in known if "skip_reason" in one]
    holes = [
        f"{one['name']} {one['version']}: {hole['id']}, mended in {hole['fix_versions'] or 'nothing yet'}"
        for one in known
        for hole in one.get("vulns", ())
    ]
    if holes:
        return FOUND, "known vulnerabilities:\n  " + "\n  ".join(holes)
    if skipped or not known:
        return (
            UNANSWERED,
            f"nothing is known of {len(skipped)} of {len(known)} packages: {'; '.join(skipped[:3])}",
        )
    return 0, f"{len(known)} packages, no known vulnerability"


def main(arguments: list[str]) -> int:
    """See above."""
    reasons = []
    for service in SERVICES:
        known, complaint = ask(service)
        code, sentence = judge(known) if known else (UNANSWERED, complaint)
        if code != UNANSWERED:
            print(f"audit ({service}): {sentence}")
            return code
        reasons.append(f"{service}: {sentence}")
    print("NOT AUDITED: no vulnerability service answered for every package. " + " | ".join(reasons))
    return 0 if "--or-say-so" in arguments else UNANSWERED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
