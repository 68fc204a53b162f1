"""Who runs first on a busy machine: sound, then the step, then pictures. Asks the system, never insists.

Priorities need root or, on Linux, a line such as ``@audio - rtprio 10`` in /etc/security/limits.d; without
them everything works, only less punctually under load.
"""

import contextlib
import gc
import os
import sys

SWITCH_S = 0.0005
"""How long a Python thread may keep the interpreter while another waits; Python's own is ten times that."""

PROCESS_NICE, CHILD_NICE = -10, 5
AUDIO_PRIORITY, STEP_PRIORITY, STREAM_PRIORITY = 20, 10, 5


def prefer_audio() -> bool:
    """Run the calling thread, which feeds or is the sound card, before all others."""
    return _realtime(AUDIO_PRIORITY)


def prefer_step() -> bool:
    """Run the calling thread, which computes hops, before pictures and pages."""
    return _realtime(STEP_PRIORITY)


def prefer_stream() -> bool:
    """Run the calling thread, which sends to listeners 50 times a second, after the step and before the rest.

    Threads that it starts are ordinary ones again.
    """
    with contextlib.suppress(OSError, AttributeError):
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(STREAM_PRIORITY))
        return True
    return False


def be_ordinary() -> bool:
    """Run the calling thread as any other: threads that the step starts inherit its priority."""
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        return True
    return False


def prefer_process() -> bool:
    """Run this thread, and all it starts, before other programs.

    Python runs one thread at a time: a thread that holds the interpreter and is itself kept waiting by
    another program would hold up sound and step, whatever their priority.
    """
    return _nice(PROCESS_NICE)


def be_nice() -> bool:
    """Let sound and step go before the calling process, a child of theirs."""
    with contextlib.suppress(OSError, AttributeError):
        os.nice(CHILD_NICE)
        return True
    return False


def _realtime(priority: int) -> bool:
    """First come, first served among real-time threads; the kernel keeps 5 % for everybody else."""
    with contextlib.suppress(OSError, AttributeError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
        return True
    return False


def _nice(value: int) -> bool:
    with contextlib.suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, 0, value)
        return True
    return False


def advice() -> str | None:
    """What a performer may do to get priorities, None if they are there already."""
    try:
        before = os.sched_getscheduler(0), os.sched_getparam(0)
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        os.sched_setscheduler(0, *before)
    except AttributeError:
        return "this system gives programs no real-time priority: close other programs before the show"
    except OSError:
        return (
            "this user may not have real-time priority: as root, write '@audio - rtprio 20' into "
            "/etc/security/limits.d/audio.conf, add the user to the group audio, log in again"
        )
    return None


class QuietMemory:
    """Garbage is collected between hops, when there is time, and never in the middle of one.

    What was made during start-up is taken out of the collector's sight: it lives as long as the show.
    """

    def __init__(self, every_hops: int = 20) -> None:
        self._every_hops = every_hops
        self._hops = 0
        self._switch_s = sys.getswitchinterval()

    def begin(self) -> None:
        """After warm-up: freeze what there is, collect by hand from now on."""
        sys.setswitchinterval(SWITCH_S)
        gc.collect()
        gc.freeze()
        gc.disable()

    def between_hops(self) -> None:
        """Collect the young; the middle-aged every few seconds. The old are frozen or few."""
        self._hops += 1
        gc.collect(1 if self._hops % self._every_hops == 0 else 0)

    def end(self) -> None:
        """Give the interpreter its habits back."""
        gc.enable()
        gc.unfreeze()
        sys.setswitchinterval(self._switch_s)
