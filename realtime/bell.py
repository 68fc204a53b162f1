"""A bell between processes: one rings, the other wakes. Outlives the death of either; no lock, no name."""

import contextlib
import os
from multiprocessing.connection import Connection, wait
from typing import Any


def make_bell(context: Any) -> tuple[Connection, Connection]:
    """``(listener, rope)``: two ends that may be given to processes."""
    listener, rope = context.Pipe(duplex=False)
    os.set_blocking(rope.fileno(), False)  # who rings never waits
    return listener, rope


def ring(rope: Connection) -> None:
    """Ring; rings that nobody hears are lost when some ten thousand wait."""
    with contextlib.suppress(BlockingIOError):
        os.write(rope.fileno(), b"!")


def hear(listener: Connection, timeout_s: float) -> bool:
    """Wait for a ring; all rings so far count as one."""
    if not wait([listener], timeout=timeout_s):
        return False
    return bool(os.read(listener.fileno(), 65536))
