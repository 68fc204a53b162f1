"""Where processes beside the show come from: a fork server that has everything imported already.

So a lost process is back in a moment. Knows nothing of what the processes do.
"""

import multiprocessing as mp
import signal
import sys
from multiprocessing import forkserver, resource_tracker
from typing import Any

PRELOADED = ["mediapipe.tasks.python.vision", "realtime.opening", "rich.live"]


def process_context() -> Any:
    """A ``multiprocessing`` context with a fork server where there is one, else one that spawns."""
    if "forkserver" not in mp.get_all_start_methods() or sys.platform == "darwin":
        return mp.get_context("spawn")
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    _start_deaf()
    return context


def _start_deaf() -> None:
    """Start the fork server without ears for Ctrl-C, which would end its imports in a traceback."""
    resource_tracker.ensure_running()  # first: starting it would unblock the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
