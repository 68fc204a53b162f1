"""Tests that run alone lie where `make test` looks for them."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_marked_tests_lie_under_realtime() -> None:
    names = re.search(r"^ALONE := (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert names is not None
    marked = re.compile(rf"mark\.({'|'.join(names[1].split(' or '))})\b")
    found = {
        path.relative_to(ROOT / "tests").parts[0]
        for path in (ROOT / "tests").rglob("test_*.py")
        if marked.search(path.read_text())
    }
    assert found == {"realtime"}
