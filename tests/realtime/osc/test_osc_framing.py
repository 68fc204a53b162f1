import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.osc.framing import LengthReader, SlipReader, length_prefixed, slip
from realtime.osc.messages import OscError

PACKETS = st.lists(st.binary(min_size=4, max_size=40), min_size=1, max_size=5)


@given(PACKETS, st.integers(1, 9))
@settings(deadline=None)
def test_packets_survive_any_cut_of_the_stream(packets, step):
    for frame, reader in ((length_prefixed, LengthReader()), (slip, SlipReader())):
        stream = b"".join(map(frame, packets))
        got = [packet for at in range(0, len(stream), step) for packet in reader.feed(stream[at : at + step])]
        assert got == packets


def test_slip_escapes_what_rfc_1055_says():
    assert slip(b"a\xc0b\xdbc") == b"\xc0a\xdb\xdcb\xdb\xddc\xc0"


def test_the_wrong_framing_is_noticed():
    with pytest.raises(OscError, match=r"SLIP"):
        LengthReader().feed(slip(b"/a\0\0,\0\0\0"))
    with pytest.raises(OscError, match=r"OSC 1\.0"):
        SlipReader().feed(b"x" * 200_000)
