"""The step: what was seen and turned since the last hop goes in, the next block of music comes out.

``Pipeline.step(state, hop) -> (rendered, state)`` is the same in every mode: live, rehearsal, replay,
tests. It reads no clock, opens no device and draws no random number that the hop does not determine.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from configs.bundle import Manifest
from configs.schema import ShowConfig
from features import onsets
from features.onsets import OnsetState
from realtime.backend import Backend
from realtime.backend.base import Inputs
from realtime.conductor import PhasePlan, conduct
from realtime.controls import Controls
from realtime.crossfade import best_shift, crossfade, limit
from realtime.follower import Follower, FollowerConfig, FollowerState
from realtime.grid import BeatGrid
from realtime.inputs import InputMaker, Moment
from realtime.people import People, PeopleState
from realtime.score import beats_of, onsets_of, score_of
from realtime.style_plan import StylePlan
from realtime.types import Block, Event, Landmarks, Samples, Tempo
from realtime.vision import Observation
from realtime.window import History, code_numbers, code_times

ALIGN_S = 0.012
"""Reach of the alignment search, either way: half a period of the lowest note worth keeping whole."""

Mark = Callable[[str], None]
"""Told the name of each stage as it ends; the show times it, tests ignore it."""


@dataclass(frozen=True)
class Hop:
    """Everything one step may know."""

    index: int
    now_s: float
    """Show time at which the step is taken."""
    heard_s: float
    """Show time at which the block's first sample will be heard."""
    observations: tuple[Observation, ...]
    """Frames since the last hop that were not given to ``observe`` already."""
    controls: Controls
    external: BeatGrid | None = None
    """Another machine's grid in show time (Ableton Link, MIDI clock), if one leads."""


@dataclass(frozen=True)
class State:
    """Everything one step hands to the next."""

    follower: FollowerState
    style: StylePlan
    history: History = field(default_factory=History)
    plan: PhasePlan | None = None
    reserve: Samples = field(default_factory=lambda: np.zeros(0, np.float32))
    """What the last step rendered beyond its block: the crossfade begins in it, a failed step plays it."""
    onsets: OnsetState = field(default_factory=onsets.start)
    loudness: float = 0.0
    """Gain at the end of the last block: it fades, never jumps."""
    people: PeopleState = field(default_factory=PeopleState)
    set_bpm: float | None = None
    """The tempo that was last set by hand."""


@dataclass(frozen=True)
class Rendered:
    """A block, and what there is to say about it."""

    block: Block
    heard_s: float
    score: tuple[Event, ...]
    grid: BeatGrid
    phase_beats: float
    energy: float
    followed: Landmarks | None
    sample_rate: int


@dataclass(frozen=True)
class Prepared:
    """A step on its way through the engine."""

    state: State
    hop: Hop
    grid: BeatGrid
    plan: PhasePlan
    phase_beats: float
    energy: float
    inputs: Inputs


