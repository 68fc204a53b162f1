import numpy as np
import pytest

from realtime.osc import Target
from realtime.osc.profiles import PROFILES
from realtime.osc.rig import BASE_LEVEL, dmx_frame
from realtime.types import Beat, Landmarks, Onset, Tempo, TimedEvent
from tests.realtime.osc.desk import Stage

POSE = np.random.default_rng(3).random((33, 4), np.float32)


def show(profile, beats=5, first=0, events=None, **options):
    """What one desk gets in ``beats`` beats at 120 BPM: [(seconds after the first beat, address, args)]."""
    stage = Stage(Target("desk", profile=profile, name="desk", events=events, **options))
    stage.sink.send_state(style="house", energy=0.5, phase=1.25, status="playing")
    for number in range(beats):
        at_s, count = 100.5 + 0.5 * number, first + number
        stage.sink.send(
            [
                TimedEvent(Beat(0, count % 4 + 1, count // 4, 120.0, 0.9), at_s),
                TimedEvent(Onset(0, 0.75), at_s + 0.25),
            ]
        )
    stage.sink.send([TimedEvent(Tempo(120.0, 0.9), 100.4)])
    stage.run_until(100.45)
    stage.sink.send_pose(Landmarks(0.0, POSE, 4 / 3))
    stage.run_until(100.5 + 0.5 * beats)
    desk = stage.desks["desk"]
    return desk, [(round(at_s - 100.5, 3), address, args) for at_s, _, address, args in desk.got]


def values(got, address):
    return [(at_s, *args) for at_s, found, args in got if found == address]


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("everything", [False, True])
def test_every_packet_of_every_profile_is_osc_of_its_size(profile, everything):
    events = ("beat", "onset", "tempo", "phase", "energy", "style", "status", "pose") if everything else None
    desk, got = show(profile, events=events)
    assert got, "a profile that says nothing"
    assert all(len(packet) <= PROFILES[profile].max_bytes for packet in desk.packets)


def test_generic_is_designs_table():
    _, got = show("generic", beats=2, first=6)
    assert values(got, "/noverre/beat")[0][1:4] == (3, 1, 120.0)
    assert values(got, "/noverre/onset") == [(0.25, 0.75), (0.75, 0.75)]
    assert values(got, "/noverre/tempo")[0][1:] == pytest.approx((120.0, 0.9))
    assert [args for _, address, args in got if address == "/noverre/style"] == [["house"]]
    assert values(got, "/noverre/phase")[0][1] == 1.25
    (pose,) = [args for _, address, args in got if address == "/noverre/pose"]
    assert pose[0] == 0 and np.allclose(np.float32(pose[1:]).reshape(33, 4), POSE)


def test_qlcplus_gets_one_float_of_0_to_1_an_address():
    desk, got = show("qlcplus")
    assert all(len(args) == 1 and isinstance(args[0], float) and 0 <= args[0] <= 1 for *_, args in got)
    assert values(got, "/noverre/beat")[:4] == [(0.0, 1.0), (0.06, 0.0), (0.5, 1.0), (0.56, 0.0)]
    assert values(got, "/noverre/downbeat") == [(0.0, 1.0), (0.06, 0.0), (2.0, 1.0), (2.06, 0.0)]
    assert values(got, "/noverre/beat3") == [(1.0, 1.0), (1.06, 0.0)]
    assert not any(packet.startswith(b"#bundle") for packet in desk.packets)


def test_resolume_is_tapped_on_beats_and_resynced_on_downbeats():
    _, got = show("resolume")
    tap, resync = "/composition/tempocontroller/tempotap", "/composition/tempocontroller/resync"
    assert values(got, tap)[:4] == [(0.0, 1), (0.06, 0), (0.5, 1), (0.56, 0)]
    assert [at_s for at_s, value in values(got, resync) if value == 1] == [0.0, 2.0]
    _, got = show("resolume", events=("tempo",))
    assert got == [(-0.1, "/composition/tempocontroller/tempo", [pytest.approx((120 - 20) / 480)])]


def test_eos_bumps_submasters_and_stays_under_512_bytes():
    desk, got = show("eos", base=90, events=("beat", "onset", "energy", "pose"))
    assert values(got, "/eos/sub/90")[0][1] == 0.5
    assert values(got, "/eos/sub/91/fire") == [(0.0, 1.0), (0.06, 0.0), (2.0, 1.0), (2.06, 0.0)]
    assert values(got, "/eos/sub/95/fire")[0] == (0.25, 1.0)
    assert max(map(len, desk.packets)) < 512
    assert PROFILES["eos"].transport == "tcp" and PROFILES["eos"].port == 3032


def test_a_pose_is_too_long_for_eos_and_said_so():
    stage = Stage(Target("desk", profile="generic", name="desk"))
    lane = stage.sink._lanes[0]
    object.__setattr__(lane.target, "profile", "eos")  # as if somebody gave Eos the generic addresses
    object.__setattr__(lane.target, "events", ("status",))
    stage.sink.send_state(status="x" * 600)
    stage.run_until(100.1)
    assert stage.desks["desk"].got == []


def test_grandma3_gets_keys_faders_and_a_command_never_bundles():
    desk, got = show("grandma3")
    assert not any(packet.startswith(b"#bundle") for packet in desk.packets)
    assert not PROFILES["grandma3"].bundles
    assert values(got, "/gma3/Page1/Fader201")[0][1] == 50.0
    assert values(got, "/gma3/Page1/Key202") == [(0.0, 1), (0.06, 0), (2.0, 1), (2.06, 0)]
    assert values(got, "/gma3/cmd") == [(-0.1, "Master 3.1 At BPM 120.0")]


def test_madrix_moves_its_own_master_within_0_to_255():
    _, got = show("madrix", beats=20)
    master = values(got, "/Output/Master")
    assert all(isinstance(level, int) and 0 <= level <= 255 for _, level in master)
    assert master[1] == (0.0, 255) and master[2][0] == 0.06 and master[2][1] < 200
    assert values(got, "/Cues/Index/Up") == [(8.0,)]


def test_touchdesigner_takes_bundles():
    desk, _ = show("touchdesigner")
    assert all(packet.startswith(b"#bundle\0") for packet in desk.packets)


def test_mediapipe_and_wekinator_get_the_first_persons_pose():
    _, got = show("mediapipe")
    ((_, address, args),) = got
    assert address == "/mediapipe/pose" and args[0] == 1 and len(args) == 133
    _, got = show("wekinator")
    ((_, address, args),) = got
    assert address == "/wek/inputs" and len(args) == 66 and all(isinstance(value, float) for value in args)
    assert np.allclose(np.float32(args).reshape(33, 2), POSE[:, :2])


def test_ola_gets_whole_universes_that_flash_and_fade_with_the_beat():
    _, got = show("ola", base=7)
    frames = [(at_s, args[0]) for at_s, address, args in got if address == "/dmx/universe/7"]
    assert len(frames) == len(got) and all(len(frame) == 512 for _, frame in frames)
    gaps_s = np.diff([at_s for at_s, _ in frames if at_s >= 0])
    assert np.median(gaps_s) == pytest.approx(1 / 40, abs=1e-3) and gaps_s.max() < 0.06
    second = [frame[4] for at_s, frame in frames if 0.5 <= at_s < 1.0]  # the dimmer of fixture 2
    assert second[0] > 200 and second == sorted(second, reverse=True) and second[-1] < 120
    assert next(frame[0] for at_s, frame in frames if at_s == 0.5) < 120  # fixture 1 rests


def test_the_rig_glows_without_a_beat_and_takes_its_hue_from_the_style():
    frame = dmx_frame(None, 0.0, "house")
    assert [frame[at] for at in (0, 4, 8, 12)] == [round(255 * BASE_LEVEL)] * 4
    assert frame[1:4] != dmx_frame(None, 0.0, "krump")[1:4]
    assert not any(frame[16:])
    assert dmx_frame(None, 1.0, "")[0] > frame[0]
