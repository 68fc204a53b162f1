import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message import OscMessage
from pythonosc.osc_message_builder import OscMessageBuilder

from realtime.osc.messages import (
    BUNDLE,
    IMMEDIATELY,
    Message,
    OscError,
    decode,
    encode,
    encode_bundle,
    time_tag,
    unix_s,
)
from tests.realtime.osc.osc_parser import parse

ADDRESSES = st.from_regex(r"/[a-z0-9_]{0,9}(/[a-z0-9_]{1,9}){0,3}", fullmatch=True)
SINGLES = st.floats(width=32, allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=20)
ARGS = st.lists(
    st.one_of(st.integers(-(2**31), 2**31 - 1), SINGLES, TEXT, st.binary(min_size=1, max_size=20)), max_size=8
)


@given(ADDRESSES, ARGS)
@settings(max_examples=300, deadline=None)
def test_every_message_is_read_alike_by_us_by_the_specification_and_by_python_osc(address, args):
    packet = encode(Message(address, tuple(args)))
    assert parse(packet) == [(None, address, args)]
    assert decode(packet) == [(IMMEDIATELY, Message(address, tuple(args)))]
    theirs = OscMessage(packet)
    assert (theirs.address, theirs.params) == (address, args)


def test_bytes_equal_those_of_python_osc():
    builder = OscMessageBuilder("/noverre/beat")
    for value, kind in ((1, "i"), (7, "i"), (120.5, "f"), (0.9, "f"), (0.02, "f"), ("x", "s"), (b"abc", "b")):
        builder.add_arg(value, kind)
    ours = encode(Message("/noverre/beat", (1, 7, 120.5, 0.9, 0.02, "x", b"abc")))
    assert ours == builder.build().dgram


def test_an_int_and_many_floats_take_the_short_way_to_the_same_bytes():
    values = [i / 7 for i in range(132)]
    packet = encode(Message("/noverre/pose", (3, *values)))
    ((_, address, args),) = parse(packet)
    assert address == "/noverre/pose" and args[0] == 3
    assert args[1:] == [struct.unpack(">f", struct.pack(">f", value))[0] for value in values]


@pytest.mark.parametrize(
    "args",
    [(float("nan"),), (float("inf"),), (1e39,), (2**31,), (None,), (1, float("nan")), (1, 1e39), ([],)],
)
def test_what_osc_cannot_say_is_refused(args):
    with pytest.raises(OscError):
        encode(Message("/a", args))


def test_text_that_is_not_ascii_arrives_as_question_marks():
    assert parse(encode(Message("/a", ("Müller\0x",)))) == [(None, "/a", ["M?ller?x"])]


def test_an_address_begins_with_a_slash():
    with pytest.raises(OscError, match="starts with"):
        encode(Message("noverre/beat"))


def test_bundles_nest_and_carry_their_time():
    tag = time_tag(1_700_000_000.25)
    inner = encode_bundle([encode(Message("/b", (2,)))], tag + 5)
    packet = encode_bundle([encode(Message("/a", (1,))), inner], tag)
    assert decode(packet) == [(tag, Message("/a", (1,))), (tag + 5, Message("/b", (2,)))]
    assert [(address, args) for _, address, args in parse(packet)] == [("/a", [1]), ("/b", [2])]
    assert unix_s(tag) == pytest.approx(1_700_000_000.25, abs=1e-6)


def test_time_tags_count_from_1900():
    assert time_tag(0.0) == 2_208_988_800 << 32
    assert time_tag(0.5) & 0xFFFFFFFF == 1 << 31


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (b"", "multiple of four"),
        (b"/abc", "without an end"),
        (b"abc\0", "neither"),
        (b"/a\0\0i\0\0\0", "no type tags"),
        (b"/a\0\0,i\0\0", "too early"),
        (b"/a\0\0,b\0\0\0\0\0\x09abcd", "too early"),
        (b"/a\0\0,i\0\0\0\0\0\1\0\0\0\2", "after the last"),
        (b"/a\0\0,q\0\0\0\0\0\0", "unknown type tag"),
        (b"/\xff\0\0,\0\0\0", "not ASCII"),
        (BUNDLE + b"\0\0\0\1", "time tag"),
        (BUNDLE + bytes(8) + b"\0\0\0\x40", "too early"),
    ],
)
def test_broken_packets_are_named(packet, reason):
    with pytest.raises(OscError, match=reason):
        decode(packet)


def test_bundles_within_bundles_end():
    packet = encode(Message("/a"))
    for _ in range(9):
        packet = encode_bundle([packet])
    with pytest.raises(OscError, match="too deep"):
        decode(packet)


def test_common_extensions_are_read():
    packet = b"/a\0\0,TFNhd[i]t\0\0" + struct.pack(">qdiQ", 5, 0.5, 7, 1)
    assert len(packet) % 4 == 0
    assert decode(packet)[0][1].args == (True, False, None, 5, 0.5, 7, 1)
    assert decode(b"/a\0\0")[0][1] == Message("/a")
