"""What a page may ask, as controls. Pure; everything from outside is checked here."""

import json
import math
from typing import Any

from realtime.controls import (
    Control,
    Controls,
    Intensity,
    Mute,
    Nudge,
    Panic,
    Record,
    SetTempo,
    Song,
    StyleMix,
    Tap,
    turn,
)

LONGEST = 2048
"""Characters of a command."""


class CommandError(ValueError):
    """A command that is refused, in a sentence."""


def read_command(text: str) -> dict[str, Any]:
    """The fields of a command.

    Raises:
        CommandError: no JSON object with a ``do``, or too long.
    """
    if len(text) > LONGEST:
        raise CommandError(f"a command has at most {LONGEST} characters")
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError) as error:  # a thousand brackets
        raise CommandError("a command is a JSON object") from error
    if not isinstance(fields, dict) or not isinstance(fields.get("do"), str):
        raise CommandError('a command is a JSON object with a "do"')
    return fields


def to_control(fields: dict[str, Any], now_s: float) -> Control:
    """The control a command means.

    Args:
        fields: of ``read_command``.
        now_s: show time; a tap that states its own time may be up to a second older.

    Raises:
        CommandError: unknown, incomplete, or a value that cannot be.
    """
    try:
        control = _control(fields, now_s)
        turn(Controls(), control)
    except CommandError:
        raise
    except (KeyError, TypeError, ValueError, OverflowError, AttributeError) as error:
        raise CommandError(f"{fields['do']!r} is refused: {error}") from error
    return control


def _control(fields: dict[str, Any], now_s: float) -> Control:
    match fields["do"]:
        case "style":
            return StyleMix({str(name): _number(weight) for name, weight in fields["weights"].items()})
        case "intensity":
            return Intensity(_number(fields["value"]))
        case "tap":
            return Tap(_tap_time(fields.get("at_s"), now_s))
        case "tempo":
            return SetTempo(None if fields["bpm"] is None else _number(fields["bpm"]))
        case "nudge":
            return Nudge(_number(fields["beats"]))
        case "mute":
            return Mute(_flag(fields["on"]))
        case "panic":
            return Panic()
        case "song":
            return Song(int(_number(fields["slot"])))
        case "record":
            return Record(_flag(fields["on"]))
        case unknown:
            raise CommandError(f"{str(unknown)[:40]!r} is no command")


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r} is not a number")
    return float(value)


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{value!r} is neither true nor false")
    return value


def _tap_time(at_s: Any, now_s: float) -> float:
    if at_s is None:
        return now_s
    return min(now_s, max(now_s - 1.0, _number(at_s)))
