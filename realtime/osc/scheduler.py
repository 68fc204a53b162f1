"""One thread that does work punctually. Knows nothing of what the work is.

Sleeping alone wakes 0.1 to several ms late, spinning alone burns a core: so it sleeps until shortly before
the moment and spins (giving other threads their turn) for the rest.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

SPIN_S = 0.0006
"""How long before the moment sleeping ends and spinning begins."""

IDLE_S = 0.25
"""The longest sleep, so that what depends on polling (a closed connection) is seen."""


def go_first() -> None:
    """Ask the system to run this thread (and those it starts) before others; it does very little.

    Needs root, or a limit such as ``@audio - rtprio 10`` in /etc/security/limits.d; else nothing changes.
    """
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, -11)
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))


class Scheduler:
    """Calls ``work(now_s)``, which returns when it next wants to be called, for as long as it lives.

    Args:
        work: does what is due and returns the next moment, in seconds of ``clock``. An exception in it
            is logged once a kind and never ends the thread.
        name: of the thread.
        clock: seconds; the show's wall clock.
    """

    def __init__(
        self, work: Callable[[float], float], name: str, clock: Callable[[], float] = time.perf_counter
    ) -> None:
        self._work = work
        self._clock = clock
        self._woken = threading.Event()
        self._closed = False
        self._failures: set[str] = set()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Something new is due, perhaps sooner than what is being waited for."""
        self._woken.set()

    def close(self) -> None:
        """End the thread; waits for at most a second."""
        self._closed = True
        self._woken.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=1.0)

    def _run(self) -> None:
        go_first()
        while not self._closed:
            self._woken.clear()
            self._wait_until(self._attempt())

    def _attempt(self) -> float:
        try:
            return self._work(self._clock())
        except Exception as error:  # the show must go on: a bug here may not silence the lights
            if (what := repr(error)) not in self._failures and len(self._failures) < 100:
                self._failures.add(what)
                log.exception("%s: %s", self._thread.name, what)
            return self._clock() + 0.01

    def _wait_until(self, due_s: float) -> None:
        while not self._closed:
            left_s = due_s - self._clock()
            if left_s <= 0:
                return
            if left_s <= SPIN_S:
                time.sleep(0)
            elif self._woken.wait(min(left_s - SPIN_S, IDLE_S)) or left_s > IDLE_S:
                return
