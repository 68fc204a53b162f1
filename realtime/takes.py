"""Takes: begins, ends, lists and deletes recordings while the show goes on.

One recorder at a time. Files are opened and completed in a thread of their own: a slow disk holds up
nobody. Knows nothing of pages or commands.
"""

import contextlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import av

from configs.errors import SinkError
from realtime.recorder import Recorder
from realtime.sinks import QuietSink
from realtime.types import Block, Image
from realtime.vision import Observation

MOST_LISTED = 40
CLOSE_S = 11.0
"""A little longer than a recorder takes to complete its file on a slow disk."""


class NoTakeError(LookupError):
    """There is no take of that name."""


class BusyTakeError(RuntimeError):
    """The take is still being written."""


@dataclass(frozen=True)
class Take:
    """One recording."""

    path: Path
    state: str
    """``recording``, ``finishing``, ``done`` or ``failed``."""
    seconds: float
    began: datetime
    reason: str = ""
    """Why it ended before it was stopped."""

    def report(self) -> dict[str, Any]:
        """For the page."""
        size = 0
        with contextlib.suppress(OSError):
            size = self.path.stat().st_size
        return {
            "name": self.path.name,
            "seconds": round(self.seconds, 1),
            "bytes": size,
            "began": self.began.isoformat(timespec="seconds"),
            "state": self.state,
            "reason": self.reason,
        }


class Takes(QuietSink):
    """The recordings of a folder, and the one that is being made.

    Args:
        folder: where takes go; made when the first one begins.
        sample_rate: of the blocks, Hz.
        origin_s: ``time.perf_counter`` second of show time 0.
        say: told what a performer should know.
        first: record into this file from the beginning on.

    Raises:
        SinkError: ``first`` cannot be written.
    """

    def __init__(
        self,
        folder: Path,
        sample_rate: int,
        origin_s: Callable[[], float],
        say: Callable[[str], None] = print,
        first: Path | None = None,
    ) -> None:
        self.name = "takes"
        self.folder = folder
        self._sample_rate, self._origin_s, self._say = sample_rate, origin_s, say
        self._recorder: Recorder | None = None
        self._running: Take | None = None
        self._seconds = 0.0
        """Of sound in the running take."""
        self._done: dict[str, Take] = {}
        self._lock = threading.Lock()
        self._wishes: queue.SimpleQueue[tuple[bool | Recorder, float] | None] = queue.SimpleQueue()
        """Begin, end, or end this one, which has failed; None: the show is over."""
        if first is not None:
            self._begin(first, 0.0)
        self._thread = threading.Thread(target=self._work, name="takes", daemon=True)
        self._thread.start()

    @property
    def recording(self) -> bool:
        """Whether a take is being written."""
        return self._running is not None

    def record(self, on: bool, now_s: float) -> None:
        """Begin a take at show time ``now_s``, or end the one that runs; returns at once."""
        self._wishes.put((on, now_s))

    def watch(self, observation: Observation, image: Image) -> None:
        """A picture for the running take."""
        if (recorder := self._recorder) is not None:
            recorder.watch(observation, image)

    def play(self, block: Block, heard_at_s: float) -> None:
        """A block for the running take."""
        if (recorder := self._recorder) is None:
            return
        recorder.play(block, heard_at_s)
        if recorder.failed is not None:
            self._wishes.put((recorder, 0.0))
        else:
            end_s = heard_at_s - self._origin_s() + len(block.samples) / self._sample_rate
            self._seconds = max(0.0, end_s - recorder.begins_s)

    def report(self) -> list[dict[str, Any]]:
        """All takes for the page, the newest first."""
        running = self._running
        if running is not None:
            running = replace(running, seconds=self._seconds)
        with self._lock:
            takes = sorted(self._done.values(), key=lambda take: take.began, reverse=True)
        return [take.report() for take in ([running] if running else []) + takes[:MOST_LISTED]]

    def path_of(self, name: str) -> Path:
        """The file of a finished take; ``name`` is only compared, never looked up on the disk.

        Raises:
            NoTakeError: there is none of that name.
            BusyTakeError: it is being written.
        """
        running = self._running
        if running is not None and running.path.name == name:
            raise BusyTakeError(f"{name} is being recorded: stop it first")
        with self._lock:
            take = self._done.get(name)
        if take is None or not take.path.exists():
            raise NoTakeError(f"there is no take called {name[:60]!r}")
        if take.state == "finishing":
            raise BusyTakeError(f"{name} is being completed: try again in a moment")
        return take.path

    def delete(self, name: str) -> None:
        """Delete a finished take.

        Raises:
            NoTakeError, BusyTakeError: see ``path_of``.
            OSError: the disk refuses.
        """
        self.path_of(name).unlink()
        with self._lock:
            self._done.pop(name, None)

    def close(self) -> None:
        """Complete the running take."""
        self._wishes.put(None)
        self._thread.join(timeout=CLOSE_S)

    def _work(self) -> None:
        self._list_old()
        while (wish := self._wishes.get()) is not None:
            what, now_s = wish
            try:
                self._obey(what, now_s)
            except (SinkError, OSError) as error:
                self._say(f"no take was begun: {error}")
        self._end()

    def _obey(self, what: bool | Recorder, now_s: float) -> None:
        recorder = self._recorder
        if recorder is not None and (what is recorder or recorder.failed or not what):
            self._end()  # a take that has failed makes room at once for the next
        if what is True and not self.recording:
            self._begin(self._new_path(), now_s)

    def _new_path(self) -> Path:
        stem = datetime.now().strftime("take-%Y-%m-%d-%H%M%S")
        path, count = self.folder / f"{stem}.mp4", 1
        while path.exists():
            count += 1
            path = self.folder / f"{stem}-{count}.mp4"
        return path

    def _begin(self, path: Path, now_s: float) -> None:
        recorder = Recorder(path, self._sample_rate, self._origin_s, self._say, now_s)
        self._running, self._seconds = Take(path, "recording", 0.0, datetime.now()), 0.0
        self._recorder = recorder

    def _end(self) -> None:
        recorder, take = self._recorder, self._running
        if recorder is None or take is None:
            return
        self._recorder = None
        take = replace(take, seconds=self._seconds)
        self._keep(replace(take, state="finishing"))
        self._running = None
        recorder.close()
        failed = recorder.failed
        self._keep(replace(take, state="failed" if failed else "done", reason=failed or ""))

    def _keep(self, take: Take) -> None:
        with self._lock:
            self._done[take.path.name] = take

    def _list_old(self) -> None:
        """Takes of earlier evenings."""
        for path in sorted(self.folder.glob("take-*.mp4"), reverse=True)[:MOST_LISTED]:
            with contextlib.suppress(OSError, av.FFmpegError):
                began = datetime.fromtimestamp(path.stat().st_mtime)
                self._keep(Take(path, "done", length_s(path), began))


def length_s(path: Path) -> float:
    """How long a recording plays, s.

    Raises:
        OSError, av.FFmpegError: it is none.
    """
    with av.open(str(path)) as container:
        return float(container.duration or 0) / av.time_base
