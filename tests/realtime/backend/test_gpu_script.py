"""The command that measures a card: every step of it on a processor, and its verdicts on made-up tables."""

import os
import subprocess
import sys
from pathlib import Path

from tests.measure.gpu import verdicts
from tests.toy_bundle import make_toy_bundle

ROOT = Path(__file__).parents[3]
TABLE = """### `{folder}`: a hop is 249.6 ms of music

| engine | median | p95 | p99 | core ms | times faster (by core ms) | share | load s | memory MB | gate |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| eager torch, full window | 8.00 | 9.0 | 9.1 | 8.0 | 1.0 (1.0) |  | 1.0 | 100 | is the baseline |
| torch graph fp16 | {ms} | 0.5 | 0.5 | 0.4 | {faster} (9.0) | 10% | 1.0 | 100 | passed |

| performers a call | ms a call | performers in real time |
| --- | --- | --- |
| 1 | 0.40 | 624 |
| 1024 | 200.00 | {performers} |
"""


def test_the_verdicts_read_the_tables() -> None:
    good = TABLE.format(folder="bundles/house", ms="0.40", faster="20.0", performers="1277")
    bad = TABLE.format(folder="build/paper-aist-high", ms="2.00", faster="4.0", performers="200")
    lines = verdicts(good + bad)
    assert [line.split()[0] for line in lines if line.startswith("  ")] == ["yes", "yes", "yes", "NO", "NO"]
    assert lines[0].endswith("torch graph fp16") and "1277 performers" in lines[3]


def test_a_dry_run_goes_through_every_step(tmp_path: Path) -> None:
    toy = make_toy_bundle(tmp_path)
    command = [sys.executable, "-m", "tests.measure.gpu", "--dry", "--bundle", str(toy)]
    command += ["--out", str(tmp_path / "benchmarks.md")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fastest is" in done.stdout and "minutes in all" in done.stdout
    written = (tmp_path / "benchmarks.md").read_text()
    assert "eager torch, full window" in written and "onnxruntime cpu" in written
