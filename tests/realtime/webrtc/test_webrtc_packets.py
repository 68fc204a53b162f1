import av
import numpy as np
import pytest
from aiortc.codecs.vpx import VpxPayloadDescriptor
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap, RtpPacket

from realtime.webrtc.opus import LOOK_AHEAD, SAMPLES_PER_PACKET, OpusEncoder
from realtime.webrtc.packets import VP8_PAYLOAD, mid_extension, rtp_bytes, vp8_payloads
from realtime.webrtc.sender import MID_URI
from realtime.webrtc.vp8 import Vp8Encoder


def test_an_independent_parser_reads_our_header():
    ids = HeaderExtensionsMap()
    ids.configure(RTCRtpParameters(headerExtensions=[RTCRtpHeaderExtensionParameters(id=4, uri=MID_URI)]))
    data = rtp_bytes(
        b"sound",
        payload_type=111,
        marker=True,
        sequence=65_537,
        timestamp=2**32 + 960,
        ssrc=0xDEADBEEF,
        extension=mid_extension(4, "audio0"),
    )
    packet = RtpPacket.parse(data, ids)
    assert (packet.payload_type, packet.marker, packet.sequence_number) == (111, 1, 1)
    assert (packet.timestamp, packet.ssrc, packet.payload) == (960, 0xDEADBEEF, b"sound")
    assert packet.extensions.mid == "audio0"


@pytest.mark.parametrize(("number", "mid"), [(None, "0"), (0, "0"), (15, "0"), (3, ""), (3, "x" * 17)])
def test_an_extension_that_cannot_be_written_is_left_out(number, mid):
    assert mid_extension(number, mid) == b""


def test_a_picture_is_cut_and_can_be_joined():
    picture = bytes(range(256)) * 20
    payloads = vp8_payloads(picture, 70_000)
    read = [VpxPayloadDescriptor.parse(payload) for payload in payloads]
    assert b"".join(data for _, data in read) == picture
    assert [descriptor.partition_start for descriptor, _ in read] == [1] + [0] * (len(read) - 1)
    assert {descriptor.picture_id for descriptor, _ in read} == {70_000 & 0x7FFF}
    assert max(map(len, payloads)) <= VP8_PAYLOAD + 4


def decoded(payloads: list[bytes]) -> np.ndarray:
    codec = av.CodecContext.create("libopus", "r")
    codec.format, codec.layout, codec.sample_rate = "s16", "stereo", 48_000
    frames = [frame for payload in payloads for frame in codec.decode(av.Packet(payload))]
    return np.concatenate([frame.to_ndarray().reshape(-1, 2) for frame in frames]) / 32768


def test_opus_delays_by_its_look_ahead_and_by_nothing_else():
    encoder = OpusEncoder(160_000)
    samples = np.zeros(20 * SAMPLES_PER_PACKET, np.float32)
    click = 9_000
    samples[click : click + 48] = 0.8 * np.hanning(48)
    payloads = [encoder.encode(part) for part in samples.reshape(-1, SAMPLES_PER_PACKET)]
    sound = decoded(payloads)
    assert all(payloads), "every 20 ms give one packet"
    assert np.argmax(np.abs(sound[:, 0])) == pytest.approx(click + 24 + LOOK_AHEAD, abs=24)


def test_opus_keeps_music_level_and_band():
    encoder, rate = OpusEncoder(160_000), 48_000
    time_s = np.arange(50 * SAMPLES_PER_PACKET) / rate
    samples = (0.3 * np.sin(2 * np.pi * 440 * time_s) + 0.1 * np.sin(2 * np.pi * 9500 * time_s)).astype("f4")
    sound = decoded([encoder.encode(part) for part in samples.reshape(-1, SAMPLES_PER_PACKET)])[9600:, 0]
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) / (len(sound) / 4)
    at = lambda hz: spectrum[round(hz * len(sound) / rate) - 3 : round(hz * len(sound) / rate) + 4].max()  # noqa: E731
    assert at(440) == pytest.approx(0.3, rel=0.06)
    assert at(9500) == pytest.approx(0.1, rel=0.15)


def test_opus_refuses_another_packet_length():
    with pytest.raises(ValueError, match="960"):
        OpusEncoder(64_000).encode(np.zeros(480, np.float32))


def test_stereo_stays_stereo():
    encoder = OpusEncoder(160_000)
    time_s = np.arange(960) / 48_000
    left = np.sin(2 * np.pi * 500 * time_s).astype(np.float32)
    packets = [encoder.encode(np.stack([left, 0 * left], 1)) for _ in range(20)]
    sound = decoded(packets)[4800:]
    assert np.abs(sound[:, 1]).max() < 0.1 * np.abs(sound[:, 0]).max()


def test_vp8_starts_whole_and_grants_wishes():
    encoder = Vp8Encoder(500_000)
    image = np.random.default_rng(0).integers(0, 255, (120, 160, 3), dtype=np.uint8)
    packets = [encoder.encode(image, 3000 * index, whole=index == 5) for index in range(8)]
    assert [packet.keyframe for packet in packets] == [True] + [False] * 4 + [True] + [False] * 2


def test_vp8_of_a_new_size_starts_anew():
    encoder = Vp8Encoder(500_000)
    encoder.encode(np.zeros((120, 160, 3), np.uint8), 0, whole=False)
    again = encoder.encode(np.zeros((121, 99, 3), np.uint8), 3000, whole=False)
    assert again.keyframe
