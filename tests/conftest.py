"""What every test is owed: no priority handed on by the one before, and compiled code of its own process."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from realtime.priority import be_ordinary

COMPILED = Path(__file__).parent.parent / "build" / "numba"


def pytest_configure() -> None:
    """Two processes that write numba's cache at once have crashed in librosa: each has its own."""
    os.environ["NUMBA_CACHE_DIR"] = str(COMPILED / os.environ.get("PYTEST_XDIST_WORKER", "alone"))


@pytest.fixture(autouse=True)
def ordinary_again() -> Iterator[None]:
    """A show that ran in this process has raised its main thread's priority."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    yield
    if os.getpriority(os.PRIO_PROCESS, 0) != before:
        be_ordinary()
        os.setpriority(os.PRIO_PROCESS, 0, before)
