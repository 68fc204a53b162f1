"""An OscSink in a process of its own, so that no busy thread of the show can make the lights late.

Python runs one thread at a time: beside a thread that computes in pure Python, a sender in the same process
wakes tens of ms late (docs/lighting.md has figures). Here the events, which are known ahead, go through a
pipe; ``time.perf_counter`` is the same clock in both processes (CLOCK_MONOTONIC; checked at the start).
A process that dies or hangs is started again; what it had planned is lost, what comes later is not.
"""

import contextlib
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from configs.errors import SinkError
from realtime.fork_server import process_context
from realtime.osc.lane import TargetReport
from realtime.osc.log import OscLog
from realtime.osc.scheduler import go_first
from realtime.osc.sink import OscSink
from realtime.osc.targets import Target
from realtime.types import Landmarks, TimedEvent
from realtime.watchdog import Backoff

REPORT_S = 0.25
WAITING = 1024
"""Calls that may wait for the other process; then the oldest goes."""

START_S = 20.0
SILENT_S = 1.5
"""Without a report for so long the process hangs."""


class OscProcess:
    """Has the methods of an OscSink; each returns at once.

    Args:
        targets: who is told.
        log_path: for the log of every message; None: no log.
        say: told when the process was lost.

    Raises:
        SinkError: the log cannot be written, or the process did not start.
    """

    def __init__(
        self,
        targets: Sequence[Target],
        *,
        log_path: Path | None = None,
        say: Callable[[str], None] = lambda text: None,
    ) -> None:
        self._targets, self._log_path, self._say = tuple(targets), log_path, say
        self._calls: queue.Queue[tuple[str, Any] | None] = queue.Queue(WAITING)
        self._reports: list[TargetReport] = []
        self._closing = threading.Event()
        self._backoff = Backoff(first_s=0.05, most_s=2.0)
        self.dropped = 0
        self.restarts = 0
        self._start(again=False)
        self._sender = threading.Thread(target=self._forward, name="osc-forward", daemon=True)
        self._listener = threading.Thread(target=self._attend, name="osc-reports", daemon=True)
        self._sender.start()
        self._listener.start()

    def _start(self, again: bool) -> None:
        """A process and a pipe to it; ``again``: the log goes on where the lost one ended."""
        context = process_context()
        self._connection, theirs = context.Pipe()
        self._process = context.Process(
            target=_perform, args=(theirs, self._targets, self._log_path, again), name="osc", daemon=True
        )
        self._process.start()
        theirs.close()
        self._await_start()

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
        """Whether there is a process; one that has died is started again."""
        return self._process.is_alive()

    @property
    def pid(self) -> int | None:
        """Of the process."""
        return self._process.pid

    def close(self) -> None:
        """End the process; the last report stays."""
        self._closing.set()
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
        call = None
        while call != _STOP and (call := self._calls.get()) is not None:
            with contextlib.suppress(OSError):  # the process has died: this call goes nowhere
                self._connection.send(call)

    def _attend(self) -> None:
        """Take reports; when they end, start the process again."""
        while not self._closing.is_set():
            why = self._listen()
            if not self._closing.is_set():
                self._again(why)
        self._listen()  # the last report

    def _listen(self) -> str:
        """Take reports until there are no more; returns what is wrong."""
        with contextlib.suppress(EOFError, OSError):
            while self._connection.poll(SILENT_S):
                self._reports = self._connection.recv()
                self._backoff.reset()
            return "hangs"
        return "died"

    def _again(self, why: str) -> None:
        self._say(f"The process for the lights {why} and is started again")
        self._process.kill()
        self._process.join(timeout=1.0)
        old = self._connection
        while not self._closing.wait(self._backoff.next_s()):
            try:
                self._start(again=True)
            except (SinkError, OSError):
                continue
            self.restarts += 1
            self._say("The lights are served again")
            break
        old.close()


_STOP: tuple[str, tuple[Any, ...]] = ("close", ())


def _perform(connection: Connection, targets: Sequence[Target], log_path: Path | None, again: bool) -> None:
    """The other process: an OscSink that does what it is told, and reports."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the show's to handle
    go_first()
    try:
        log = OscLog(log_path, append=again) if log_path is not None else None
    except SinkError as error:
        connection.send((str(error), 0.0))
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
