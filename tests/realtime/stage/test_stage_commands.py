import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.controls import Intensity, Mute, Nudge, Panic, Record, SetTempo, Song, StyleMix, Tap
from realtime.stage.commands import CommandError, read_command, to_control


def control(now_s: float = 10.0, **fields):
    return to_control(read_command(json.dumps(fields)), now_s)


@pytest.mark.parametrize(
    ("fields", "wanted"),
    [
        ({"do": "style", "weights": {"house": 1, "pop": 0.5}}, StyleMix({"house": 1.0, "pop": 0.5})),
        ({"do": "intensity", "value": 0.25}, Intensity(0.25)),
        ({"do": "tempo", "bpm": 121}, SetTempo(121.0)),
        ({"do": "tempo", "bpm": None}, SetTempo(None)),
        ({"do": "nudge", "beats": -0.05}, Nudge(-0.05)),
        ({"do": "mute", "on": True}, Mute(True)),
        ({"do": "panic"}, Panic()),
        ({"do": "song", "slot": 2}, Song(2)),
        ({"do": "record", "on": False}, Record(False)),
        ({"do": "tap"}, Tap(10.0)),
        ({"do": "tap", "at_s": 9.7}, Tap(9.7)),
        ({"do": "tap", "at_s": 99.0}, Tap(10.0)),
        ({"do": "tap", "at_s": -5.0}, Tap(9.0)),
    ],
)
def test_commands_become_controls(fields, wanted):
    assert control(**fields) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "7", "{}", '{"do": 1}', '{"do": "fly"}', '{"do": "style"}',
        '{"do": "style", "weights": []}',
        '{"do": "style", "weights": {"polka": 1}}', '{"do": "style", "weights": {"house": 0}}',
        '{"do": "style", "weights": {"house": "1"}}', '{"do": "intensity", "value": 2}',
        '{"do": "intensity", "value": NaN}', '{"do": "intensity", "value": true}', '{"do": "mute", "on": 1}',
        '{"do": "tempo", "bpm": 1e9}', '{"do": "tempo"}', '{"do": "nudge", "beats": null}',
        "[" * 1500, '{"do":' * 300, '{"do": "song", "slot": Infinity}', '{"do": "panic"' + " " * 3000 + "}",
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_a_sentence(text):
    with pytest.raises(CommandError) as refusal:
        to_control(read_command(text), 1.0)
    assert len(str(refusal.value)) > 10


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["style", "intensity", "tap", "tempo", "nudge", "mute", "song", "record"])
KEYS = st.sampled_from(["weights", "value", "at_s", "bpm", "beats", "on", "slot"])


@settings(max_examples=200, deadline=None)
@given(NAMES, st.dictionaries(KEYS, JSON, max_size=3))
def test_no_value_gets_past(name, fields):
    with contextlib.suppress(CommandError):
        to_control({"do": name, **fields}, 1.0)
