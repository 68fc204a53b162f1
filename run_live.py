"""Noverre: dance, and it plays. Arguments -> configuration -> show -> until Ctrl-C."""

import os
import signal

if __name__ == "__main__":  # the imports below take half a second, in which a Ctrl-C is a traceback
    signal.signal(signal.SIGINT, lambda *_: os._exit(130))

import argparse
import gc
import sys
import threading
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live

from configs.errors import ConfigError, NoverreError
from configs.schema import ShowConfig, load_config
from realtime.doctor import consult
from realtime.opening import open_show
from realtime.preview import Preview
from realtime.replay import recorded_keys
from realtime.show import FALLBACK_WAV, Show, Summary
from realtime.speaker import list_devices
from realtime.status import status_line
from realtime.trace import is_trace
from realtime.vision import InlineVision

console = Console(stderr=True, highlight=False)


class Parser(argparse.ArgumentParser):
    """Complains in one sentence, with exit code 2."""

    def error(self, message: str) -> Any:
        """Instead of usage and message: the message."""
        raise ConfigError(f"{message}: see run_live.py --help")


def parser() -> Parser:
    """Every option; each is also a key of the configuration."""
    parser = Parser(prog="run_live.py", description="Dance before a camera; networks play in time with you.")
    add = parser.add_argument
    add("--config", type=Path, metavar="FILE", help="YAML of any keys below and more; see configs/")
    add(
        "--source",
        metavar="WHERE",
        help="auto, camera index, /dev/videoN, video file or URL, demo[:...], trace",
    )
    add(
        "--replay",
        type=Path,
        metavar="TRACE",
        help="perform a show's trace again, as it was or in another --style",
    )
    add("--loop", action="store_true", default=None, help="start a video file again when it ends")
    add(
        "--audio",
        action="append",
        metavar="SINK",
        help="a card (auto, name or index), wav:PATH, or none; repeatable: the first card keeps the time",
    )
    add("--osc", action="append", metavar="HOST:PORT", help="send beats, onsets, pose there; repeatable")
    add("--osc-log", type=Path, metavar="PATH", help="every OSC message as JSON lines")
    add("--trace", type=Path, metavar="PATH", help="everything the show did, as JSON lines; can be replayed")
    add("--record", type=Path, metavar="PATH.mp4", help="picture and sound, in sync")
    add("--publish", dest="stage.publish", metavar="WHIP_URL", help="send the show to a media server")
    add("--clock", choices=("real", "virtual"), help="virtual: as fast as it goes, the same bytes every time")
    add("--seconds", type=float, metavar="N", help="end after N seconds")
    add("--bundle", type=Path, metavar="DIR", help="what to perform with (bundles/house)")
    add("--backend", choices=("auto", "onnxruntime", "tensorrt", "torch", "triton"), help="inference engine")
    add("--style", metavar="NAME", help="one of the bundle's styles")
    add("--intensity", type=float, metavar="0..1", help="how much is made of the dancer's energy")
    add("--seed", type=int, metavar="N", help="of the music's variations")
    add("--no-preview", dest="preview", action="store_false", default=None, help="no window")
    add("--list-devices", action="store_true", help="sound cards that can play, then end")
    add("--doctor", action="store_true", help="check everything the show needs, say what to fix, then end")
    add(
        "--doctor-microphone", action="store_true", help="the same, and chirp to measure the delay to the ear"
    )
    return parser


def print_devices() -> None:
    """The sound cards that can play, or what does where there is none."""
    devices = list_devices()
    if not devices:
        print(f"There is no sound card here that can play: the music goes to {FALLBACK_WAV}.")
    for device in devices:
        mark = "*" if device.is_default else " "
        print(f"{mark} {device.index:3d}  {device.name}  ({device.rate} Hz)")


def configuration(options: dict[str, Any]) -> ShowConfig:
    """The configuration that the command line describes."""
    path, trace = options.pop("config"), options.pop("replay")
    given = {key: value for key, value in options.items() if value is not None}
    if trace is not None:
        if not is_trace(trace):
            raise ConfigError(f"--replay {str(trace)!r} is no trace: give a file that --trace has written")
        if "source" in given:
            raise ConfigError(f"--replay and --source {given['source']!r}: give one of the two")
        given["source"] = str(trace)
    if is_trace(Path(given.get("source", ""))):
        given = recorded_keys(Path(given["source"])) | given
    return load_config(path, given)


def say(text: str) -> None:
    """A sentence for the performer."""
    console.print(text, markup=False)


def perform(show: Show, preview: Preview | None, stop: threading.Event) -> Summary:
    """Run the show on a thread of its own; the main thread shows how it is doing."""
    outcome: list[Summary | BaseException] = []

    def work() -> None:
        try:
            outcome.append(show.run(stop))
        except BaseException as error:
            outcome.append(error)
        finally:
            stop.set()

    thread = threading.Thread(target=work, name="show")
    quiet = isinstance(show.vision, InlineVision)
    with Live(console=console, refresh_per_second=4, transient=True, auto_refresh=False) as live:
        thread.start()
        while thread.is_alive():
            if preview is not None and not preview.show(show.status):
                stop.set()
            thread.join(timeout=0.03 if preview is not None else 0.25)
            if not quiet or console.is_terminal:
                live.update(status_line(show.status), refresh=True)
    result = outcome[0]
    if isinstance(result, BaseException):
        raise result
    return result


def report(summary: Summary) -> None:
    """The last words."""
    say(
        f"{summary.seconds:.1f} s of music in {summary.hops} hops, {summary.frames} frames seen "
        f"({summary.dropped_frames} dropped); hop {summary.hop_ms_median:.1f} ms median, "
        f"{summary.hop_ms_p99:.1f} ms p99; late hops {summary.late_hops}, underruns {summary.underruns}; "
        + "".join(f"{card}; " for card in summary.cards)
        + f"first sound after {summary.start_up_s:.1f} s."
    )


def leave_when_asked(stop: threading.Event) -> None:
    """While things are opened a Ctrl-C ends the program; where a library swallows it, ``stop`` is set."""

    def leave(*_: object) -> None:
        stop.set()
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGTERM, leave)


def stop_when_asked(stop: threading.Event) -> None:
    """Once the show runs, the first Ctrl-C asks it to end well; a second one ends the program as it is."""

    def ask(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    signal.signal(signal.SIGINT, ask)
    signal.signal(signal.SIGTERM, ask)


def main(arguments: list[str]) -> int:
    """Exit code: 0; 1 if the doctor found what stops a show; 2 with one sentence on standard error."""
    stop = threading.Event()
    leave_when_asked(stop)
    try:
        options = vars(parser().parse_args(arguments))
        devices, doctor, microphone = (
            options.pop(key) for key in ("list_devices", "doctor", "doctor_microphone")
        )
        if devices:
            print_devices()
            return 0
        config = configuration(options)
        if doctor or microphone:
            return consult(config, console.print, microphone)
        show, preview = open_show(config, say)
        stop_when_asked(stop)
        report(perform(show, preview, stop))
        return 0
    except KeyboardInterrupt:
        return 130
    except NoverreError as error:
        console.print(f"noverre: {error}", style="bold red", soft_wrap=True, markup=False)
        return 2


if __name__ == "__main__":
    code = main(sys.argv[1:])
    gc.freeze()  # all is closed: Python need not look for garbage in it, which takes half a second
    sys.exit(code)
