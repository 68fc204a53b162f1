"""What every test is owed: the priority it began with is not handed to the next one."""

import os
from collections.abc import Iterator

import pytest

from realtime.priority import be_ordinary


@pytest.fixture(autouse=True)
def ordinary_again() -> Iterator[None]:
    """A show that ran in this process has raised its main thread's priority."""
    before = os.getpriority(os.PRIO_PROCESS, 0)
    yield
    if os.getpriority(os.PRIO_PROCESS, 0) != before:
        be_ordinary()
        os.setpriority(os.PRIO_PROCESS, 0, before)
