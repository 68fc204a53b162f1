"""A trace that goes to its file through a pipe, so that a disk made full for recordings spares it."""

import os
import subprocess
from pathlib import Path


class TracePipe:
    """``inlet`` is what the show writes to; the records arrive in ``path``."""

    def __init__(self, path: Path) -> None:
        self.path, self.inlet = path, path.with_suffix(".pipe")
        self.inlet.unlink(missing_ok=True)
        os.mkfifo(self.inlet)
        self._cat = subprocess.Popen(["sh", "-c", 'exec cat "$1" > "$2"', "sh", str(self.inlet), str(path)])

    def close(self) -> None:
        """Wait until all has arrived; the show must have ended."""
        try:
            self._cat.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._cat.kill()
            self._cat.wait()
