"""A network of the test's own: no packet leaves it, whatever a browser or a library tries.

``inside`` runs a function in a thread that has left the machine's network; processes and threads
it starts live in the new one too. The new one has loopback and one veth address, for Chromium,
which offers no loopback candidates.
"""

import ctypes
import os
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import aioice.ice

CLONE_NEWNET = 0x40000000
ADDRESS = "10.77.0.1"


def why_not() -> str | None:
    """None if namespaces can be made here, else the reason."""
    if os.geteuid() != 0:
        return "only root makes network namespaces"
    try:
        tried = subprocess.run(["unshare", "-n", "ip", "link", "set", "lo", "up"], capture_output=True)
    except OSError as error:
        return str(error)
    return None if tried.returncode == 0 else tried.stderr.decode().strip()


def leave_network() -> None:
    """Move the calling thread (and what it starts) to a network of its own."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    commands = (
        "ip link set lo up",
        "ip link add stage0 type veth peer name stage1",
        f"ip address add {ADDRESS}/24 dev stage0",
        "ip link set stage0 up",
        "ip link set stage1 up",
    )
    for command in commands:
        subprocess.run(command.split(), check=True)


def only_loopback() -> None:
    """Let every aiortc peer of this process know no other address: for programs, never on import."""
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]


def inside(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call ``function`` in a new network and return or raise what it does."""
    outcome: list[Any] = []

    def work() -> None:
        try:
            leave_network()
            outcome.extend((True, function(*arguments)))
        except BaseException as error:
            outcome.extend((False, error))

    thread = threading.Thread(target=work, name="own network")
    thread.start()
    thread.join()
    succeeded, value = outcome
    if not succeeded:
        raise value
    return value
