"""The step as a show calls it: a mistake of ours costs what was seen, at worst a hop, never the show."""

import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from configs.bundle import Manifest
from configs.errors import BackendError
from configs.schema import ShowConfig
from features import onsets
from realtime.backend.base import Backend
from realtime.pipeline import Hop, Mark, Pipeline, Prepared, Rendered, State
from realtime.types import Block
from realtime.vision import Observation

ROOT = Path(__file__).parent.parent
PLACES = 3
"""So many of our own lines, the innermost last, tell where a mistake lies."""


class GuardedPipeline(Pipeline):
    """Does what ``Pipeline`` does; whoever cannot be followed on is forgotten, and looked at anew.

    What fails nevertheless is the hop's, as if the engine had failed: ``step_together`` raises
    ``BackendError``, ``hold`` plays silence. Engines have a guard of their own (realtime/backend/guarded.py),
    and so have sinks. Tests of the step use ``Pipeline``, which raises.

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
        self._say = say
        self._told: set[str] = set()

    def observe(self, state: State, observation: Observation) -> State:
        """Let one frame reach history and follower; one that does not get through is left out."""
        try:
            return super().observe(state, observation)
        except Exception as error:
            return self._forgotten(state, error)

    def step_together(
        self, turns: Sequence[tuple[State, Hop]], mark: Mark = lambda stage: None
    ) -> list[tuple[Rendered, State]]:
        """One step each for several performers; the mistakes of one are not another's.

        Raises:
            BackendError: the engine failed, or we did.
        """
        try:
            return super().step_together(turns, mark)
        except BackendError:
            raise
        except Exception as error:
            raise BackendError(f"the step failed ({_told(error)})") from error

    def hold(self, state: State, hop: Hop) -> tuple[Rendered, State]:
        """The block of a hop whose step failed: the reserve, then a fade into silence, at worst silence."""
        try:
            return super().hold(state, hop)
        except Exception as error:
            state = self._forgotten(state, error)
        try:
            return super().hold(state, _nothing_new(hop))
        except Exception:
            return self._silence(state, hop)

    def _prepare(self, state: State, hop: Hop, mark: Mark) -> Prepared:
        try:
            return super()._prepare(state, hop, mark)
        except Exception as error:
            return super()._prepare(self._forgotten(state, error), _nothing_new(hop), mark)

    def _silence(self, state: State, hop: Hop) -> tuple[Rendered, State]:
        """A silent block; the beat goes on, and all else begins anew."""
        length = self.manifest.hop_samples
        block = Block(hop.index * length, np.zeros(length, np.float32), np.zeros(length, np.float32))
        grid = state.follower.grid()
        phase = grid.phase_at(hop.heard_s)
        rendered = Rendered(block, hop.heard_s, (), grid, phase, 0.0, None, self.manifest.sample_rate)
        return rendered, replace(state, plan=None, reserve=block.reserve, onsets=onsets.start(), loudness=0.0)

    def _forgotten(self, state: State, error: Exception) -> State:
        if (way := _way_to(error)) not in self._told:
            self._told.add(way)
            self._say(
                f"{_told(error)}: a mistake in this program, please report it. "
                "The beat goes on, and the dancer is looked at anew"
            )
        return self.forget(state)


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}, at {_way_to(error)}"


def _way_to(error: Exception) -> str:
    """The innermost of our own lines through which an error came."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [at for at in frames if _is_ours(Path(at.filename))] or frames
    return " > ".join(f"{Path(at.filename).name}:{at.lineno}" for at in ours[-PLACES:])


def _is_ours(path: Path) -> bool:
    return path.is_relative_to(ROOT) and not path.relative_to(ROOT).parts[0].startswith(".")


def _nothing_new(hop: Hop) -> Hop:
    """The hop without what came with it: what was seen, tapped, nudged, or told by another machine."""
    controls = replace(hop.controls, taps_s=(), nudge_beats=0.0)
    return replace(hop, observations=(), external=None, controls=controls)
