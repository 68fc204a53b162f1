import pytest

from configs.errors import ConfigError
from configs.schema import OscTarget
from realtime.osc import Target, parse_target, target_of
from realtime.osc.profiles import PROFILES


def test_host_and_port_are_enough():
    target = parse_target("127.0.0.1:9000")
    assert (target.host, target.port, target.transport, target.profile) == (
        "127.0.0.1",
        9000,
        "udp",
        "generic",
    )
    assert target.prefix == "/noverre" and "pose" in target.events and target.lead_ms == 0


def test_everything_in_one_line():
    target = parse_target(
        "slip://desk.local:3033?profile=eos&lead_ms=25&events=beat,energy&base=90&bundles=0"
    )
    assert (target.host, target.port, target.transport) == ("desk.local", 3033, "slip")
    assert (target.profile, target.lead_ms, target.events, target.base) == (
        "eos",
        25.0,
        ("beat", "energy"),
        90,
    )
    assert parse_target("[::1]:9000").host == "::1"


def test_a_profile_brings_its_port_transport_and_prefix():
    target = parse_target("desk?profile=eos")
    assert (target.port, target.transport, target.prefix) == (3032, "tcp", "/eos")


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_makes_a_target(profile):
    assert Target("127.0.0.1", profile=profile).port == PROFILES[profile].port


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "HOST:PORT"),
        ("localhost", "HOST:PORT"),
        (":9000", "HOST:PORT"),
        ("localhost:many", "not a number"),
        ("localhost:70000", "1 to 65535"),
        ("localhost:0", "1 to 65535"),
        ("http://localhost:80", "udp, tcp, slip"),
        ("localhost:9000/path", "HOST:PORT"),
        ("localhost:9000?profile=hog", "hog"),
        ("localhost:9000?lead=3", "lead_ms"),
        ("localhost:9000?lead_ms=soon", "soon"),
        ("localhost:9000?lead_ms=5000", "5000"),
        ("localhost:9000?lead_ms=nan", "nan"),
        ("localhost:9000?events=beat,smell", "smell"),
        ("localhost:9000?prefix=noverre", "noverre"),
        ("localhost:9000?min_confidence=2", "0 to 1"),
        ("localhost:9000?claim=nothing", "followed, always"),
        ("localhost:9000?bundles=maybe", "maybe"),
    ],
)
def test_mistakes_are_named_in_one_sentence(text, named):
    with pytest.raises(ConfigError) as error:
        parse_target(text)
    assert named in str(error.value) and "\n" not in str(error.value)


def test_what_a_configuration_leaves_out_is_the_profiles():
    target = target_of(OscTarget(port=7770, profile="ola"))
    assert target.prefix == "/dmx/universe" and set(target.events) == {"beat", "energy", "style"}
    written = target_of(OscTarget(port=3032, profile="eos", transport="slip", lead_ms=30, rate_hz=10))
    assert written.transport == "slip" and written.lead_ms == 30 and written.max_hz["pose"] == 10
