"""A camera's packets become pictures as soon as they are complete."""

import random

from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtp import RtpPacket

from realtime.webrtc.peer import PromptBuffer


def packets(frames: int, each: int = 3, first: int = 65_530) -> list[RtpPacket]:
    made = []
    for frame in range(frames):
        for piece in range(each):
            packet = RtpPacket(
                sequence_number=(first + frame * each + piece) % 65_536,
                timestamp=frame * 3000,
                marker=int(piece == each - 1),
            )
            packet._data = f"{frame}.{piece} ".encode()
            made.append(packet)
    return made


def test_a_picture_is_there_with_its_last_packet():
    prompt, usual = PromptBuffer(64, is_video=True), JitterBuffer(64, is_video=True)
    got, usually = [], []
    for index, packet in enumerate(packets(5)):
        got += [(index, frame.data)] if (frame := prompt.add(packet)[1]) else []
        usually += [(index, frame.data)] if (frame := usual.add(packet)[1]) else []
    assert [index for index, _ in got] == [2, 5, 8, 11, 14]
    assert [data for _, data in got] == [f"{n}.0 {n}.1 {n}.2 ".encode() for n in range(5)]
    assert [index for index, _ in usually] == [3, 6, 9, 12], "aiortc's own waits for the next picture"


def test_order_is_restored():
    buffer, got = PromptBuffer(64, is_video=True), []
    shuffled = packets(20)
    rng = random.Random(4)
    for start in range(1, len(shuffled) - 4, 4):
        piece = shuffled[start : start + 4]
        rng.shuffle(piece)
        shuffled[start : start + 4] = piece
    for packet in shuffled:
        frame = buffer.add(packet)[1]
        got += [frame.timestamp] if frame else []
    assert got == sorted(got)
    assert len(got) >= 15
