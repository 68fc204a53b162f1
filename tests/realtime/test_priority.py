"""Only a show in real time goes before other programs."""

import os
import threading
from pathlib import Path

import pytest

from configs.schema import load_config
from realtime.priority import advice
from realtime.show import Show
from realtime.sinks import QuietSink
from realtime.types import Block
from tests.toy_bundle import make_toy_bundle


class Witness(QuietSink):
    """Notes under which policy the thread that renders runs."""

    name = "witness"

    def __init__(self) -> None:
        self.policies: set[int] = set()

    def play(self, block: Block, heard_at_s: float) -> None:
        self.policies.add(os.sched_getscheduler(0))


@pytest.mark.pose
@pytest.mark.skipif(advice() is not None, reason="this system gives nobody real-time priority")
def test_rendering_in_virtual_time_is_an_ordinary_program(tmp_path: Path) -> None:
    witness = Witness()
    keys = {"source": "demo:seconds=2", "seconds": 1.0, "bundle": make_toy_bundle(tmp_path / "toy")}
    show = Show(
        load_config(None, {**keys, "clock": "virtual", "audio": ("none",)}), lambda text: None, (witness,)
    )
    thread = threading.Thread(target=show.run, args=(threading.Event(),))  # a policy is a thread's own
    thread.start()
    thread.join(timeout=60)
    assert not thread.is_alive() and witness.policies == {os.SCHED_OTHER}
