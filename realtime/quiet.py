"""Keeps C libraries (ALSA, JACK, TensorFlow Lite) from talking over the status line."""

import contextlib
import ctypes
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


_ALSA_HANDLER = ctypes.CFUNCTYPE(
    None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p
)(lambda *_: None)
"""Lives as long as the program: ALSA keeps a pointer to it."""


def quiet_alsa() -> None:
    """Let ALSA tell of trouble by return values alone; it also prints, from its own thread, at any time."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libasound.so.2").snd_lib_error_set_handler(_ALSA_HANDLER)
