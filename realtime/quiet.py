"""Keeps C libraries (ALSA, JACK, TensorFlow Lite) from talking over the status line."""

import contextlib
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Send everything that is written to file descriptor 2 meanwhile to nowhere.

    For start-up only, and for a moment: other threads' errors go the same way.
    """
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(nowhere)
        os.close(kept)
