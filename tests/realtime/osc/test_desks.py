"""Real receivers from Debian, in a network namespace of their own: olad's DMX and QLC+'s channels follow."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytestmark = pytest.mark.desks
ROOT = Path(__file__).parents[3]


def perform(scene, program, folder):
    """Play a scene of desk_scenes.py in its own namespace; skips, saying why, where that is impossible."""
    for needed in ("unshare", "ip", program):
        if shutil.which(needed) is None:
            pytest.skip(f"{needed} is not installed: apt-get install ola qlcplus iproute2")
    if os.geteuid() != 0 or subprocess.run(["unshare", "-n", "true"], check=False).returncode:
        pytest.skip("network namespaces need root (sudo): nothing may reach a real network")
    done = subprocess.run(
        ["unshare", "-n", sys.executable, "-m", "tests.realtime.osc.desk_scenes", scene, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def open_folder():
    """A folder that a receiver running as another user can reach."""
    folder = Path("/tmp") / f"noverre-desk-{os.getpid()}"
    folder.mkdir(mode=0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def rises_ms(result, heard_s, channel, lit=200):
    """From the moment a beat is heard to the first read-back that shows its light, ms; None: never."""
    before = [values for _, at_s, values in result["seen"] if at_s < heard_s - 0.002]
    assert before[-1][channel] < lit, "it was lit before the beat"
    for asked_s, at_s, values in result["seen"]:
        if asked_s >= heard_s - 0.002 and values[channel] >= lit:
            return 1000 * (at_s - heard_s)
    return None


def test_olad_shows_dmx_that_follows_the_beats(open_folder):
    result = perform("olad", "olad", open_folder)
    delays_ms = [rises_ms(result, heard_s, 4 * (beat - 1)) for beat, heard_s in result["beats"]]
    print(f"olad: DMX after beat, ms: {np.round(delays_ms, 1)}")
    assert None not in delays_ms and np.median(delays_ms) < 15 and max(delays_ms) < 60
    for beat, heard_s in result["beats"]:  # the other three rest, but on downbeats
        lit = next(values for asked_s, _, values in result["seen"] if asked_s > heard_s + 0.06)
        others = [lit[4 * other] for other in range(4) if other != beat - 1]
        assert max(others) < lit[4 * (beat - 1)]
    (report,) = result["report"]
    assert report["connected"] and report["dropped"] == 0
    check_recording(result["recorded"])


def check_recording(recorded):
    """olad's own recorder saw the same: flashes half a second apart, walking over the four fixtures."""
    times_s = np.cumsum([pause_ms for pause_ms, _ in recorded]) / 1000
    levels = np.array([values[0:16:4] for _, values in recorded])
    brightest = levels.max(axis=1)
    flashes = np.flatnonzero((brightest[1:] > 200) & (brightest[:-1] < 150)) + 1
    assert len(flashes) >= 11
    assert np.abs(np.diff(times_s[flashes]) - 0.5).max() < 0.06
    fixtures = levels[flashes].argmax(axis=1)
    assert np.array_equal(np.diff(fixtures) % 4, np.ones(len(fixtures) - 1))


def test_qlcplus_receives_the_beats_by_osc_and_by_os2l(open_folder):
    result = perform("qlcplus", "qlcplus", open_folder)
    delays_ms = [rises_ms(result, heard_s, 0) for _, heard_s in result["beats"]]
    print(f"QLC+: channel after beat, ms: {np.round(delays_ms, 1)}")
    assert None not in delays_ms and np.median(delays_ms) < 45  # it looks at its inputs every 20 ms
    for beat, heard_s in result["beats"]:
        during = [v for asked_s, _, v in result["seen"] if heard_s + 0.03 < asked_s < heard_s + 0.06]
        downbeat, second, energy = (max(values[channel] for values in during) for channel in (1, 2, 3))
        assert (downbeat == 255) == (beat == 1) and (second == 255) == (beat == 2)
        assert energy == 127  # 0.5
    assert result["seen"][0][2][4] == 0 and result["seen"][-1][2][4] == 255  # OS2L's beat came through
    assert result["os2l"]["connected"] and result["os2l"]["sent"] == len(result["beats"])
