import json
import struct

import numpy as np

from realtime.types import Beat, Landmarks, Onset, Tempo
from realtime.webrtc.wire import (
    COLUMN,
    PICTURE,
    POSE,
    event_message,
    pack_column,
    pack_picture,
    pack_pose,
    to_json,
)


def test_a_beat_tells_when_it_sounds_on_both_clocks():
    message = event_message(Beat(5, 3, 2, 123.4567, 0.87654), 2**32 + 7, 12.3456789)
    assert message == {
        "type": "beat", "rtp": 7, "heard_at_s": 12.345679, "beat_in_bar": 3, "bar": 2, "bpm": 123.457,
        "confidence": 0.877,
    }  # fmt: skip
    assert event_message(Tempo(90, 0.5), 1)["type"] == "tempo"
    assert event_message(Onset(5, 0.25), 1)["strength"] == 0.25


def test_json_is_strict():
    text = to_json(
        {"a": float("nan"), "b": [np.float32(0.5), np.int64(3)], "c": {"d": float("inf")}, "e": object}
    )
    values = json.loads(text)
    assert values["a"] is None and values["b"] == [0.5, 3] and values["c"] == {"d": None}


def test_a_pose_survives_packing():
    points = np.random.default_rng(0).uniform(-0.2, 1.2, (33, 4)).astype(np.float32)
    points[:, 3] = np.clip(points[:, 3], 0, 1)
    points[5] = np.nan
    packed = pack_pose(Landmarks(1.0, points, 1.5, person=2), 99, 12.5)
    kind, person, count, rtp, taken_s, aspect = struct.unpack_from("<BBHIdf", packed)
    assert (kind, person, count, rtp, taken_s, aspect) == (POSE, 2, 33, 99, 12.5, 1.5)
    for joint in range(33):
        x, y, z, seen = struct.unpack_from("<hhhB", packed, 20 + 7 * joint)
        if joint == 5:
            assert seen == 0
            continue
        np.testing.assert_allclose(np.array([x, y, z]) / 8192, points[joint, :3], atol=1e-4)
        assert abs(seen / 255 - points[joint, 3]) < 0.003
    assert len(packed) == 20 + 7 * 33


def test_pictures_and_columns_carry_their_times():
    picture = pack_picture(b"jpeg", 7, 1.25)
    assert (
        picture[0] == PICTURE
        and struct.unpack_from("<Id", picture, 4) == (7, 1.25)
        and picture[16:] == b"jpeg"
    )
    column = pack_column(np.arange(64, dtype=np.uint8), 2.5, -3.0, -12.0, 11)
    assert column[0] == COLUMN and struct.unpack_from("<HIdff", column, 2) == (64, 11, 2.5, -3.0, -12.0)
    assert column[24:] == bytes(range(64))
