"""What an incoming OSC message asks for, as a ``Control``. Pure: time is an argument.

Forgiving about types (a fader app sends 1.0 where another sends 1 or True), strict about values: whatever
cannot be is an ``OscError`` with one of a few fixed reasons.
"""

import math
import re
from collections.abc import Callable

from configs.genres import GENRES
from realtime.controls import (
    ChangeBundle,
    Control,
    Controls,
    Intensity,
    Mute,
    Nudge,
    Panic,
    SetStyle,
    SetTempo,
    Song,
    StyleMix,
    Tap,
    turn,
)
from realtime.osc.messages import Arg, Message, OscError

Args = tuple[Arg, ...]


class Commands:
    """Messages to controls. Remembers the style faders, which come one at a time.

    Args:
        prefix: what addresses begin with; ``/control/...`` follows.
    """

    def __init__(self, prefix: str = "/noverre") -> None:
        self._prefix = f"{prefix}/control/"
        self._faders: dict[str, float] = {}
        self._read: dict[str, Callable[[str, Args, float], Control | None]] = {
            "style": self._style,
            "mix": self._mix,
            "intensity": lambda _, args, __: Intensity(_number(args)),
            "tap": lambda _, args, now_s: Tap(now_s) if _pressed(args) else None,
            "tempo": lambda _, args, __: SetTempo(_number(args) or None),
            "nudge": lambda _, args, __: Nudge(_number(args)),
            "mute": lambda _, args, __: Mute(_pressed(args)),
            "panic": lambda _, args, __: Panic() if _pressed(args) else None,
            "song": lambda _, args, __: Song(int(_number(args))),
            "bundle": lambda _, args, __: ChangeBundle(_bundle(args)),
        }

    def control(self, message: Message, now_s: float) -> Control | None:
        """The control a message asks for; None for the release of a button.

        Args:
            message: as received.
            now_s: show time in seconds, which a tap remembers.

        Raises:
            OscError: an address that is not ours or a value that cannot be.
        """
        if not message.address.startswith(self._prefix):
            raise OscError("an address that is not ours")
        word, _, rest = message.address[len(self._prefix) :].partition("/")
        if word not in self._read:
            raise OscError("an address that is not ours")
        try:
            control = self._read[word](rest, message.args, now_s)
            if control is not None:
                turn(Controls(), control)  # refuses what cannot be
        except (ValueError, TypeError, OverflowError) as error:
            raise OscError(f"an impossible value for {word}") from error
        return control

    def remember(self, controls: Controls) -> None:
        """Set the faders to what is played, so that one moved fader moves from there."""
        self._faders = {
            genre: weight for genre, weight in zip(GENRES, controls.style, strict=True) if weight > 0
        }

    def _style(self, rest: str, args: Args, _: float) -> Control | None:
        """``style NAME``, ``style NUMBER`` (from 1) or a button ``style/NAME``."""
        if rest:
            return SetStyle(rest) if _pressed(args) else None
        if args and isinstance(args[0], str):
            return SetStyle(args[0])
        number = int(_number(args))
        if not 1 <= number <= len(GENRES):
            raise ValueError(number)
        return SetStyle(GENRES[number - 1])

    def _mix(self, rest: str, args: Args, _: float) -> Control:
        """``mix`` with ten weights or name, weight, name, weight ...; or one fader ``mix/NAME``."""
        if rest:
            if rest not in GENRES:
                raise ValueError(rest)
            faders = {**self._faders, rest: _weight(args[0] if args else None)}
            if any(faders.values()):  # the last fader going to zero keeps its style
                self._faders = faders
            return StyleMix(dict(self._faders))
        if args and isinstance(args[0], str):
            names, weights = args[::2], args[1::2]
        else:
            names, weights = GENRES, args
        mix = {str(name): _weight(weight) for name, weight in zip(names, weights, strict=True)}
        return StyleMix(mix)


def _number(args: Args) -> float:
    """The first argument as a finite number; text that is one will do."""
    if not args or isinstance(args[0], bytes) or args[0] is None:
        raise ValueError("no number")
    value = float(args[0])
    if not math.isfinite(value):
        raise ValueError("not finite")
    return value


def _weight(arg: Arg) -> float:
    value = _number((arg,))
    if not 0 <= value <= 1000:
        raise ValueError("not a weight")
    return value


def _pressed(args: Args) -> bool:
    """Buttons send 1 when pressed and 0 when released, or nothing at all."""
    return _number(args) >= 0.5 if args else True


def _bundle(args: Args) -> str:
    """A bundle's folder by its name alone: the network may not point at other places of the disk."""
    if not args or not isinstance(args[0], str) or not re.fullmatch(r"\w[\w.-]{0,63}", args[0], re.ASCII):
        raise ValueError("not a bundle's name")
    return f"bundles/{args[0]}"
