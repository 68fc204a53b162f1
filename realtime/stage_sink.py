"""The stage page as a sink of the show: translates its status into the page's snapshot."""

from collections.abc import Callable, Sequence

from configs.genres import GENRES
from configs.schema import Stage
from realtime.show import Show
from realtime.sinks import QuietSink
from realtime.stage.server import StageServer
from realtime.stage.snapshot import Snapshot
from realtime.status import ShowStatus
from realtime.takes import Takes
from realtime.types import Block, Image, TimedEvent
from realtime.vision import Observation


class StageSink(QuietSink):
    """The stage server, told of everything.

    Raises:
        SinkError: the port is taken.
        ConfigError: an address beyond this machine without a token.
    """

    def __init__(
        self,
        section: Stage,
        show: Show,
        takes: Takes | None = None,
        say: Callable[[str], None] = print,
    ) -> None:
        self._server = StageServer(section, show.inbox, show.manifest.sample_rate, takes=takes, say=say)
        self._show, self._takes = show, takes
        self.name, self.url = self._server.name, self._server.url
        self.camera = self._server.camera
        self.guests = self._server.performers[1:]

    def play(self, block: Block, heard_at_s: float) -> None:
        """Sound for the listeners."""
        self._server.origin_s = self._show.clock.origin_s
        self._server.play(block, heard_at_s)

    def events(self, events: Sequence[TimedEvent]) -> None:
        """The score for data channels and pages."""
        self._server.events(events)

    def watch(self, observation: Observation, image: Image) -> None:
        """Picture and pose."""
        self._server.watch(observation, image)

    def status(self, status: ShowStatus) -> None:
        """The show's health for the page."""
        self._server.update(self._snapshot(status))

    def _snapshot(self, status: ShowStatus) -> Snapshot:
        show = self._show
        return {
            "source": status.source,
            "source_fps": status.source_fps,
            "pose_ms": status.pose_ms,
            "people": status.people,
            "bpm": status.bpm,
            "confidence": status.confidence,
            "hop_ms": status.hop_ms,
            "budget_ms": status.budget_ms,
            "reserve_ms": status.reserve_ms,
            "late_hops": status.late_hops,
            "underruns": status.underruns,
            "cards": list(status.cards),
            "dropped_frames": status.dropped_frames,
            "latency_ms": status.latency_ms,
            "level_db": status.level_db,
            "osc": show.osc_report(),
            "style": dict(zip(GENRES, status.weights, strict=True)),
            "intensity": status.intensity,
            "mute": status.mute,
            "tempo_set": show.controls.bpm,
            "song": show.controls.song,
            "bundle": show.manifest.name,
            "backend": status.backend,
            "recording": self._takes is not None and self._takes.recording,
            "takes": self._takes.report() if self._takes else [],
            "message": status.message,
            "dancers": [self._own(status), *show.guests.report()],
        }

    @staticmethod
    def _own(status: ShowStatus) -> dict[str, float]:
        """The show's own dancer, as ``Guests.report`` tells of the others."""
        return {
            "bpm": status.bpm,
            "confidence": status.confidence,
            "people": status.people,
            "energy": status.energy,
        }

    def close(self) -> None:
        """Say goodbye to everybody."""
        self._server.close()
