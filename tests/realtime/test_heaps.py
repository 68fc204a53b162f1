"""Threads share two heaps once they are told to; glibc's ``malloc_info`` counts."""

import ctypes
import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys, threading
from realtime.heaps import give_back_freed

if sys.argv[2] == "shared":
    assert give_back_freed()
meet, kept = threading.Barrier(12), []
def work():
    meet.wait()
    kept.append([bytearray(3000) for _ in range(300)])
    meet.wait()
threads = [threading.Thread(target=work) for _ in range(12)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc = ctypes.CDLL("libc.so.6")
libc.fopen.restype = ctypes.c_void_p
file = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""


def _glibc() -> bool:
    try:
        return hasattr(ctypes.CDLL("libc.so.6"), "malloc_info")
    except OSError:
        return False


def _heaps(tmp_path, how: str) -> int:
    report = tmp_path / how
    subprocess.run([sys.executable, "-c", PROGRAM, str(report), how], check=True, timeout=60)
    return report.read_text().count("<heap nr=")


@pytest.mark.skipif(not _glibc(), reason="another malloc than glibc's")
def test_twelve_threads_share_two_heaps(tmp_path):
    assert _heaps(tmp_path, "own") > 2, "the test would prove nothing"
    assert _heaps(tmp_path, "shared") == 2
