import json

import pytest

from configs.errors import SinkError
from realtime.osc import OscLog, Target
from realtime.types import Beat, TimedEvent
from tests.realtime.osc.desk import Stage


@pytest.mark.parametrize("targets", [(), (Target("a", 1, name="desk", profile="ola"),)])
def test_every_message_becomes_a_line(tmp_path, targets):
    log = OscLog(tmp_path / "osc.jsonl")
    stage = Stage(*targets, log=log)
    stage.sink.send([TimedEvent(Beat(0, 1, 0, 120.0, 0.9), 100.25)])
    stage.sink.send_state(status="playing", energy=0.5)
    stage.run_until(100.3)
    stage.sink.close()
    log.close()
    lines = [json.loads(line) for line in (tmp_path / "osc.jsonl").read_text().splitlines()]
    kinds = {line["kind"] for line in lines}
    assert "beat" in kinds and lines and log.lost == 0
    (beat, *_) = [line for line in lines if line["kind"] == "beat"]
    assert beat["heard_at_s"] == 100.25 and abs(beat["sent_s"] - beat["due_s"]) < 1e-4
    assert beat["address"] == ("/dmx/universe/1" if targets else "/noverre/beat")
    if not targets:
        assert kinds == {"beat", "status", "energy"} and beat["target"] == "log"


def test_a_log_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(SinkError, match=r"--osc-log .* cannot be written"):
        OscLog(tmp_path)
