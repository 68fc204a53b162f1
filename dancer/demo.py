"""Reads ``demo:bpm=104,style=house,seed=3,seconds=60`` into a DancerConfig.

Keys are those of DancerConfig that a player may want, and three ways to write a tempo that changes:
``drift=0.04`` with ``drift_period=20`` (seconds), or ``steps=15:120;30:96`` (at 15 s 120 BPM, ...).
``energy`` is a level or ``0:0.2;10:0.8``.
"""

from collections.abc import Callable
from typing import Any

from dancer.config import DancerConfig
from dancer.tempo import Drifting, Stepping

Points = tuple[tuple[float, float], ...]


def parse_demo(spec: str) -> DancerConfig:
    """A DancerConfig from ``demo`` or ``demo:key=value,...``.

    Raises ValueError with one sentence that names the key, the value and the remedy.
    """
    head, _, tail = spec.partition(":")
    if head.strip() != "demo":
        raise ValueError(
            f"The source '{spec}' is no demo: write 'demo' or 'demo:bpm=104,style=house,seed=3'."
        )
    values: dict[str, Any] = {}
    for part in filter(None, (piece.strip() for piece in tail.split(","))):
        key, equals, text = (piece.strip() for piece in part.partition("="))
        if not equals or not text:
            raise ValueError(f"demo has '{part}' without a value: write it as key=value, such as bpm=104.")
        if key not in _READERS:
            raise ValueError(f"demo knows no key '{key}' (given as '{part}'): use {', '.join(_READERS)}.")
        if key in values:
            raise ValueError(
                f"demo has the key '{key}' twice, the second time as '{text}': keep one of them."
            )
        values[key] = _READERS[key](key, text)
    return _built(values)


def _built(values: dict[str, Any]) -> DancerConfig:
    drift = {new: values.pop(old) for old, new in _DRIFT_KEYS.items() if old in values}
    steps = values.pop("steps", None)
    if drift and steps:
        raise ValueError(f"demo has both drift={drift} and steps={steps}: keep the one tempo that you mean.")
    try:
        if drift:
            values["tempo"] = Drifting(**drift)
        elif steps:
            values["tempo"] = Stepping(steps)
        return DancerConfig(**values)
    except ValueError as error:
        raise ValueError(f"demo: {error}") from None


def _number(key: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(
            f"demo has {key}={text}, which is no number: write it like {_example(key)}."
        ) from None


def _whole(key: str, text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(
            f"demo has {key}={text}, which is no whole number: write it like {_example(key)}."
        ) from None


def _word(key: str, text: str) -> str:
    return text


def _yes_or_no(key: str, text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(f"demo has {key}={text}: write {key}=yes or {key}=no.")
    return text == "yes"


def _points(key: str, text: str) -> Points:
    pairs = [pair.split(":") for pair in text.split(";") if pair]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"demo has {key}={text}: write seconds:value pairs, such as {_example(key)}.")
    return tuple((_number(key, time), _number(key, value)) for time, value in pairs)


def _level_or_points(key: str, text: str) -> float | Points:
    return _points(key, text) if ":" in text else _number(key, text)


def _example(key: str) -> str:
    return f"{key}={_EXAMPLES[key]}"


_DRIFT_KEYS = {"drift": "depth", "drift_period": "period_s"}
_READERS: dict[str, Callable[[str, str], Any]] = {
    "bpm": _number,
    "style": _word,
    "seed": _whole,
    "seconds": _number,
    "energy": _level_or_points,
    "fps": _number,
    "width": _whole,
    "height": _whole,
    "drift": _number,
    "drift_period": _number,
    "steps": _points,
    "first_beat_s": _number,
    "speed": _number,
    "mirrored": _yes_or_no,
    "looseness": _number,
    "look": _whole,
    "people": _whole,
    "room": _word,
}
_EXAMPLES = {
    "bpm": "104", "seed": "3", "seconds": "60", "energy": "0:0.2;10:0.8", "fps": "30", "width": "640",
    "height": "480", "drift": "0.04", "drift_period": "20", "steps": "15:120;30:96", "first_beat_s": "0.5",
    "speed": "2", "looseness": "0.5", "look": "3", "people": "1",
}  # fmt: skip
"""For every key that wants numbers some that it takes."""
