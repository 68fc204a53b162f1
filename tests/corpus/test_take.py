import struct

import numpy as np
import pytest

from corpus.band.midi import variable_length
from corpus.band.song import compose
from corpus.bank import Bank
from corpus.take import Take, make_take


@pytest.fixture(scope="module")
def take() -> Take:
    return make_take(compose("waack", 2), number=1, seed=5, phrases=3)


def test_take_keeps_to_the_tempo_range(take: Take) -> None:
    bpm = [make_take(compose("krump", 0), n, 1, 1).bpm / compose("krump", 0).bpm for n in range(20)]
    assert min(bpm) >= 0.88 and max(bpm) <= 1.12
    assert np.diff(sorted(bpm)).max() < 0.04, "twenty takes should cover the range evenly"
    assert len(take.beats_s) == 49 and len(take.downbeats_s) == 12
    assert take.beats_s[0] == 0


def test_variation_has_slots_then_phrases(take: Take) -> None:
    codes = take.variation_codes
    assert codes.shape == (14, take.codes)
    np.testing.assert_array_equal(codes[:6].sum(0), 1)
    assert np.all(codes[2] == 1)
    boundary = int(take.beats_s[16] * 22_050 / 128)
    np.testing.assert_array_equal(codes[6:, boundary - 2], take.variations[0])
    np.testing.assert_array_equal(codes[6:, boundary + 2], take.variations[1])
    held_out = make_take(compose("waack", 7), 0, 5, 1)
    np.testing.assert_allclose(held_out.variation_codes[:6], 1 / 6)


def test_stems_and_codes_are_equally_long(take: Take, bank: Bank) -> None:
    stems = take.stems(bank)
    assert len(stems.phase) == take.codes == take.variation_codes.shape[1]


def test_json_brings_the_take_back(take: Take) -> None:
    again = Take.from_json(take.as_json())
    assert again.as_json() == take.as_json()
    np.testing.assert_array_equal(again.variations, take.variations)
    assert again.notes() == take.notes()


def read_midi(data: bytes) -> list[list[tuple[int, bytes]]]:
    """A second, independent reading of the format: tracks of (tick, message)."""
    assert data[:4] == b"MThd"
    _, count, division = struct.unpack(">HHH", data[8:14])
    assert division == 960
    at, tracks = 14, []
    for _ in range(count):
        assert data[at : at + 4] == b"MTrk"
        (length,) = struct.unpack(">I", data[at + 4 : at + 8])
        body, i, tick, events = data[at + 8 : at + 8 + length], 0, 0, []
        while i < len(body):
            delta = 0
            while True:
                byte = body[i]
                i += 1
                delta = delta << 7 | byte & 0x7F
                if byte < 0x80:
                    break
            tick += delta
            size = 3 + body[i + 2] if body[i] == 0xFF else 2 if body[i] >> 4 == 0xC else 3
            events.append((tick, body[i : i + size]))
            i += size
        assert events[-1][1] == b"\xff\x2f\x00"
        tracks.append(events)
        at += 8 + length
    assert at == len(data)
    return tracks


def test_midi_holds_every_note_and_the_true_tempo(take: Take) -> None:
    tracks = read_midi(take.midi())
    ons = [m for events in tracks for _, m in events if m[0] >> 4 == 9]
    offs = [m for events in tracks for _, m in events if m[0] >> 4 == 8]
    assert len(ons) == len(offs) == len(take.notes())
    beats_us = [int.from_bytes(m[3:], "big") for _, m in tracks[0] if m[:2] == b"\xff\x51"]
    np.testing.assert_allclose(np.cumsum(beats_us) / 1e6, take.beats_s[1:], atol=1e-3)
    assert len(tracks) == 9  # tempo, four drummers, bass, harmony, lead, pad


@pytest.mark.parametrize(
    ("value", "expected"), [(0, "00"), (127, "7f"), (128, "8100"), (0x0FFFFFFF, "ffffff7f")]
)
def test_variable_length_as_the_midi_specification_lists_it(value: int, expected: str) -> None:
    assert variable_length(value).hex() == expected
