"""A media server that is not ours: published to Janus by WHIP, played from Janus by a stranger."""

import asyncio
import time
import warnings

import numpy as np
import pytest

from configs.schema import Stage
from realtime.controls import ControlInbox
from realtime.stage.server import StageServer
from tests.realtime.stage.conftest import SAMPLE_RATE, free_port
from tests.realtime.stage.fake_show import BURST_HZ, FakeShow
from tests.realtime.webrtc import janus
from tests.realtime.webrtc.namespace import inside

pytestmark = pytest.mark.realtime

SECONDS = 5.0


def on_air(folder):
    """Publish the fake show, play it from Janus, and say goodbye."""
    with janus.serving(folder) as address:
        config = Stage(port=free_port(), publish=address, publish_token="on air")
        server = StageServer(config, ControlInbox(), SAMPLE_RATE)
        show = FakeShow(server)
        show.start()
        try:
            sound, pictures = asyncio.run(played())
            report = server._publisher.report()
        finally:
            show.stop()
            server.close()
        return sound, pictures, report, asyncio.run(somebody_left())


async def played():
    async with janus.JanusClient.connect() as client:
        return await client.play(SECONDS)


async def somebody_left() -> bool:
    """Whether the publisher disappears from the room once the show has said goodbye."""
    async with janus.JanusClient.connect() as client:
        deadline_s = time.monotonic() + 5
        while time.monotonic() < deadline_s:
            body = {"request": "listparticipants", "room": janus.ROOM}
            answer = await client.ask(janus="message", body=body)
            if not answer["plugindata"]["data"]["participants"]:
                return True
            await asyncio.sleep(0.1)
    return False


def test_janus_plays_what_the_show_publishes(tmp_path):
    reason = janus.why_not()
    if reason:
        warnings.warn(f"PUBLISHING TO JANUS IS NOT TESTED: {reason}", stacklevel=1)
        pytest.skip(f"LOUD: publishing to Janus is not tested: {reason}")
    sound, pictures, report, left = inside(on_air, tmp_path)
    assert report["state"] == "publishing", (report, (tmp_path / "log").read_text()[-2000:])
    assert pictures > 10
    assert len(sound) > 0.6 * SECONDS * 48_000
    assert np.abs(sound).max() == pytest.approx(0.6, rel=0.15)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))
    assert np.argmax(spectrum) * 48_000 / len(sound) == pytest.approx(BURST_HZ, abs=25)
    assert left, "DELETE ends the session in Janus too"
