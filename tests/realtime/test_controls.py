from dataclasses import replace

import pytest

from realtime.controls import (
    INBOX_SIZE,
    ControlInbox,
    Controls,
    Intensity,
    Mute,
    Nudge,
    Panic,
    SetStyle,
    SetTempo,
    StyleMix,
    Tap,
    checked,
    turn,
)


def test_each_turn_changes_what_it_says() -> None:
    controls = Controls()
    assert turn(controls, SetStyle("waack")).style_name == "waack"
    assert turn(controls, StyleMix({"pop": 3, "lock": 1})).style[1:3] == (0.75, 0.25)
    assert turn(controls, Intensity(0.8)).intensity == 0.8
    assert turn(controls, SetTempo(120)).bpm == 120 and turn(controls, SetTempo(None)).bpm is None
    assert turn(turn(controls, Tap(1.0)), Tap(1.5)).taps_s == (1.0, 1.5)
    assert turn(controls, Mute(True)).mute and turn(controls, Panic()).panic


def test_what_belongs_to_one_hop_is_consumed() -> None:
    controls = turn(turn(turn(Controls(), Tap(1.0)), Nudge(0.1)), Panic()).once_consumed()
    assert controls == Controls()


@pytest.mark.parametrize(
    "control",
    [
        SetStyle("polka"),
        StyleMix({}),
        StyleMix({"pop": 0}),
        Intensity(2),
        Intensity(float("nan")),
        SetTempo(5),
    ],
)
def test_the_impossible_is_refused_in_words(control: object) -> None:
    with pytest.raises(ValueError, match=r"style|intensity|tempo"):
        turn(Controls(), control)  # type: ignore[arg-type]


def test_a_full_inbox_drops_the_oldest() -> None:
    inbox = ControlInbox()
    for value in range(INBOX_SIZE + 5):
        inbox.put(Nudge(value / 1000))
    taken = inbox.take()
    assert len(taken) == INBOX_SIZE and taken[0] == Nudge(0.005) and inbox.dropped == 5
    assert inbox.take() == []


NAN = float("nan")


def test_what_was_turned_is_whole() -> None:
    controls = turn(turn(turn(Controls(), StyleMix({"pop": 3, "lock": 1})), SetTempo(120)), Nudge(-4))
    assert checked(turn(controls, Tap(1.0))) == turn(controls, Tap(1.0))


@pytest.mark.parametrize(
    "odd",
    [
        {"style": (1.0,)}, {"style": (NAN, *[0.1] * 9)}, {"style": (0.0,) * 10}, {"intensity": NAN},
        {"intensity": 1.5}, {"bpm": NAN}, {"bpm": 0.0}, {"bpm": 1e9}, {"taps_s": (1.0, NAN)},
        {"nudge_beats": float("inf")}, {"song": -1}, {"song": 0.5},
    ],
)  # fmt: skip
def test_what_no_turn_can_have_made_is_refused(odd: dict) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        checked(replace(Controls(), **odd))
