"""An OscSink in a process of its own, so that no busy thread of the show can make the lights late.

Python runs one thread at a time: beside a thread that computes in pure Python, a sender in the same process
wakes tens of ms late (docs/lighting.md has figures). Here the events, which are known ahead, go through a
pipe; ``time.perf_counter`` is the same clock in both processes (CLOCK_MONOTONIC; checked at the start).
"""

import contextlib
import multiprocessing
import queue
import signal
import threading
import time
from collections.abc import Iterable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from configs.errors import SinkError
from realtime.osc.lane import TargetReport
from realtime.osc.log import OscLog
from realtime.osc.scheduler import go_first
from realtime.osc.sink import OscSink
from realtime.osc.targets import Target
from realtime.types import Landmarks, TimedEvent

REPORT_S = 0.25
WAITING = 1024
"""Calls that may wait for the other process; then the oldest goes."""

START_S = 20.0


class OscProcess:
    """Has the methods of an OscSink; each returns at once.

    Args:
        targets: who is told.
        log_path: for the log of every message; None: no log.

    Raises:
        SinkError: the log cannot be written, or the process did not start.
    """

    def __init__(self, targets: Sequence[Target], *, log_path: Path | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._calls: queue.Queue[tuple[str, Any] | None] = queue.Queue(WAITING)
        self._reports: list[TargetReport] = []
        self.dropped = 0
        self._process = context.Process(
            target=_perform, args=(theirs, tuple(targets), log_path), name="osc", daemon=True
        )
        self._process.start()
        theirs.close()
        self._await_start()
        self._sender = threading.Thread(target=self._forward, name="osc-forward", daemon=True)
        self._listener = threading.Thread(target=self._listen, name="osc-reports", daemon=True)
        self._sender.start()
        self._listener.start()

    def send(self, events: Iterable[TimedEvent]) -> None:
        """Plan events of the score (see OscSink)."""
        if events := tuple(events):
            self._call("send", (events,))

    def send_pose(self, landmarks: Landmarks) -> None:
        """Send one person's pose now (see OscSink)."""
        self._call("send_pose", (landmarks,))

    def send_state(
        self,
        style: str | None = None,
        energy: float | None = None,
        phase: float | None = None,
        status: str | None = None,
    ) -> None:
        """Send the state of the show now (see OscSink)."""
        self._call("send_state", (style, energy, phase, status))

    def flush(self) -> None:
        """Forget the events that have not been sent."""
        self._call("flush", ())

    def report(self) -> list[TargetReport]:
        """How every target fared, at most a quarter of a second old. Empty at the very start."""
        return list(self._reports)

    @property
    def alive(self) -> bool:
        """False when the process has died; the show goes on without lights."""
        return self._process.is_alive()

    def close(self) -> None:
        """End the process; the last report stays."""
        self._call(*_STOP)
        self._sender.join(timeout=1.0)
        self._process.join(timeout=2.0)
        if self._process.is_alive():
            self._process.terminate()
        self._listener.join(timeout=1.0)
        self._connection.close()

    def _call(self, name: str, args: tuple[Any, ...]) -> None:
        while True:
            try:
                return self._calls.put_nowait((name, args))
            except queue.Full:
                with contextlib.suppress(queue.Empty):
                    self._calls.get_nowait()
                    self.dropped += 1

    def _await_start(self) -> None:
        failed = "the process for OSC did not start"
        try:
            if self._connection.poll(START_S):
                failed, their_clock_s = self._connection.recv()
                if not failed and abs(time.perf_counter() - their_clock_s) > 1.0:
                    failed = "this system gives every process a clock of its own: set osc_process to false"
        except EOFError:
            pass
        if failed:
            self._process.terminate()
            raise SinkError(failed)

    def _forward(self) -> None:
        with contextlib.suppress(OSError):  # the process has died: the calls go nowhere
            call = None
            while call != _STOP and (call := self._calls.get()) is not None:
                self._connection.send(call)

    def _listen(self) -> None:
        with contextlib.suppress(EOFError, OSError):
            while True:
                self._reports = self._connection.recv()


_STOP: tuple[str, tuple[Any, ...]] = ("close", ())


def _perform(connection: Connection, targets: Sequence[Target], log_path: Path | None) -> None:
    """The other process: an OscSink that does what it is told, and reports."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the show's to handle
    go_first()
    try:
        log = OscLog(log_path) if log_path is not None else None
    except OSError as error:
        connection.send((f"osc_log {str(log_path)!r} cannot be written: {error.strerror}", 0.0))
        return
    sink = OscSink(targets, log=log)
    connection.send(("", time.perf_counter()))
    with contextlib.suppress(EOFError, OSError):
        _obey(connection, sink)
    sink.close()
    with contextlib.suppress(OSError):
        connection.send(sink.report())
    if log is not None:
        log.close()


def _obey(connection: Connection, sink: OscSink) -> None:
    next_report_s = 0.0
    while True:
        if connection.poll(REPORT_S):
            name, args = connection.recv()
            if name == "close":
                return
            getattr(sink, name)(*args)
        if (now_s := time.perf_counter()) >= next_report_s:
            connection.send(sink.report())
            next_report_s = now_s + REPORT_S
