"""Demo strings become configs, and mistakes one sentence with key, value and remedy."""

import re

import pytest

from dancer import DancerConfig, Drifting, Stepping, parse_demo
from dancer.demo import _EXAMPLES


def test_the_example_of_the_documentation() -> None:
    config = parse_demo("demo:bpm=104,style=house,seed=3,seconds=60")
    assert config == DancerConfig(bpm=104, style="house", seed=3, seconds=60)


def test_alone_it_is_the_default() -> None:
    assert parse_demo("demo") == parse_demo("demo:") == DancerConfig()


def test_tempi_and_energies() -> None:
    assert parse_demo("demo:drift=0.05,drift_period=12").tempo == Drifting(0.05, 12)
    assert parse_demo("demo:steps=15:120;30:96").tempo == Stepping(((15, 120), (30, 96)))
    assert parse_demo("demo:energy=0:0.2;10:0.8").energy == ((0, 0.2), (10, 0.8))
    assert parse_demo("demo: energy = 0.4 , mirrored=yes, room=living room").room == "living room"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("demo:bpm=fast", ("bpm", "fast", "number")),
        ("demo:bpm=900", ("bpm", "900", "30 to 300")),
        ("demo:stile=house", ("stile", "style")),
        ("demo:style=tango", ("style", "tango", "house")),
        ("demo:seed=1.5", ("seed", "1.5", "whole")),
        ("demo:seed", ("seed", "key=value")),
        ("demo:seed=", ("seed", "key=value")),
        ("demo:seed=1,seed=2", ("seed", "2", "keep one")),
        ("demo:steps=20", ("steps", "20", "seconds:value")),
        ("demo:steps=20:100;10:90", ("steps", "rising")),
        ("demo:drift=0.02,steps=9:100", ("drift", "steps", "keep")),
        ("demo:drift_period=-3", ("drift_period", "-3")),
        ("demo:energy=2", ("energy", "2", "0.6")),
        ("demo:mirrored=maybe", ("mirrored", "maybe", "yes")),
        ("demonstration", ("demonstration", "demo:")),
    ],
)
def test_mistakes_are_named_with_their_remedy(spec: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError) as error:
        parse_demo(spec)
    message = str(error.value)
    assert all(word in message for word in words), message
    assert message.endswith(".") and "\n" not in message


@pytest.mark.parametrize("key", _EXAMPLES)
@pytest.mark.parametrize("text", ["odd", "1:2:3"])
def test_the_remedy_is_itself_taken(key: str, text: str) -> None:
    with pytest.raises(ValueError) as error:
        parse_demo(f"demo:{key}={text}")
    remedy = re.search(rf"({key}=\S+)\.$", str(error.value))
    assert remedy and parse_demo(f"demo:{remedy[1]}")