class Pipeline:
    """A bundle's step. Holds the engine and constants; all that changes is in ``State``.

    Raises:
        BundleError: the bundle asks for an input the stage cannot give.
    """

    def __init__(self, manifest: Manifest, backend: Backend, config: ShowConfig) -> None:
        self.manifest = manifest
        self.backend = backend
        self._config = config
        self._fade_samples = round(config.sound.crossfade_ms / 1000 * manifest.sample_rate)
        self._reach_samples = round(ALIGN_S * manifest.sample_rate)
        self._gain = 10 ** (config.sound.gain_db / 20)
        self._inputs = InputMaker(manifest)
        self._aligned = manifest.input("phase") is None
        self.follower = Follower(FollowerConfig())
        self._people = People()

    @property
    def hop_s(self) -> float:
        """Seconds in a hop."""
        return self.manifest.hop_samples / self.manifest.sample_rate

    def start(self, controls: Controls, now_s: float = 0.0) -> State:
        """Nothing seen, nothing played, at show time ``now_s``."""
        style = StylePlan(controls.style, controls.song)
        return State(self.follower.start(now_s, controls.bpm or self._style_bpm(controls)), style)

    def step(self, state: State, hop: Hop, mark: Mark = lambda stage: None) -> tuple[Rendered, State]:
        """Render the block that is heard from ``hop.heard_s`` on.

        Raises:
            BackendError: the engine failed; the state is unchanged and the step may be tried again.
        """
        return self.step_together([(state, hop)], mark)[0]

    def step_together(
        self, turns: Sequence[tuple[State, Hop]], mark: Mark = lambda stage: None
    ) -> list[tuple[Rendered, State]]:
        """One step each for several performers, in one call of the engine; rows do not know each other.

        Raises:
            BackendError: the engine failed; no state is changed and the steps may be tried again.
        """
        prepared = [self._prepare(state, hop, mark) for state, hop in turns]
        rendering = self.backend.render(together([one.inputs for one in prepared]))
        mark("engine")
        finished = [self._finish(one, row) for one, row in zip(prepared, rendering.samples, strict=True)]
        mark("crossfade")
        return finished

    def _prepare(self, state: State, hop: Hop, mark: Mark) -> "Prepared":
        """All of a step that comes before the engine."""
        if hop.controls.panic:
            state = replace(self.start(hop.controls), reserve=state.reserve, onsets=state.onsets)
        for observation in hop.observations:
            state = self.observe(state, observation)
        state = self._follow(state, hop)
        grid = self._grid(state, hop)
        mark("follow")
        plan = conduct(state.plan, grid, hop.heard_s, hop.heard_s + self.hop_s)
        phase = float(plan.phase_at(np.array([hop.heard_s]))[0])
        state = replace(state, plan=plan, style=state.style.ask(hop.controls.style, hop.controls.song, phase))
        moment = self._moment(state, hop, plan)
        inputs = self._inputs(moment)
        mark("window")
        return Prepared(state, hop, grid, plan, phase, moment.energy, inputs)

    def _finish(self, prepared: "Prepared", samples: Samples) -> tuple[Rendered, State]:
        """All of a step that comes after the engine."""
        hop, grid, plan = prepared.hop, prepared.grid, prepared.plan
        block, state = self._join(prepared.state, hop, samples)
        attacks, onset_state = onsets_of(state.onsets, block)
        state = replace(state, onsets=onset_state)
        follow = self._config.follow
        claim = grid.confidence >= follow.claim_confidence or follow.free_beats
        rate = self.manifest.sample_rate
        beats = beats_of(plan, block, hop.heard_s, rate, grid.confidence)
        score = score_of(beats, attacks, Tempo(plan.bpm, grid.confidence), claim)
        followed = state.people.followed_landmarks()
        phase, energy = prepared.phase_beats, prepared.energy
        return Rendered(block, hop.heard_s, score, grid, phase, energy, followed, rate), state

    def hold(self, state: State, hop: Hop) -> tuple[Rendered, State]:
        """The block of a hop whose step failed: the reserve, then a fade into silence."""
        for observation in hop.observations:
            state = self.observe(state, observation)
        state = self._follow(state, hop)
        grid = self._grid(state, hop)
        plan = conduct(state.plan, grid, hop.heard_s, hop.heard_s + self.hop_s)
        length = self.manifest.hop_samples
        samples = np.zeros(2 * length, np.float32)
        samples[: len(state.reserve)] = state.reserve[: 2 * length]
        ending = min(self._fade_samples, len(state.reserve))
        if ending:
            place = slice(len(state.reserve) - ending, len(state.reserve))
            samples[place] *= np.linspace(1.0, 0.0, ending, dtype=np.float32)
        block, state = self._join(replace(state, plan=plan), hop, samples)
        attacks, onset_state = onsets_of(state.onsets, block)
        phase = float(plan.phase_at(np.array([hop.heard_s]))[0])
        tempo = Tempo(plan.bpm, grid.confidence)
        rate = self.manifest.sample_rate
        rendered = Rendered(
            block, hop.heard_s, (tempo, *attacks), grid, phase, 0.0, state.people.followed_landmarks(), rate
        )
        return rendered, replace(state, onsets=onset_state)

    def observe(self, state: State, observation: Observation) -> State:
        """Let one frame reach history and follower, as soon as it is known or with the next hop."""
        people = self._people.update(state.people, observation.people, observation.time_s)
        followed = people.followed_landmarks()
        history = state.history.add(observation, followed)
        follower = self.follower.update(state.follower, followed, observation.time_s)
        return replace(state, history=history, follower=follower, people=people)

    def forget(self, state: State) -> State:
        """Whoever was seen is forgotten; the music and its beat go on, and what was turned by hand."""
        follower = self.follower.anew(state.follower)
        return replace(state, history=History(), people=PeopleState(), follower=follower)

    def _follow(self, state: State, hop: Hop) -> State:
        """Carry the follower on to the hop's horizon, whether or not anything was seen."""
        state = self._by_hand(state, hop)
        follower = replace(state.follower, style_bpm=self._style_bpm(hop.controls))
        horizon_s = hop.now_s - self._config.timing.settle_ms / 1000
        return replace(state, follower=self.follower.update(follower, None, horizon_s))

    def _by_hand(self, state: State, hop: Hop) -> State:
        """Taps, a set tempo, nudges and another machine's grid reach the follower."""
        follower, controls = self.follower.sync(state.follower, hop.external), hop.controls
        for time_s in controls.taps_s:
            follower = self.follower.tap(follower, time_s)
        if controls.bpm != state.set_bpm:
            follower = self.follower.set_tempo(follower, controls.bpm)
        if controls.nudge_beats:
            follower = self.follower.nudge(follower, controls.nudge_beats)
        return replace(state, follower=follower, set_bpm=controls.bpm)

    def _grid(self, state: State, hop: Hop) -> BeatGrid:
        """The grid to play on, as of the newest frame; its prediction is what anticipates."""
        grid = state.follower.grid()
        if not self._config.timing.anticipate:
            grid = replace(grid, time_s=grid.time_s + hop.heard_s - hop.now_s)
        return grid

    def _moment(self, state: State, hop: Hop, plan: PhasePlan) -> Moment:
        """All that the generator's inputs are made of."""
        manifest = self.manifest
        times_s = code_times(manifest.layout, hop.heard_s, manifest.samples_per_code, manifest.sample_rate)
        phase = plan.phase_at(times_s)
        return Moment(
            times_s,
            phase,
            plan.bpm,
            state.history,
            hop.controls.intensity,
            state.style.weights_at(phase),
            state.style.song_at(float(phase[manifest.layout.past])),
            self._config.seed,
            code_numbers(manifest, hop.index),
        )

    def _join(self, state: State, hop: Hop, samples: Samples) -> tuple[Block, State]:
        """Crossfade from the last step's tail, apply gain and limit, keep the new tail."""
        hop_samples = self.manifest.hop_samples
        if self._aligned:
            samples = self._align(state.reserve, samples)
        played = samples[: hop_samples + self._fade_samples].copy()
        fade = min(self._fade_samples, len(state.reserve), hop_samples)
        played[:fade] = crossfade(state.reserve[:fade], played[:fade])
        goal = 0.0 if hop.controls.mute else self._gain
        gain = _ramp(state.loudness, goal, len(samples), self._fade_samples)
        block = Block(
            start_sample=hop.index * hop_samples,
            samples=limit(played[:hop_samples] * gain[:hop_samples]),
            reserve=limit(samples[hop_samples:] * gain[hop_samples:]),
        )
        return block, replace(state, reserve=samples[hop_samples:], loudness=goal)

    def _align(self, reserve: Samples, samples: Samples) -> Samples:
        """Begin a rendering that knows no phase where it continues the last one best."""
        length, reach = self._fade_samples, self._reach_samples
        if len(reserve) < length:
            return samples
        shift = best_shift(reserve[:length], samples[: length + 2 * reach], reach)
        return samples[reach + shift :]

    def _style_bpm(self, controls: Controls) -> float:
        """The tempo at which the chosen style plays while nobody is followed."""
        own = {style.name: style.bpm for style in self.manifest.styles}
        return own.get(controls.style_name, 110.0)


def together(rows: Sequence[Inputs]) -> Inputs:
    """The inputs of several performers as one batch, in their order."""
    if len(rows) == 1:
        return rows[0]
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def _ramp(start: float, goal: float, length: int, fade: int) -> Samples:
    """A gain that moves from ``start`` to ``goal`` in ``fade`` samples."""
    gain = np.full(length, goal, np.float32)
    gain[:fade] = np.linspace(start, goal, min(fade, length), endpoint=False, dtype=np.float32)
    return gain
