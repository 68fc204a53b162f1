"""The step as a show calls it: a mistake of ours costs what was seen so far, never the show."""

import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from configs.bundle import Manifest
from configs.schema import ShowConfig
from realtime.backend.base import Backend
from realtime.pipeline import Hop, Mark, Pipeline, Prepared, Rendered, State
from realtime.vision import Observation


class GuardedPipeline(Pipeline):
    """Does what ``Pipeline`` does; whoever cannot be followed on is forgotten, and looked at anew.

    Engines have a guard of their own (realtime/backend/guarded.py), and so have sinks; ``BackendError``
    passes through. Tests of the step use ``Pipeline``, which raises.

    Args:
        manifest: of the bundle.
        backend: its engine.
        config: of the show.
        say: told, in a sentence, the first time that something fails at a place.
    """

    def __init__(
        self, manifest: Manifest, backend: Backend, config: ShowConfig, say: Callable[[str], None]
    ) -> None:
        super().__init__(manifest, backend, config)
        self.failures = 0
        self._say = say
        self._told: set[str] = set()

    def observe(self, state: State, observation: Observation) -> State:
        """Let one frame reach history and follower; one that does not get through is left out."""
        try:
            return super().observe(state, observation)
        except Exception as error:
            return self._forgotten(state, error)

    def hold(self, state: State, hop: Hop) -> tuple[Rendered, State]:
        """The block of a hop whose step failed: the reserve, then a fade into silence."""
        try:
            return super().hold(state, hop)
        except Exception as error:
            return super().hold(self._forgotten(state, error), _nothing_new(hop))

    def _prepare(self, state: State, hop: Hop, mark: Mark) -> Prepared:
        try:
            return super()._prepare(state, hop, mark)
        except Exception as error:
            return super()._prepare(self._forgotten(state, error), _nothing_new(hop), mark)

    def _forgotten(self, state: State, error: Exception) -> State:
        self.failures += 1
        at = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(at.filename).name}:{at.lineno}"
        if place not in self._told:
            self._told.add(place)
            self._say(
                f"{type(error).__name__} at {place} ({error}): a mistake in this program, please report it. "
                "The beat goes on, and the dancer is looked at anew"
            )
        return self.forget(state)


def _nothing_new(hop: Hop) -> Hop:
    """The hop without whatever could have been the cause."""
    controls = replace(hop.controls, taps_s=(), nudge_beats=0.0)
    return replace(hop, observations=(), external=None, controls=controls)
