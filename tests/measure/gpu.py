"""Everything that is to be measured on a graphics card, in one command under ten minutes.

    python -m tests.measure.gpu                       # on the machine with the card
    python -m tests.measure.gpu --dry                 # the same steps on a processor, a few hops each
    python -m tests.measure.gpu --wheels build/wheels # beforehand, for a machine without a package index

Needs Python 3.11 or later with torch, numpy, scipy, onnx, onnxscript, onnxruntime and OpenCV; the packages
beside them (pydantic, yaml) are installed from the wheels, or from the index, where they are missing. Writes
the paper's bundle with drawn weights if there is none, then runs ``python -m export bench --gpu`` for both:
every engine that the card allows beside eager torch, parity of each precision, performers in one call up to
2,048; and the verdict on each promised figure.
"""

import argparse
import importlib.util
import re
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXTRA = {"pydantic": "pydantic", "yaml": "pyyaml"}
PAPER = Path("build/paper-aist-high")
PROMISED_MS = {"house": 0.5, "paper": 1.5}
FASTER, PERFORMERS = 8.0, 1000


def fetch_wheels(folder: Path, python: str) -> None:
    """Download what a bare machine lacks, for its Python; pydantic names its own core."""
    wanted = [f"{package}=={version(package)}" for package in EXTRA.values()]
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "-d", str(folder)]
    pip += ["--python-version", python, "--implementation", "cp", "--platform", "manylinux2014_x86_64"]
    subprocess.run([*pip, "--platform", "manylinux_2_17_x86_64", *wanted], check=True)
    print(f"{folder}: {sum(p.stat().st_size for p in folder.glob('*.whl')) / 1e6:.1f} MB of wheels")


def complete(wheels: Path) -> None:
    """Install what is missing here."""
    missing = [package for module, package in EXTRA.items() if importlib.util.find_spec(module) is None]
    if not missing:
        return
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--break-system-packages"]
    pip += ["--no-index", "--find-links", str(wheels)] if wheels.is_dir() else []
    if subprocess.run([*pip, *missing], check=False).returncode:
        raise SystemExit(
            f"{', '.join(missing)} cannot be installed here: run python -m tests.measure.gpu --wheels "
            f"{wheels} where there is a package index, and bring that folder along"
        )


def step(name: str, command: list[str]) -> str:
    """Run one step from the root, telling how long it took; its output."""
    began_s = time.perf_counter()
    print(f"== {name}: python -m {' '.join(command)}", flush=True)
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    print(done.stdout)
    print(f"== {time.perf_counter() - began_s:.0f} s", flush=True)
    if done.returncode:
        raise SystemExit(f"{name} failed with exit code {done.returncode}")
    return done.stdout


def verdicts(told: str) -> list[str]:
    """For each bundle's tables in ``told``, whether what was promised is so."""
    found = []
    for part in told.split("### `")[1:]:
        folder = part.split("`")[0]
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in part.splitlines() if "|" in line]
        engines = {row[0]: row for row in rows if len(row) > 8 and re.fullmatch(r"[\d.]+", row[1])}
        others = {name: row for name, row in engines.items() if not name.startswith("eager")}
        name, row = min(others.items(), key=lambda item: float(item[1][1]))
        most_ms = PROMISED_MS["house" if "house" in folder else "paper"]
        faster, performers = (
            float(row[5].split()[0]),
            max(int(r[2]) for r in rows if len(r) == 3 and r[2].isdigit()),
        )
        found.append(f"{folder}: fastest is {name}")
        found.append(_said(f"{float(row[1]):.3f} ms a hop, promised {most_ms}", float(row[1]) < most_ms))
        found.append(_said(f"{faster:.1f} times eager torch, promised {FASTER:g}", faster >= FASTER))
        if "house" in folder:
            said = f"{performers} performers in real time, promised {PERFORMERS}"
            found.append(_said(said, performers >= PERFORMERS))
    return found


def _said(text: str, held: bool) -> str:
    return f"  {'yes' if held else 'NO '}  {text}"


def main() -> None:
    """Prepare, measure, judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--dry", action="store_true", help="on the processor, few hops")
    parser.add_argument("--wheels", type=Path, help="fetch wheels into this folder, and end")
    parser.add_argument("--python", default="3.12", help="of the machine that the wheels are for")
    parser.add_argument("--from-wheels", type=Path, default=Path("build/wheels"))
    parser.add_argument("--bundle", type=Path, action="append", help="measure these instead of both")
    parser.add_argument("--compile", action="store_true", help="torch.compile as well: a minute more")
    parser.add_argument("--hops", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks.md"))
    options = parser.parse_args()
    if options.wheels:
        fetch_wheels(options.wheels, options.python)
        return
    complete(options.from_wheels)
    began_s = time.perf_counter()
    bundles = options.bundle or [Path("bundles/house"), PAPER]
    if PAPER in bundles and not (ROOT / PAPER / "manifest.yaml").is_file():
        drawn = ["--dataset", "aist", "--level", "high", "--deterministic", "--out", str(PAPER)]
        step("the paper's networks, drawn weights", ["export", "official", *drawn])
    how = ["--hops", str(2 if options.dry else options.hops), "--out", str(options.out)]
    how += [] if options.dry else ["--gpu"]
    how += ["--compile"] * (options.compile and not options.dry)
    given = [word for bundle in bundles for word in ("--bundle", str(bundle))]
    told = step("engines", ["export", "bench", *given, *how])
    print("\n".join(verdicts(told)))
    print(f"{(time.perf_counter() - began_s) / 60:.1f} minutes in all; tables are in {options.out}")


if __name__ == "__main__":
    main()
