import json
import random
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from configs.errors import ConfigError, SinkError
from configs.genres import GENRES
from realtime.controls import (
    ChangeBundle,
    ControlInbox,
    Controls,
    Intensity,
    Mute,
    Nudge,
    Panic,
    SetStyle,
    SetTempo,
    Song,
    StyleMix,
    Tap,
    turn,
)
from realtime.osc import OscControl
from realtime.osc.messages import Message, encode, encode_bundle
from tests.measure.osc_fuzz import garbage, mutated, resident_bytes, seeds
from tests.realtime.osc.osc_parser import parse
from tests.toy_bundle import make_toy_bundle

HERE = ("127.0.0.1", 5000)
ROOT = Path(__file__).parents[3]


@pytest.fixture
def control():
    taken = []
    made = OscControl(0, taken.append, show_time_s=lambda: 12.5, threaded=False)
    made.taken = taken
    yield made
    made.close()


def say(control, address, *args, sender=HERE):
    control.taken.clear()
    control.handle(encode(Message(f"/noverre/control/{address}", args)), sender)
    return list(control.taken)


@pytest.mark.parametrize(
    ("address", "args", "meant"),
    [
        ("style", ("krump",), SetStyle("krump")),
        ("style", (1,), SetStyle("break")),
        ("style/house", (1.0,), SetStyle("house")),
        ("mix", ("house", 0.5, "pop", 0.25), StyleMix({"house": 0.5, "pop": 0.25})),
        ("mix", tuple(range(10)), StyleMix(dict(zip(GENRES, map(float, range(10)), strict=True)))),
        ("intensity", (0.7,), Intensity(pytest.approx(0.7))),
        ("intensity", (1,), Intensity(1.0)),
        ("tap", (), Tap(12.5)),
        ("tap", (1.0,), Tap(12.5)),
        ("tempo", (123.5,), SetTempo(123.5)),
        ("tempo", (0.0,), SetTempo(None)),
        ("nudge", (-0.05,), Nudge(pytest.approx(-0.05))),
        ("mute", (1,), Mute(True)),
        ("mute", (0.0,), Mute(False)),
        ("panic", (), Panic()),
        ("song", (3,), Song(3)),
        ("bundle", ("house",), ChangeBundle("bundles/house")),
    ],
)
def test_what_is_asked_for_is_what_is_put(control, address, args, meant):
    assert say(control, address, *args) == [meant]
    assert control.report().bad_total == 0


def test_releases_of_buttons_are_no_controls_and_no_mistakes(control):
    for address in ("tap", "panic", "style/house"):
        assert say(control, address, 0.0) == []
    assert control.report().bad == {}


@pytest.mark.parametrize(
    ("address", "args"),
    [
        ("style", ("tango",)),
        ("style", (0,)),
        ("style", (11,)),
        ("style", ()),
        ("mix", ("house",)),
        ("mix", (0.5,)),
        ("mix", ("house", -1.0)),
        ("mix", tuple([0.0] * 10)),
        ("mix/tango", (0.5,)),
        ("intensity", (1.5,)),
        ("intensity", ("loud",)),
        ("intensity", (b"abc",)),
        ("tempo", (5000.0,)),
        ("nudge", (99.0,)),
        ("bundle", ("../../etc",)),
        ("bundle", ("/tmp/x",)),
        ("bundle", (3,)),
        ("volume", (1.0,)),
        ("", ()),
    ],
)
def test_what_cannot_be_is_counted_and_named_once(control, caplog, address, args):
    for _ in range(3):
        assert say(control, address, *args) == []
    ((reason, count),) = control.report().bad.items()
    assert count == 3 and ("impossible value" in reason or "not ours" in reason)
    assert len(caplog.records) == 1


def test_style_faders_come_one_at_a_time_and_start_where_the_show_stands(control):
    control.echo(turn(Controls(), SetStyle("pop")))
    assert say(control, "mix/house", 0.5) == [StyleMix({"pop": 1.0, "house": 0.5})]
    assert say(control, "mix/pop", 0.0) == [StyleMix({"pop": 0.0, "house": 0.5})]
    assert say(control, "mix/house", 0.0) == [StyleMix({"pop": 0.0, "house": 0.5})]


