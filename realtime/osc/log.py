"""Every message that left, as JSON lines (``--osc-log PATH``), written by a thread of its own.

One line: target, kind, address, args, ``due_s``, ``sent_s`` and ``heard_at_s`` in ``perf_counter`` seconds
(``heard_at_s`` is null for states). A disk that stalls may cost log lines, which are counted, never time.
"""

import json
import queue
import threading
from pathlib import Path

from realtime.osc.lane import Sent
from realtime.output_file import OutputFile


class OscLog:
    """Writes what it is told to a file.

    Args:
        path: of the file, made anew with the first line.
        capacity: lines that may wait for the disk.
        append: go on with what is there, after a process that was lost.

    Raises:
        SinkError: it cannot be written.
    """

    def __init__(self, path: Path, capacity: int = 4096, append: bool = False) -> None:
        self._file = OutputFile(path, f"--osc-log {str(path)!r}", goes_on=append)
        self._queue: queue.Queue[Sent | None] = queue.Queue(capacity)
        self.lost = 0
        self._thread = threading.Thread(target=self._write, name="osc-log", daemon=True)
        self._thread.start()

    def __call__(self, sent: Sent) -> None:
        """Note one message; never waits."""
        try:
            self._queue.put_nowait(sent)
        except queue.Full:
            self.lost += 1

    def close(self) -> None:
        """Write what waits and close the file."""
        self._queue.put(None)
        self._thread.join(timeout=5.0)
        self._file.close()

    def _write(self) -> None:
        while (sent := self._queue.get()) is not None:
            self._file.append(line(sent).encode() + b"\n")


def line(sent: Sent) -> str:
    """One line of the log, without its end."""
    return json.dumps(
        {
            "target": sent.target,
            "kind": sent.kind,
            "address": sent.message.address,
            "args": [arg.hex() if isinstance(arg, bytes) else arg for arg in sent.message.args],
            "due_s": round(sent.due_s, 6),
            "sent_s": round(sent.sent_s, 6),
            "heard_at_s": None if sent.heard_at_s is None else round(sent.heard_at_s, 6),
        }
    )
