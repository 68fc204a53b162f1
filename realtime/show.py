"""The show: opens what the configuration names, drives the step hop by hop, closes everything.

One loop for every mode. Only the clock, the schedule, the vision and the sinks differ.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from configs.bundle import Manifest
from configs.errors import BackendError, ConfigError, DeviceError
from configs.genres import GENRES
from configs.schema import ShowConfig
from realtime.backend.base import Backend
from realtime.clock import Clock, RealClock, VirtualClock
from realtime.controls import ChangeBundle, ControlInbox, Controls, Record, SetStyle, turn
from realtime.grid import BeatGrid
from realtime.groove import Groove, repeated
from realtime.guarded_sink import GuardedSink
from realtime.guests import Guests
from realtime.instrument import Instrument, NextInstrument, Wish, at_bar_line, open_instrument, warm_up
from realtime.kept_card import KeptCard
from realtime.pipeline import Hop, Pipeline, Rendered, State
from realtime.playout import Playout
from realtime.priority import QuietMemory, prefer_process, prefer_step
from realtime.replay import Replay, recorded_keys
from realtime.schedule import DeviceSchedule, NominalSchedule, Schedule
from realtime.score import BEATS_PER_BAR, timed
from realtime.side_speaker import SideSpeaker
from realtime.sinks import Sink, WavSink, free_wav
from realtime.sound_cards import different_cards
from realtime.sources import Say, open_source, without_secrets
from realtime.speaker import Speaker
from realtime.status import CardReport, ShowStatus
from realtime.trace import TraceWriter, is_trace
from realtime.types import Block, Image
from realtime.vision import InlineVision, Observation, Vision
from realtime.vision_browser import BrowserVision
from realtime.vision_process import ProcessVision

FALLBACK_WAV = Path("shows/show.wav")
DEVICE_READY_S = 3.0
END_FADE_S = 0.1
CLOSE_S = 12.0
"""A recording on a slow disk may take that long to complete; all else takes a moment."""

LOOK_S = 0.02
"""How often the show looks for new observations while it waits."""


@dataclass(frozen=True)
class Summary:
    """What there is to say when the show is over."""

    hops: int
    seconds: float
    late_hops: int
    underruns: int
    dropped_frames: int
    frames: int
    hop_ms_median: float
    hop_ms_p99: float
    start_up_s: float
    """From the command to the first block."""
    cards: tuple[CardReport, ...] = ()
    """The further sound cards."""


class Stopwatch:
    """Times the stages of a step; ``mark`` is given to the pipeline."""

    def __init__(self) -> None:
        self.stages_ms: dict[str, float] = {}
        self._last = time.perf_counter()

    def mark(self, stage: str) -> None:
        """A stage has just ended."""
        now = time.perf_counter()
        self.stages_ms[stage] = self.stages_ms.get(stage, 0.0) + (now - self._last) * 1000
        self._last = now

    @property
    def total_ms(self) -> float:
        """All stages together."""
        return sum(self.stages_ms.values())


class Show:
    """A performance from opening to closing.

    Raises:
        NoverreError: anything the configuration names that cannot be had, before a sound is made.
    """

    def __init__(self, config: ShowConfig, say: Say = print, sinks: tuple[Sink, ...] = ()) -> None:
        self._began = time.perf_counter()
        self._say = say
        if config.clock == "real":
            prefer_process()
        self._message = ""
        self.inbox = ControlInbox()
        self.status = ShowStatus()
        self.instrument = open_instrument(config, say)
        self._next = NextInstrument(self._tell, wait=config.clock == "virtual")
        self.config = config
        self.controls = _first_controls(config, tuple(style.name for style in self.manifest.styles))
        self.guests = Guests(self.pipeline)
        self._watchers: list[Callable[[Observation, Image], None]] = []
        self._sinks: list[Sink] = []
        self.speaker: Speaker | None = None
        self.sides: list[SideSpeaker] = []
        """Further sound cards, which play when the speaker's does."""
        self.playout = Playout()
        self._trace = TraceWriter(config.trace, say) if config.trace else None
        self._hop_ms: deque[float] = deque(maxlen=20_000)
        self._recent_frames: deque[float] = deque(maxlen=60)
        self._late = 0
        self.held_hops = 0
        """Hops that no engine rendered."""
        self.hops_rendered = 0
        self._held_in_a_row = 0
        self._reserve_left = 0
        self._groove = Groove(sample_rate=self.manifest.sample_rate)
        self._memory = QuietMemory()
        self._replay: Replay | None = None
        self.external: Callable[[float], BeatGrid | None] = lambda now_s: None
        """Gives another machine's beat grid, if one leads."""
        self.osc_report: Callable[[], list[dict[str, Any]]] = list
        """How every OSC target fares, for the stage page."""
        self.on_record: Callable[[bool, float], None] = lambda on, now_s: None
        """Begins and ends takes, at a show time."""
        self.clock: Clock = VirtualClock() if config.clock == "virtual" else RealClock()
        self.vision: Vision
        try:
            self._open_audio()
            for sink in sinks:
                self.add_sink(sink)
            self.vision = self._open_vision()
        except BaseException:  # Ctrl-C too
            self._end_together(self._outputs)
            raise

    @property
    def manifest(self) -> Manifest:
        """Of the bundle that plays."""
        return self.instrument.manifest

    @property
    def backend(self) -> Backend:
        """The engine."""
        return self.pipeline.backend

    @property
    def pipeline(self) -> Pipeline:
        """The step."""
        return self.instrument.pipeline

    def add_sink(self, sink: Sink) -> None:
        """One more taker of sound, events and pictures; its failures are its own."""
        guarded = GuardedSink(sink, self._tell)
        self._sinks.append(guarded)
        self._watchers.append(guarded.watch)

    def _open_audio(self) -> None:
        if self.config.clock == "real":
            different_cards(self.config.cards)
        for name in self.config.audio:
            if name == "none":
                continue
            if name.startswith("wav:"):
                self.add_sink(WavSink(Path(name[4:]), self.manifest.sample_rate))
            elif self.config.clock == "virtual":
                if name != "auto":
                    raise ConfigError(f"--audio {name!r}: a virtual clock cannot play; give wav:PATH or none")
                self._open_fallback("A virtual clock is heard by nobody:")
            else:
                self._open_speaker(name)

    def _open_speaker(self, name: str) -> None:
        sound, rate = self.config.sound, self.manifest.sample_rate
        try:
            if self.speaker is None:
                self.speaker = Speaker(self.playout, name, sound, rate, self._tell)
            else:
                self.sides.append(SideSpeaker(self.speaker.heard_s, name, sound, rate, self._tell))
        except DeviceError:
            if name != "auto" or self.speaker is not None:
                raise
            self._open_fallback("No sound card opens here, so")

    def _open_fallback(self, why: str) -> None:
        """Let the music go to a file, and say why and to which."""
        sink = free_wav(FALLBACK_WAV, self.manifest.sample_rate)
        self.add_sink(sink)
        reason = "" if sink.path == FALLBACK_WAV else f", for another show writes {FALLBACK_WAV}"
        self._say(f"{why} the music goes to {sink.path}{reason}.")

    @property
    def _cards(self) -> list[KeptCard]:
        """The speaker and those that follow it."""
        return [self.speaker, *self.sides] if self.speaker is not None else []

    def _open_vision(self) -> Vision:
        watchers = (self._watch,)
        if is_trace(Path(self.config.source)):
            self._replay = self._open_replay(Path(self.config.source))
            self.external = self._replay.external
            return self._replay
        from_browser = self.config.source == "webrtc"
        if from_browser and (self.config.stage is None or self.config.clock == "virtual"):
            raise ConfigError("--source webrtc needs the stage page and a real clock: configs/stream.yaml")
        if self.config.clock == "virtual":
            camera = self.config.camera
            source = open_source(self.config.source, self.config.loop, camera, self.clock.now_s, self._say)
            return InlineVision(source, self.config, watchers)
        looks = BrowserVision if from_browser else ProcessVision
        return looks(self.config, time.perf_counter(), watchers, self._tell)

    def _open_replay(self, trace: Path) -> Replay:
        """With the style or the bundle on the command line, where it is not the one that was recorded."""
        recorded = recorded_keys(trace)
        style = self.controls.style if self.config.style not in (None, recorded.get("style")) else None
        return Replay(trace, style, str(self.config.bundle) == recorded.get("bundle"))

    def _watch(self, observation: Observation, image: Image) -> None:
        for watch in self._watchers:
            watch(observation, image)

    def run(self, stop: threading.Event) -> Summary:
        """Perform until the end of the source, the configured seconds, or ``stop``."""
        try:
            warm_up(self.pipeline, self.controls, len(self.guests) + 1)
            if self.config.clock == "real":
                prefer_step()  # rendering in virtual time may wait, and must not hold up a show beside it
            self._memory.begin()
            return self._perform(stop)
        finally:
            self._memory.end()
            self.close()

    def _begin(self) -> Schedule:
        """Set show time to zero and say by whose clock the show runs."""
        if isinstance(self.clock, RealClock):
            self.clock = RealClock()
        if isinstance(self.vision, ProcessVision):
            self.vision.start(self.clock.origin_s)
        self.guests.begin(self.clock.origin_s)
        self._write_header()
        timing = self.config.timing
        if self._replay is not None:
            return self._replay
        if self.speaker is None:
            return NominalSchedule(self.manifest.sample_rate, timing.lead_ms / 1000)
        deadline_s = time.perf_counter() + DEVICE_READY_S
        while not self.speaker.ready and time.perf_counter() < deadline_s:
            time.sleep(0.01)
        allowance_s = timing.allowance_ms / 1000
        return DeviceSchedule(self.speaker, self.clock, self.clock.origin_s, allowance_s, self.sides)

    def _perform(self, stop: threading.Event) -> Summary:
        schedule = self._begin()
        state = self.pipeline.start(self.controls)
        index, rendered = 0, None
        last = self._last_hop()
        self._start_up_s = time.perf_counter() - self._began
        while (last is None or index < last) and not self._source_is_over():
            start_sample = index * self.manifest.hop_samples
            due_s = schedule.due_s(start_sample)
            state, seen = self._look_until(due_s, state, stop)
            if stop.is_set():
                break
            hop = self._hop(index, due_s, schedule.heard_s(start_sample))
            self._change_instrument(index, rendered)
            rendered, state = self._step(state, hop, seen)
            self.controls = self.controls.once_consumed()
            self._memory.between_hops()
            index += 1
        if rendered is not None:
            self._fade_out(rendered)
        return self._summary(index)

    def _last_hop(self) -> int | None:
        seconds, hops = self.config.seconds, self._replay.hops if self._replay else None
        if seconds is None:
            return hops
        asked = max(1, round(seconds / self.pipeline.hop_s))
        return asked if hops is None else min(asked, hops)

    def _source_is_over(self) -> bool:
        return self._replay is None and self.vision.health.ended and self.config.seconds is None

    def _look_until(
        self, due_s: float, state: State, stop: threading.Event
    ) -> tuple[State, tuple[Observation, ...]]:
        """Wait until a hop is due; what is seen meanwhile reaches the follower at once, not at the end."""
        seen: list[Observation] = []
        horizon_s = due_s - self.config.timing.settle_ms / 1000
        while self.clock.wait_until(min(due_s, self.clock.now_s() + LOOK_S), stop):
            for observation in self.vision.observe(horizon_s):
                state = self.pipeline.observe(state, observation)
                seen.append(observation)
            self.guests.look(horizon_s)
            if self.clock.now_s() >= due_s:
                break
        self._recent_frames.extend(observation.time_s for observation in seen)
        return state, tuple(seen)

    def _hop(self, index: int, due_s: float, heard_s: float) -> Hop:
        for control in self.inbox.take():
            if isinstance(control, Record):
                self.on_record(control.on, self.clock.now_s())
            if isinstance(control, ChangeBundle):
                performers = len(self.guests) + 1
                self._next.ask(Wish(Path(control.path), self.instrument, self.controls, performers))
            try:
                self.controls = turn(self.controls, control)
            except ValueError as error:
                self._tell(str(error))
        if self._replay is not None:
            self.controls = self._replay.controls()
        return Hop(index, due_s, heard_s, (), self.controls, self.external(due_s))

    def _change_instrument(self, index: int, last: Rendered | None) -> None:
        """Play another bundle from here on, if one is ready and a bar begins; a replay does as was done."""
        if self._replay is not None:
            if (folder := self._replay.bundle_at(index)) is not None:
                config = self.config.model_copy(update={"bundle": folder})
                self._play_on(open_instrument(config, self._say), index)
        elif self._next.is_ready and (last is None or at_bar_line(last, self.pipeline.hop_s)):
            fresh = self._next.take()
            if fresh is not None:
                self._play_on(fresh, index)

    def _play_on(self, fresh: Instrument, index: int) -> None:
        """Everything but the bundle stays: who is followed, the beat, the last block's end."""
        self.instrument, self.config = fresh, fresh.config
        self.guests.play_with(fresh.pipeline)
        if self._trace:
            files = dict(fresh.manifest.files)
            self._trace.write("bundle", hop=index, path=str(fresh.config.bundle), files=files)
        self._tell(f"Bundle {fresh.manifest.name!r} plays")

    def _step(self, state: State, hop: Hop, seen: tuple[Observation, ...]) -> tuple[Rendered, State]:
        watch = Stopwatch()
        rendered, state = self._render(state, hop, watch)
        for card in self._cards:
            card.put(rendered.block, self._bar_samples(rendered))
            if hop.index == 0:
                card.start()
        self._deliver(hop, rendered)
        hop = replace(hop, observations=seen)  # for trace and status: all that the hop knew
        watch.mark("sinks")
        self._hop_ms.append(watch.total_ms)
        if self._trace:
            self._trace.hop(hop, rendered, watch.stages_ms)
        self._update_status(hop, rendered, watch)
        return rendered, state

    def _render(self, state: State, hop: Hop, watch: Stopwatch) -> tuple[Rendered, State]:
        """The step; if every engine fails it, the reserve, then the last bar; the next hop tries again."""
        try:
            turns = [(state, hop), *self.guests.turns(hop)]
            (rendered, state), *others = self.pipeline.step_together(turns, watch.mark)
            self.guests.take(others)
            if self._held_in_a_row:
                self._tell("The engine renders again")
                rendered = self._with_groove(rendered, returning=True)
            self._held_in_a_row, self._reserve_left = 0, len(state.reserve)
            self.hops_rendered += 1
        except BackendError as error:
            if not self._held_in_a_row:
                self._tell(f"{error}: the groove is held while it is tried again")
            rendered, state = self.pipeline.hold(state, hop)
            self.guests.hold(hop)
            rendered = self._with_groove(rendered)
            self._reserve_left = max(0, self._reserve_left - len(rendered.block.samples))
            self._held_in_a_row += 1
            self.held_hops += 1
        self._groove.hear(rendered.block.samples)
        return rendered, state

    def _with_groove(self, rendered: Rendered, returning: bool = False) -> Rendered:
        """The last bar where a held block has nothing to say, and under the first good one's beginning."""
        bar = self._groove.loop(self._bar_samples(rendered))
        if bar is None or self.controls.mute:
            return rendered
        block = rendered.block
        length, total = len(block.samples), len(block.samples) + len(block.reserve)
        fade = round(self.config.sound.crossfade_ms / 1000 * rendered.sample_rate)
        share = np.zeros(total, np.float32) if returning else np.ones(total, np.float32)
        if returning:
            share[:fade] = np.linspace(1.0, 0.0, fade, dtype=np.float32)
        elif self._reserve_left:  # the reserve of the last good block fades out at its end
            begins = min(max(0, self._reserve_left - fade), total - fade)
            share[:begins] = 0.0
            share[begins : begins + fade] = np.linspace(0.0, 1.0, fade, dtype=np.float32)
        held = repeated(bar, 0, total) * share
        joined = Block(block.start_sample, block.samples + held[:length], block.reserve + held[length:])
        return replace(rendered, block=joined)

    def _bar_samples(self, rendered: Rendered) -> int:
        """A bar at the tempo that plays."""
        return round(BEATS_PER_BAR * 60.0 / rendered.grid.bpm * rendered.sample_rate)

    def _deliver(self, hop: Hop, rendered: Rendered) -> None:
        origin_s = self.clock.origin_s
        heard_at_s = origin_s + hop.heard_s
        events = timed(rendered.score, rendered.block, heard_at_s, rendered.sample_rate)
        for sink in self._sinks:
            sink.play(rendered.block, heard_at_s)
            sink.events(events)
        self.guests.play(origin_s)

    def _update_status(self, hop: Hop, rendered: Rendered, watch: Stopwatch) -> None:
        health = self.vision.health
        if self.speaker is None and self.config.clock == "real":
            self._late += self.clock.now_s() > hop.heard_s
        level = float(np.sqrt(np.mean(rendered.block.samples**2)))
        self.status = replace(
            self.status,
            time_s=hop.now_s,
            source=self.vision.name,
            source_fps=_rate_of(self._recent_frames),
            pose_ms=hop.observations[-1].pose_ms if hop.observations else self.status.pose_ms,
            people=len(hop.observations[-1].people) if hop.observations else self.status.people,
            bpm=rendered.grid.bpm,
            confidence=rendered.grid.confidence,
            phase_beats=rendered.phase_beats,
            energy=rendered.energy,
            level_db=20 * np.log10(max(level, 1e-6)),
            style=self.controls.style_name,
            weights=self.controls.style,
            intensity=self.controls.intensity,
            mute=self.controls.mute,
            backend=self.backend.name,
            hop_ms=watch.total_ms,
            budget_ms=self.pipeline.hop_s * 1000,
            reserve_ms=self._reserve_ms(rendered.block),
            late_hops=self.playout.health.late_hops + self._late,
            underruns=self.underruns,
            dropped_frames=health.dropped_frames,
            latency_ms=self._latency(hop, watch),
            drift_ppm=self.speaker.drift_ppm if self.speaker else 0.0,
            cards=tuple(side.report for side in self.sides),
            message=self._message,
        )
        for sink in self._sinks:
            sink.status(self.status)

    @property
    def underruns(self) -> int:
        """Times the loudspeaker went without sound."""
        return (self.speaker.underruns if self.speaker else 0) + self.playout.health.starvations

    def _reserve_ms(self, block: Block) -> float:
        samples = self.playout.reserve_samples if self.speaker else len(block.reserve)
        return samples / self.manifest.sample_rate * 1000

    def _latency(self, hop: Hop, watch: Stopwatch) -> dict[str, float]:
        """From the newest frame's stamp to its block's first sound, part by part, ms."""
        if not hop.observations:
            return self.status.latency_ms
        newest = hop.observations[-1]
        camera_ms = self.config.camera.latency_ms
        parts = {"capture": camera_ms, "pose": newest.pose_ms}
        parts["settle"] = max(0.0, (hop.now_s - newest.time_s) * 1000 - newest.pose_ms)
        stages = watch.stages_ms
        parts["window"] = stages.get("follow", 0.0) + stages.get("window", 0.0)
        parts["engine"] = stages.get("engine", 0.0)
        parts["crossfade"] = stages.get("crossfade", 0.0)
        ahead_ms = (hop.heard_s - hop.now_s) * 1000
        device_ms = self.speaker.latency_s * 1000 if self.speaker else 0.0
        queue_ms = self.config.sound.queue_ms if self.speaker else 0.0
        parts["slack"] = max(0.0, ahead_ms - device_ms - sum(stages.values()))
        parts["queue"] = queue_ms
        parts["device"] = max(0.0, device_ms - queue_ms)
        return parts

    def _tell(self, text: str) -> None:
        self._message = text
        self._say(text)

    def _write_header(self) -> None:
        if self._trace is None:
            return
        files = {name: digest for name, digest in self.manifest.files.items()}
        config = self.config.model_dump(mode="json", exclude={"stage"})
        config["source"] = without_secrets(config["source"])
        self._trace.write(
            "show", version=1, config=config, bundle={"name": self.manifest.name, "files": files},
            sample_rate=self.manifest.sample_rate, hop_samples=self.manifest.hop_samples,
        )  # fmt: skip
        truth = getattr(self.vision, "truth", None)
        if truth is not None:
            self._trace.write("truth", **truth)

    def _fade_out(self, rendered: Rendered) -> None:
        """End on a short fade of the reserve, not on a cut."""
        length = min(len(rendered.block.reserve), round(END_FADE_S * rendered.sample_rate))
        fade = np.linspace(1.0, 0.0, length, dtype=np.float32)
        ending = Block(rendered.block.end_sample, rendered.block.reserve[:length] * fade)
        heard_at_s = self.clock.origin_s + rendered.heard_s + self.pipeline.hop_s
        for card in self._cards:
            card.put(ending)
        for sink in self._sinks:
            sink.play(ending, heard_at_s)

    def _summary(self, hops: int) -> Summary:
        health = self.vision.health
        times = np.array(self._hop_ms) if self._hop_ms else np.zeros(1)
        summary = Summary(
            hops=hops,
            seconds=hops * self.pipeline.hop_s,
            late_hops=self.playout.health.late_hops + self._late,
            underruns=self.underruns,
            dropped_frames=health.dropped_frames,
            frames=health.frames,
            hop_ms_median=float(np.median(times)),
            hop_ms_p99=float(np.percentile(times, 99)),
            start_up_s=self._start_up_s,
            cards=tuple(side.report for side in self.sides),
        )
        if self._trace:
            self._trace.write("end", **asdict(summary))
        return summary

    def close(self) -> None:
        """End everything at once: sound, pictures, files; each complains for itself."""
        self._end_together([self.vision.close, self.guests.close, self._next.close, *self._outputs])

    @property
    def _outputs(self) -> list[Callable[[], None]]:
        """What ends each file, stream and card that is open."""
        ends = [sink.close for sink in self._sinks] + [card.close for card in self._cards]
        return [*ends, self._trace.close] if self._trace else ends

    def _end_together(self, ends: Sequence[Callable[[], None]]) -> None:
        threads = [threading.Thread(target=self._end, args=(end,), name="closing") for end in ends]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=CLOSE_S)

    def _end(self, end: Callable[[], None]) -> None:
        try:
            end()
        except Exception as error:
            self._say(f"closing failed ({type(error).__name__}: {error})")


def _first_controls(config: ShowConfig, styles: tuple[str, ...]) -> Controls:
    known = styles or GENRES
    name = config.style or known[0]
    if name not in known:
        raise ConfigError(f"--style {name!r}: this bundle does not know it; it knows {', '.join(known)}")
    controls = turn(Controls(intensity=config.intensity), SetStyle(name))
    return replace(controls, bpm=config.follow.bpm)


def _rate_of(times_s: deque[float]) -> float:
    """Frames per second over the last two seconds of frames."""
    if len(times_s) < 2 or times_s[-1] <= times_s[0]:
        return 0.0
    return (len(times_s) - 1) / (times_s[-1] - times_s[0])
