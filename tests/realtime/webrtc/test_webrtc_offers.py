import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.webrtc.offers import OfferError, read_fragment, read_offer

HEAD = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {mids}\r\n"
SECTION = (
    "m={kind} 9 {profile}\r\nc=IN IP4 0.0.0.0\r\na=mid:{mid}\r\na={direction}\r\na=rtcp-mux\r\n"
    "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdef0123456\r\na=setup:actpass\r\n"
    "a=fingerprint:sha-256 AA:BB\r\na=candidate:1 1 udp 1 192.0.2.7 9 typ host\r\n"
    "a=end-of-candidates\r\n{codec}"
)
AUDIO = {"kind": "audio", "profile": "UDP/TLS/RTP/SAVPF 111", "codec": "a=rtpmap:111 opus/48000/2\r\n"}
VIDEO = {"kind": "video", "profile": "UDP/TLS/RTP/SAVPF 96", "codec": "a=rtpmap:96 VP8/90000\r\n"}
DATA = {"kind": "application", "profile": "UDP/DTLS/SCTP webrtc-datachannel", "codec": "a=sctp-port:5000\r\n"}


def offer(*sections: dict, direction: str = "recvonly") -> bytes:
    mids = " ".join(map(str, range(len(sections))))
    body = "".join(
        SECTION.format(**{"mid": mid, "direction": direction, **section})
        for mid, section in enumerate(sections)
    )
    return (HEAD.format(mids=mids) + body).encode()


def test_a_listeners_offer_is_read():
    assert read_offer(offer(AUDIO, VIDEO, DATA), sends=False).kinds == ("audio", "video", "application")


def test_nothing_in_an_offer_makes_us_send_anywhere():
    text = read_offer(offer(AUDIO), sends=False).text
    assert "192.0.2.7" not in text
    assert "end-of-candidates" not in text


@pytest.mark.parametrize(
    ("body", "sends", "status"),
    [
        (b"", False, 400),
        (b"\xff\xfe", False, 400),
        (b"{}", False, 400),
        (b"v=0\r\nm=audio\r\n", False, 400),
        (b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n", False, 406),
        (offer(AUDIO, AUDIO), False, 406),
        (offer(AUDIO, VIDEO, DATA, DATA, DATA), False, 406),
        (offer({**AUDIO, "kind": "message"}), False, 406),
        (offer(AUDIO, direction="sendonly"), False, 406),
        (offer(AUDIO, direction="sendonly"), True, 406),
        (offer(VIDEO, direction="recvonly"), True, 406),
        (offer(AUDIO).replace(b"a=rtcp-mux\r\n", b""), False, 406),
        (offer(AUDIO).replace(b"a=mid:0\r\n", b""), False, 406),
        (offer(AUDIO).replace(b"a=ice-pwd:0123456789abcdef0123456\r\n", b""), False, 400),
        (offer(AUDIO).replace(b"a=fingerprint:sha-256 AA:BB\r\n", b""), False, 400),
        (offer(AUDIO, DATA).replace(b"a=group:BUNDLE 0 1\r\n", b""), False, 406),
    ],
)
def test_what_cannot_be_served_is_refused_with_the_right_status(body, sends, status):
    with pytest.raises(OfferError) as refusal:
        read_offer(body, sends)
    assert refusal.value.status == status
    assert len(str(refusal.value)) > 10


def test_a_performers_offer_is_read():
    assert read_offer(offer(VIDEO, DATA, direction="sendonly"), sends=True).kinds == ("video", "application")


GOOD = offer(AUDIO, VIDEO, DATA)


@settings(max_examples=150, deadline=None)
@given(st.integers(0, len(GOOD) - 1), st.integers(1, 60), st.binary(max_size=12))
def test_damaged_offers_are_refused_or_read_but_never_crash(start, length, inserted):
    damaged = GOOD[:start] + inserted + GOOD[start + length :]
    try:
        read_offer(damaged, sends=False)
    except OfferError as error:
        assert error.status in (400, 406)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_anything_may_be_sent(body):
    with pytest.raises(OfferError):
        read_offer(body, sends=False)


def test_a_fragment_tells_its_credentials():
    body = b"a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\n"
    assert read_fragment(body) == ("EsAw", "P2uYro0UCOQ4zxjKXaWCBui1")
    assert read_fragment(b"a=end-of-candidates\r\n") == (None, None)
    for bad in (b"\xff", b"hello", b""):
        with pytest.raises(OfferError):
            read_fragment(bad)
