"""Performs a trace again: the same frames, hops and controls give the same bytes.

Takes the place of vision and schedule. With another style or bundle on the command line the same
dance is rendered anew.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from configs.errors import SourceError
from realtime.controls import Controls, checked
from realtime.grid import BeatGrid
from realtime.trace import controls_of, observation_of, read_trace, show_time
from realtime.vision import Observation, VisionHealth

KEPT_KEYS = ("bundle", "style", "intensity", "seed", "timing", "sound", "follow", "threads")
"""Configuration that decides the bytes; a replay takes it from the trace, the command line on top."""


def recorded_keys(path: Path) -> dict[str, Any]:
    """The keys of the recorded show's configuration that a replay keeps.

    Raises:
        SourceError: no trace, or one without its header.
    """
    header = next(read_trace(path), None)
    config = header.get("config") if header is not None and header["kind"] == "show" else None
    if not isinstance(config, dict):
        raise SourceError(f"trace {str(path)!r} has no header: it is not a recorded show")
    keys = {key: config[key] for key in KEPT_KEYS if config.get(key) is not None}
    return {**keys, "clock": "virtual"}


class Replay:
    """A recorded show as source of observations, times and controls.

    Args:
        path: the trace.
        style: instead of the recorded one.
        same_bundle: whether it plays with the recorded bundle, and changes it where the show did.

    Raises:
        SourceError: the trace holds no hops, or a record that is damaged, by its number.
    """

    def __init__(self, path: Path, style: tuple[float, ...] | None = None, same_bundle: bool = True) -> None:
        self.name = f"replay of {path.name}"
        self.health = VisionHealth()
        self._style = style
        self._frames: dict[int, Observation] = {}
        self._hops: list[dict[str, Any]] = []
        self._hop_samples = 0
        self._bundles: dict[int, Path] = {}
        for number, record in enumerate(read_trace(path), start=1):
            try:
                self._read(record)
            except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
                raise SourceError(
                    f"trace {str(path)!r}: record {number} ({record['kind']}) is damaged: "
                    f"{type(error).__name__} {error}"
                ) from error
        if not self._hops or self._hop_samples <= 0:
            raise SourceError(f"trace {str(path)!r} holds no hops: there is nothing to replay")
        if not same_bundle:
            self._bundles.clear()
        self._at = 0
        self._given = -1

    def _read(self, record: dict[str, Any]) -> None:
        if record["kind"] == "frame":
            self._frames[int(record["index"])] = observation_of(record)
        elif record["kind"] == "hop":
            self._hops.append(self._checked(record))
        elif record["kind"] == "bundle":
            self._bundles[int(record["hop"])] = Path(record["path"])
        elif record["kind"] == "show":
            self._hop_samples = int(record["hop_samples"])

    def _checked(self, record: dict[str, Any]) -> dict[str, Any]:
        """A hop whose frames, times, controls and grid are all there."""
        missing = [index for index in record["frames"] if index not in self._frames]
        if missing:
            raise ValueError(f"it names frame {missing[0]}, which no record before it tells of")
        show_time(record["now_s"])
        show_time(record["heard_s"])
        checked(controls_of(record))
        if record.get("external"):
            BeatGrid(**record["external"])
        return record

    def _record(self, sample: int) -> dict[str, Any]:
        self._at = min(sample // self._hop_samples, len(self._hops) - 1)
        self.health.ended = self._at == len(self._hops) - 1
        return self._hops[self._at]

    def due_s(self, sample: int) -> float:
        """When the recorded step was taken."""
        return float(self._record(sample)["now_s"])

    def heard_s(self, sample: int) -> float:
        """When the recorded block was heard."""
        return float(self._record(sample)["heard_s"])

    @property
    def hops(self) -> int:
        """Hops in the trace."""
        return len(self._hops)

    def bundle_at(self, hop: int) -> Path | None:
        """The bundle that a hop began to play with, if it was another than before."""
        return self._bundles.get(hop)

    def controls(self) -> Controls:
        """The controls of the recorded hop, in another style if one was asked for."""
        recorded = controls_of(self._hops[self._at])
        return replace(recorded, style=self._style) if self._style else recorded

    def external(self, _now_s: float) -> BeatGrid | None:
        """The grid of another machine, as the recorded hop knew it."""
        recorded = self._hops[self._at].get("external")
        return BeatGrid(**recorded) if recorded else None

    def observe(self, until_s: float) -> list[Observation]:
        """The frames that the recorded hop knew; each is given once."""
        if self._given == self._at:
            return []
        self._given = self._at
        seen = [self._frames[index] for index in self._hops[self._at]["frames"]]
        self.health.frames += len(seen)
        return seen

    def close(self) -> None:
        """Nothing to let go."""