def test_bundles_of_messages_are_taken_apart(control):
    packets = [encode(Message("/noverre/control/mute", (on,))) for on in (1, 0)]
    control.handle(encode_bundle(packets), HERE)
    assert control.taken == [Mute(True), Mute(False)]


def test_only_allowed_senders_are_heard():
    taken = []
    control = OscControl(0, taken.append, show_time_s=float, senders=("10.0.0.0/24", "::1"), threaded=False)
    packet = encode(Message("/noverre/control/panic"))
    for sender in ("127.0.0.1", "10.0.1.7", "10.0.0.7", "::1"):
        control.handle(packet, (sender, 9))
    control.close()
    assert taken == [Panic(), Panic()] and control.report().bad == {"a sender that is not allowed": 2}
    with pytest.raises(ConfigError, match=r"senders.*'everybody'"):
        OscControl(0, taken.append, show_time_s=float, senders=("everybody",))


def test_a_port_in_use_is_said_in_a_sentence(control):
    with pytest.raises(SinkError, match=f"127.0.0.1:{control.port} cannot be listened on"):
        OscControl(control.port, print, show_time_s=float)
    with pytest.raises(SinkError, match="choose another"):
        OscControl(70_000, print, show_time_s=float)


def test_controllers_learn_how_things_stand():
    inbox = ControlInbox()
    control = OscControl(0, inbox.put, show_time_s=float)
    controller = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    controller.settimeout(2.0)
    controller.sendto(encode(Message("/noverre/control/style", ("krump",))), ("127.0.0.1", control.port))
    controls = Controls()
    while controls == Controls():
        for one in inbox.take():
            controls = turn(controls, one)
    control.echo(controls)
    control.echo(controls)  # nothing new: nothing is said
    told = {}
    for _ in range(15):
        ((_, address, args),) = parse(controller.recv(2048))
        assert address not in told
        told[address] = args
    assert told["/noverre/control/style"] == ["krump"]
    assert told["/noverre/control/mix/krump"] == [1.0] and told["/noverre/control/mix/pop"] == [0.0]
    assert told["/noverre/control/mute"] == [0]
    control.close()
    controller.close()


def test_a_hundred_thousand_broken_packets_change_nothing(control):
    rng = random.Random(7)
    good = seeds()
    inbox = ControlInbox()
    control._put = inbox.put

    def batch(count):
        for number in range(count):
            control.handle(garbage(rng) if number % 4 == 0 else mutated(rng, rng.choice(good)), HERE)
            if number % 500 == 0:
                for one in inbox.take():
                    turn(Controls(), one)  # whatever got through can be turned

    batch(10_000)
    before = resident_bytes()
    batch(90_000)
    grown = resident_bytes() - before
    report = control.report()
    assert report.packets == 100_000
    assert report.bad_total > 50_000 and len(report.bad) < 40  # reasons are few, however many the packets
    assert grown < 2_000_000
    inbox.take()
    assert say(control, "mute", 1) == [] and inbox.take() == [Mute(True)]


def test_a_flood_on_the_port_is_survived_and_the_next_control_is_heard():
    rng = random.Random(1)
    inbox = ControlInbox()
    control = OscControl(0, inbox.put, show_time_s=float)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for _ in range(3_000):
        sender.sendto(mutated(rng, rng.choice(seeds()[:4])), ("127.0.0.1", control.port))
    heard = []
    for _ in range(200):
        sender.sendto(encode(Message("/noverre/control/song", (5,))), ("127.0.0.1", control.port))
        control._closed.wait(0.005)
        heard += inbox.take()
        if Song(5) in heard:
            break
    assert Song(5) in heard
    control.close()
    sender.close()


def test_broken_packets_leave_a_running_show_alone(tmp_path: Path):
    """The short version of ``python -m tests.measure.osc_fuzz``, where a hop that hangs is late."""
    command = [sys.executable, "-m", "tests.measure.osc_fuzz", "--packets", "2500", "--silent", "--json"]
    command += ["--bundle", str(make_toy_bundle(tmp_path))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["exceptions"] == [] and found["held_hops"] == 0 and found["summary"]["late_hops"] == 0
    assert found["summary"]["hops"] > 8 and sum(found["port"]["bad"].values()) > 1_000
    assert found["songs"] >= 3  # sound ones were obeyed in between; the kernel may have dropped some
    assert found["grown_bytes"] < 8_000_000
