"""Opens a show with every sink and friend that its configuration names."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from configs.schema import OscControl as OscControlSection
from configs.schema import ShowConfig, Stage
from realtime.friends import grid_of, open_friends
from realtime.guests import Guest
from realtime.heaps import give_back_freed
from realtime.osc import OscControl, OscLog, OscSink, target_of
from realtime.osc.process import OscProcess
from realtime.osc_sink import OscControlSink, OscShowSink
from realtime.output_file import OutputFile
from realtime.preview import Preview, display_available
from realtime.show import Show
from realtime.sinks import Sink
from realtime.sources import Say
from realtime.takes import Takes
from realtime.vision_browser import BrowserVision

if TYPE_CHECKING:
    from realtime.stage.performer import Performer

TAKES = Path("shows")
"""Where takes go that are begun during a show."""


def open_show(config: ShowConfig, say: Say) -> tuple[Show, Preview | None]:
    """The show, ready to run, and its preview window if there is a display.

    Raises:
        NoverreError: anything that cannot be had, in a sentence; then nothing stays open.
    """
    give_back_freed()
    show = Show(config, say)
    try:
        for sink in _sinks(config, show, say):
            show.add_sink(sink)
        preview = None
        if config.preview and config.clock == "real" and display_available():
            preview = Preview(config.camera.mirror)
            show.add_sink(preview)
        return show, preview
    except BaseException:
        show.close()
        raise


def _sinks(config: ShowConfig, show: Show, say: Say) -> Iterator[Sink]:
    """One by one: if the next cannot be had, the show closes those before it."""
    if config.osc or config.osc_log:
        osc, log = _osc(config, say)
        show.osc_report = lambda: [asdict(target) for target in osc.report()]
        yield OscShowSink(osc, log)
    if config.osc_control:
        yield OscControlSink(_osc_control(config.osc_control, show), lambda: show.controls)
    takes = _takes(config, show, say)
    if takes is not None:
        yield takes
    friends, leader = open_friends(config)
    if leader is not None:
        show.external = lambda now_s: grid_of(leader, now_s, lambda: show.clock.origin_s)
    yield from friends
    if config.stage:
        yield _stage(config.stage, show, takes, say)


def _takes(config: ShowConfig, show: Show, say: Say) -> Takes | None:
    """Recording, where it is asked for or somebody could ask for it during the show."""
    if not (config.record or config.stage or config.osc_control):
        return None
    folder = config.record.parent if config.record else TAKES
    takes = Takes(folder, show.manifest.sample_rate, lambda: show.clock.origin_s, say, config.record)
    show.on_record = takes.record
    return takes


def _osc(config: ShowConfig, say: Say) -> tuple[OscProcess | OscSink, OscLog | None]:
    """OSC in a process of its own, where nothing of ours makes it late; in virtual time, in this one."""
    targets = [target_of(target) for target in config.osc]
    if config.osc_log:
        OutputFile(config.osc_log, f"--osc-log {str(config.osc_log)!r}").close()  # say now if that fails
    if config.clock == "real":
        return OscProcess(targets, log_path=config.osc_log, say=say), None
    log = OscLog(config.osc_log) if config.osc_log else None
    return OscSink(targets, log=log, threaded=False), log


def _osc_control(section: OscControlSection, show: Show) -> OscControl:
    return OscControl(
        section.port,
        show.inbox.put,
        show_time_s=lambda: show.clock.now_s(),
        host=section.host,
        senders=section.senders,
        echo_port=section.echo_port,
    )


def _stage(section: Stage, show: Show, takes: Takes | None, say: Say) -> Sink:
    from realtime.stage_sink import StageSink  # aiohttp and aiortc are slow to import: only if wanted

    sink = StageSink(section, show, takes, say)
    if isinstance(show.vision, BrowserVision):
        show.vision.attach(sink.camera)
    else:
        sink.camera.reserve(f"this show looks through {show.vision.name}: start it with --source webrtc")
    for place in sink.guests:
        show.guests.add(_guest(place, show, say))
    say(f"The stage page is at {sink.url}")
    return sink


def _guest(place: "Performer", show: Show, say: Say) -> Guest:
    """Eyes of their own for those who dance at a further place."""
    vision = BrowserVision(show.config, 0.0, (place.watch,), say)
    vision.attach(place.camera)
    return Guest(vision, place, lambda: place.camera.occupied)
