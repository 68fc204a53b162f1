"""Where processes beside the show come from: a fork server that has everything imported already.

So a lost process is back in a moment. Knows nothing of what the processes do.
"""

import multiprocessing as mp
import sys
from typing import Any

PRELOADED = ["mediapipe.tasks.python.vision", "realtime.opening", "rich.live"]


def process_context() -> Any:
    """A ``multiprocessing`` context with a fork server where there is one, else one that spawns."""
    if "forkserver" not in mp.get_all_start_methods() or sys.platform == "darwin":
        return mp.get_context("spawn")
    context = mp.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context
