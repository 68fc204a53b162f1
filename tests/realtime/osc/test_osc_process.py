import json
import os
import signal
import time

import numpy as np
import pytest

from configs.errors import SinkError
from realtime.osc import Target
from realtime.osc.process import OscProcess
from realtime.priority import advice
from realtime.types import Beat, Landmarks, TimedEvent
from tests.realtime.osc.desk import udp_receiver
from tests.realtime.osc.osc_parser import parse


@pytest.mark.realtime
def test_a_sink_in_a_process_of_its_own_is_on_time_and_reports(tmp_path):
    receiver, port = udp_receiver()
    sink = OscProcess([Target("127.0.0.1", port, name="desk")], log_path=tmp_path / "osc.jsonl")
    start_s = time.perf_counter() + 0.1
    sink.send(TimedEvent(Beat(0, n % 4 + 1, 0, 120.0, 0.9), start_s + 0.02 * n) for n in range(20))
    errors_s = []
    for number in range(20):
        ((_, address, args),) = parse(receiver.recv(2048))
        errors_s.append(time.perf_counter() - start_s - 0.02 * number)
        assert address == "/noverre/beat" and args[0] == number % 4 + 1
    sink.send_pose(Landmarks(0.0, np.ones((33, 4), np.float32), 1.0))
    ((_, address, _),) = parse(receiver.recv(2048))
    assert address == "/noverre/pose"
    sink.send_state(status="playing")
    ((_, address, args),) = parse(receiver.recv(2048))
    assert (address, args) == ("/noverre/status", ["playing"])
    sink.close()
    receiver.close()
    assert min(errors_s) > 0
    (report,) = sink.report()
    if advice() is None:  # with the priority it asks for, a loaded machine makes no difference
        assert report.delay_ms_median < 3 and report.delay_ms_p95 < 8
    assert report.name == "desk" and report.sent == 22 and not sink.alive
    lines = (tmp_path / "osc.jsonl").read_text().splitlines()
    assert [json.loads(line)["kind"] for line in lines] == ["beat"] * 20 + ["pose", "status"]


def test_a_log_that_cannot_be_written_is_said_at_the_start(tmp_path):
    with pytest.raises(SinkError, match="--osc-log"):
        OscProcess([], log_path=tmp_path)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_process_that_dies_or_hangs_is_started_again_and_the_show_goes_on(tmp_path, how):
    receiver, port = udp_receiver()
    said = []
    sink = OscProcess(
        [Target("127.0.0.1", port, name="desk")], log_path=tmp_path / "o.jsonl", say=said.append
    )
    sink.send_state(status="before")
    assert parse(receiver.recv(2048))[0][2] == ["before"]
    wait_for(lambda: (tmp_path / "o.jsonl").read_text())  # the log is on disk
    lost = sink.pid
    os.kill(lost, how)
    for _ in range(3000):
        sink.send_state(energy=0.5)  # nobody takes these: none may block
    wait_for(lambda: sink.restarts)
    assert sink.alive and sink.pid != lost and "is started again" in said[0] and len(said) == 2
    sink.send_state(status="after")
    while parse(receiver.recv(2048))[0][2] != ["after"]:
        pass
    sink.close()
    receiver.close()
    statuses = [json.loads(line)["args"] for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    assert statuses[0] == ["before"] and statuses[-1] == ["after"]


def wait_for(happened):
    deadline_s = time.monotonic() + 30
    while not happened():
        assert time.monotonic() < deadline_s
        time.sleep(0.01)
