"""The show's score, state and poses to every OSC target: the seam between show and ``realtime.osc``."""

from collections.abc import Callable, Sequence

from realtime.controls import Controls
from realtime.osc import OscControl, OscLog, OscSink
from realtime.osc.process import OscProcess
from realtime.sinks import QuietSink
from realtime.status import ShowStatus
from realtime.types import Image, TimedEvent
from realtime.vision import Observation


class OscShowSink(QuietSink):
    """Hands a show's events to OSC targets.

    Args:
        osc: an ``OscProcess`` on a real clock; on a virtual one an ``OscSink`` without a thread, which
            is then caught up to the show's time every hop.
        log: to be closed with the show, if the sink does not own it.
    """

    name = "osc"

    def __init__(self, osc: OscProcess | OscSink, log: OscLog | None = None) -> None:
        self.osc = osc
        self._log = log

    def events(self, events: Sequence[TimedEvent]) -> None:
        """Beats, onsets and tempo, to arrive when they are heard."""
        self.osc.send(events)
        if isinstance(self.osc, OscSink) and events:
            self.osc.catch_up(events[-1].heard_at_s)

    def watch(self, observation: Observation, image: Image) -> None:
        """One message a person a frame."""
        for person in observation.people:
            self.osc.send_pose(person)

    def status(self, status: ShowStatus) -> None:
        """Style, energy, phase, and whether all is well."""
        well = "late" if status.late_hops + status.underruns else "ok"
        self.osc.send_state(style=status.style, energy=status.energy, phase=status.phase_beats, status=well)

    def close(self) -> None:
        """Close every target, complete the log."""
        self.osc.close()
        if self._log is not None:
            self._log.close()


class OscControlSink(QuietSink):
    """Keeps controllers such as TouchOSC told of what they turned."""

    name = "osc control"

    def __init__(self, port: OscControl, controls: Callable[[], Controls]) -> None:
        self._port, self._controls = port, controls

    def status(self, status: ShowStatus) -> None:
        """Echo the controls, once a hop."""
        self._port.echo(self._controls())

    def close(self) -> None:
        """Close the port."""
        self._port.close()
