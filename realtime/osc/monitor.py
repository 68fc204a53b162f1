"""``python -m realtime.osc monitor``: what arrives, how punctual it is. A desk's eyes for sound checks.

Prints every beat with its timing, counts the rest, and ends with a summary (and a plot, if asked for).
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from realtime.osc.listen import Arrival, Listener
from realtime.osc.messages import Message
from realtime.osc.picture import picture
from realtime.osc.timing import MATCH_S, Grid, match_onsets, spread, strip

if TYPE_CHECKING:
    from realtime.osc.hearing import Ear

SELDOM = ("style", "status", "tempo", "onset")
"""Kinds that are printed as they come; of the others, pose say, only the number."""

SETTLED_S = 0.5
"""After a beat's time, until the onsets around it are certain."""


class Monitor:
    """Makes lines out of arrivals and onsets. Pure but for ``say``: time is an argument.

    Args:
        say: takes a line.
        prefix: what our addresses begin with.
        heard: True when onsets will be told: then a beat's line waits for them.
    """

    def __init__(self, say: Callable[[str], None], prefix: str = "/noverre", heard: bool = False) -> None:
        self._say, self._prefix, self._heard = say, prefix, heard
        self._start_s: float | None = None
        self._grid = Grid()
        self._waiting: list[tuple[Arrival, float, float | None]] = []
        self._onsets_s: list[float] = []
        self.counts: Counter[str] = Counter()
        self.errors_s: dict[str, list[float]] = {"own grid": [], "sound": []}
        self.beats_s: list[float] = []

    def arrived(self, arrival: Arrival) -> None:
        """Take one arrival."""
        self._start_s = arrival.time_s if self._start_s is None else self._start_s
        message = arrival.message
        if message is None:
            self.counts["not OSC"] += 1
            self._line(arrival.time_s, f"not OSC: {arrival.bad}")
            return
        self.counts[message.address] += 1
        kind = message.address.removeprefix(f"{self._prefix}/")
        if kind == "beat" and len(message.args) == 5:
            self._beat(arrival, message)
        elif kind in SELDOM or self.counts[message.address] == 1:
            self._line(arrival.time_s, _shown(message))

    def heard(self, onsets_s: list[float]) -> None:
        """Take onsets in the sound."""
        self._onsets_s = [*self._onsets_s, *onsets_s][-400:]

    def tick(self, now_s: float) -> None:
        """Print the beats whose surroundings have been heard by now."""
        while self._waiting and now_s > self._waiting[0][1] + SETTLED_S:
            arrival, claimed_s, grid_s = self._waiting.pop(0)
            (sound_s,) = match_onsets([claimed_s], self._onsets_s)
            if sound_s is not None:
                self.errors_s["sound"].append(sound_s)
            self._beat_line(arrival, grid_s, sound_s)

    def summary(self) -> list[str]:
        """What there is to say at the end."""
        lines = [f"{count:7d}  {address}" for address, count in sorted(self.counts.items())]
        lines.append(f"beats beside their own grid: {spread(self.errors_s['own grid'])}")
        if self._heard:
            missed = len(self.beats_s) - len(self.errors_s["sound"])
            near = f"{missed} beats had no onset within {1000 * MATCH_S:.0f} ms"
            lines.append(f"beats beside the sound: {spread(self.errors_s['sound'])}; {near}")
        return lines

    def _beat(self, arrival: Arrival, message: Message) -> None:
        beat_in_bar, bar, _, _, lead_s = (float(arg) for arg in message.args)  # type: ignore[arg-type]
        claimed_s = arrival.time_s + lead_s
        grid_s = self._grid.error_s(4 * bar + beat_in_bar, claimed_s)
        if grid_s is not None:
            self.errors_s["own grid"].append(grid_s)
        self.beats_s.append(claimed_s)
        if self._heard:
            self._waiting.append((arrival, claimed_s, grid_s))
        else:
            self._beat_line(arrival, grid_s, None)

    def _beat_line(self, arrival: Arrival, grid_s: float | None, sound_s: float | None) -> None:
        assert arrival.message is not None
        errors = [f"grid {1000 * grid_s:+5.1f} ms"] if grid_s is not None else ["grid        "]
        errors += [f"sound {1000 * sound_s:+5.1f} ms"] if sound_s is not None else []
        shown = strip(sound_s if self._heard else grid_s)
        self._line(arrival.time_s, f"{_shown(arrival.message):46s} {shown} {'  '.join(errors)}")

    def _line(self, time_s: float, text: str) -> None:
        self._say(f"{time_s - (self._start_s or 0.0):8.3f}  {text}")


def _shown(message: Message) -> str:
    args = [f"{arg:.3f}" if isinstance(arg, float) else str(arg) for arg in message.args[:6]]
    more = f" ... {len(message.args)} in all" if len(message.args) > 6 else ""
    return f"{message.address} {' '.join(args)}{more}"[:110]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The monitor's options."""
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine only)"
    )
    parser.add_argument("--port", type=int, default=9000, help="port to listen on (default 9000)")
    parser.add_argument("--transport", choices=("udp", "tcp", "slip"), default="udp")
    parser.add_argument("--prefix", default="/noverre", help="what our addresses begin with")
    parser.add_argument("--seconds", type=float, help="stop after so long (default: Ctrl-C)")
    parser.add_argument("--plot", type=Path, metavar="SVG", help="draw the errors at the end")
    parser.add_argument(
        "--audio",
        nargs="?",
        const="",
        metavar="INPUT",
        help="listen to a sound input (part of its name) and compare the beats with what is heard",
    )


def run(options: argparse.Namespace) -> None:
    """Listen until told to stop."""
    listener = Listener(options.host, options.port, options.transport)
    ear = _open_ear(options.audio)
    monitor = Monitor(lambda line: print(line, flush=True), options.prefix, heard=ear is not None)
    print(f"listening on {options.host}:{listener.port} ({options.transport}); Ctrl-C ends", flush=True)
    if ear is not None:
        taken_off = f"{1000 * ear.latency_s:.0f} ms are taken off for the input's buffers, as its driver says"
        print(f"hearing: {taken_off}; if that is wrong, all beats shift alike", flush=True)
    end_s = time.perf_counter() + (options.seconds or float("inf"))
    try:
        while time.perf_counter() < end_s:
            for arrival in listener.arrivals():
                monitor.arrived(arrival)
            if ear is not None:
                monitor.heard(ear.onsets())
            monitor.tick(time.perf_counter())
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()
        if ear is not None:
            ear.close()
    print("\n".join(["", *monitor.summary()]))
    if options.plot:
        options.plot.write_text(picture(monitor.errors_s), encoding="utf-8")
        print(f"plotted to {options.plot}")


def _open_ear(device: str | None) -> "Ear | None":
    if device is None:
        return None
    from realtime.osc.hearing import Ear  # only now: it needs a sound card

    return Ear(device or None)
