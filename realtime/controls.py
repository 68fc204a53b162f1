"""What a performer can turn, and the pure rule by which each turn changes the controls.

Controls come from the keyboard, OSC or the stage page, enter once a hop, and nowhere else.
"""

import math
import queue
from dataclasses import dataclass, field, replace

from configs.genres import GENRES

INBOX_SIZE = 256


@dataclass(frozen=True)
class SetStyle:
    """Play this style alone."""

    name: str


@dataclass(frozen=True)
class StyleMix:
    """Blend styles; weights are made to sum to one."""

    weights: dict[str, float]


@dataclass(frozen=True)
class Intensity:
    """How much the band makes of the dancer's energy; 0.5 is neutral."""

    value: float


@dataclass(frozen=True)
class Tap:
    """A tap on the beat at this show time."""

    time_s: float


@dataclass(frozen=True)
class SetTempo:
    """Play this tempo; None gives it back to the dancer."""

    bpm: float | None


@dataclass(frozen=True)
class Nudge:
    """Move the beat grid by so many beats, later if positive."""

    beats: float


@dataclass(frozen=True)
class Mute:
    """Silence the sound, or bring it back; the show goes on beneath."""

    on: bool


@dataclass(frozen=True)
class Panic:
    """Silence at once and forget everything that was played and followed."""


@dataclass(frozen=True)
class ChangeBundle:
    """Perform with another bundle from the next bar on."""

    path: str


@dataclass(frozen=True)
class Song:
    """Choose one of the songs that a style knows."""

    slot: int


@dataclass(frozen=True)
class Record:
    """Begin a take, or end the one that is running."""

    on: bool


Control = (
    SetStyle | StyleMix | Intensity | Tap | SetTempo | Nudge | Mute | Panic | ChangeBundle | Song | Record
)


@dataclass(frozen=True)
class Controls:
    """The state of everything that can be turned, as one hop sees it."""

    style: tuple[float, ...] = (1.0, *[0.0] * (len(GENRES) - 1))
    """Weight of each genre, summing to one, in the order of ``configs.genres``."""
    song: int = 0
    intensity: float = 0.5
    bpm: float | None = None
    mute: bool = False
    taps_s: tuple[float, ...] = field(default=())
    """Taps since the last hop."""
    nudge_beats: float = 0.0
    """Nudges since the last hop."""
    panic: bool = False

    @property
    def style_name(self) -> str:
        """The heaviest style."""
        return GENRES[max(range(len(GENRES)), key=lambda genre: self.style[genre])]

    def once_consumed(self) -> "Controls":
        """What lasts: taps, nudges and panic belong to one hop only."""
        return replace(self, taps_s=(), nudge_beats=0.0, panic=False)


def style_weights(weights: dict[str, float]) -> tuple[float, ...]:
    """Weights by genre name as a tuple summing to one.

    Raises:
        ValueError: an unknown style, or nothing positive.
    """
    unknown = sorted(set(weights) - set(GENRES))
    if unknown:
        raise ValueError(f"style {unknown[0]!r} is unknown; choose from {', '.join(GENRES)}")
    values = [max(0.0, float(weights.get(genre, 0.0))) for genre in GENRES]
    total = sum(values)
    if not total > 0.0 or total == float("inf"):
        raise ValueError("a style mix needs at least one weight above zero")
    return tuple(value / total for value in values)


def checked(controls: Controls) -> Controls:
    """The controls themselves, if turning could have made them: for those that come from a file.

    Raises:
        ValueError: a value that cannot be, in a sentence.
    """
    if len(controls.style) != len(GENRES):
        raise ValueError(f"a style has {len(GENRES)} weights, not {len(controls.style)}")
    style_weights(dict(zip(GENRES, controls.style, strict=True)))
    turn(turn(controls, Intensity(controls.intensity)), SetTempo(controls.bpm))
    if not all(math.isfinite(value) for value in (*controls.style, controls.nudge_beats, *controls.taps_s)):
        raise ValueError("weights, taps and nudges must be numbers")
    if not isinstance(controls.song, int) or controls.song < 0:
        raise ValueError(f"song {controls.song!r} is no song's number: those are 0, 1, 2 and so on")
    return controls


def turn(controls: Controls, control: Control) -> Controls:
    """The controls after one turn.

    Raises:
        ValueError: a value that cannot be, in a sentence.
    """
    match control:
        case SetStyle(name):
            return replace(controls, style=style_weights({name: 1.0}))
        case StyleMix(weights):
            return replace(controls, style=style_weights(weights))
        case Intensity(value):
            return replace(controls, intensity=_within("intensity", value, 0.0, 1.0))
        case Tap(time_s):
            return replace(controls, taps_s=(*controls.taps_s, time_s))
        case SetTempo(bpm):
            return replace(controls, bpm=None if bpm is None else _within("tempo", bpm, 40.0, 240.0))
        case Nudge(beats):
            return replace(controls, nudge_beats=controls.nudge_beats + _within("nudge", beats, -4.0, 4.0))
        case Mute(on):
            return replace(controls, mute=on)
        case Panic():
            return replace(controls, panic=True)
        case Song(slot):
            return replace(controls, song=max(0, int(slot)))
        case ChangeBundle() | Record():
            return controls  # the show's business: bundles and files are devices, not numbers
    raise ValueError(f"{control!r} is no control")


def _within(name: str, value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise ValueError(f"{name} {value!r} is outside {low:g}..{high:g}")
    return float(value)


class ControlInbox:
    """Where threads leave controls for the next hop. Bounded: when full, the oldest goes."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Control] = queue.Queue(INBOX_SIZE)
        self.dropped = 0

    def put(self, control: Control) -> None:
        """Leave a control; never blocks."""
        while True:
            try:
                return self._queue.put_nowait(control)
            except queue.Full:
                self.dropped += 1
                try:
                    self._queue.get_nowait()
                except queue.Empty:
                    continue

    def take(self) -> list[Control]:
        """Everything that was left since the last hop, in order."""
        taken: list[Control] = []
        while True:
            try:
                taken.append(self._queue.get_nowait())
            except queue.Empty:
                return taken
