"""The show's score, state and poses to every OSC target: the seam between show and ``realtime.osc``."""

from collections.abc import Sequence

from realtime.osc import OscSink
from realtime.sinks import QuietSink
from realtime.status import ShowStatus
from realtime.types import Image, TimedEvent
from realtime.vision import Observation


class OscShowSink(QuietSink):
    """Hands a show's events to an ``OscSink``."""

    name = "osc"

    def __init__(self, osc: OscSink) -> None:
        self.osc = osc

    def events(self, events: Sequence[TimedEvent]) -> None:
        """Beats, onsets and tempo, to arrive when they are heard."""
        self.osc.send(events)

    def watch(self, observation: Observation, image: Image) -> None:
        """One message a person a frame."""
        for person in observation.people:
            self.osc.send_pose(person)

    def status(self, status: ShowStatus) -> None:
        """Style, energy, phase, and whether all is well."""
        well = "late" if status.late_hops + status.underruns else "ok"
        self.osc.send_state(style=status.style, energy=status.energy, phase=status.phase_beats, status=well)

    def close(self) -> None:
        """Close every target."""
        self.osc.close()
