"""Dances whose beat is known, as rows of poses (features/pose_stream.py), to teach a network the beat.

Every dancer has other proportions, camera, tempo, energy, tracker and manner: how long, sharp and springy a
genre's movements are is varied, and legs, torso and arms may come from different genres, so that what is
learnt is movement rather than ten styles. Some do not dance at all. Knows no music and no networks.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from configs.genres import GENRES
from corpus.danced import energy
from corpus.on_the_grid import DancerOnTheGrid, Laid
from dancer.config import DancerConfig
from dancer.moves import Genre, Manner
from dancer.phrases import Phrases
from dancer.sight import Sight, any_sight, watch
from dancer.tempo import Drifting, Steady, Stepping, Tempo
from dancer.variety import any_body, any_view
from dancer.virtual import Dancer, VirtualDancer
from dancer.vocabulary import VOCABULARY
from features import pose_stream

Floats = NDArray[np.float64]
Points = NDArray[np.float32]

SLOWEST_BPM, FASTEST_BPM = 62.0, 172.0
LAG_S = 0.012
"""Poses are dated back by this, as the follower does (realtime/follower.py, ``POSE_LAG_S``)."""
PLAIN, MIXED = 0.5, 0.3
"""Share of dancers with a genre's own manner, and with moves of three genres; the others vary the manner."""
IDLE = 0.12
"""Share of people who gesture or stand: no beat can be told from them."""
RISERS, RISE = 0.25, 0.4
"""Share of varied dancers who rise on the beat: their weight sinks so many beats later than their genre's."""
RECORDED = "recorded"
"""The style of a dance after a recording."""
EXACT = 0.06
"""Share of dances seen without any error."""


@dataclass(frozen=True)
class BeatDance:
    """Rows ``[T, INPUTS]`` at ``(first + t) / RATE_HZ`` s, and the beat (fractional) then; NaN: none."""

    rows: NDArray[np.float16]
    beats: Floats  # [T] as of ``delay_s`` before the row
    style: str


def beat_dance(
    seed: int, seconds: float, delay_s: float, styles: tuple[str, ...] = GENRES, plain: float = PLAIN
) -> BeatDance:
    """Dance number ``seed``, everything by chance."""
    rng = np.random.default_rng([seed, 0xBEA7])
    idle = bool(rng.random() < IDLE)
    dancer = any_dancer(rng, seed, seconds, styles, plain)
    sight = any_eye(rng)
    if not idle:
        return _seen(dancer, dancer.landmarks, sight, delay_s, rng, dancer.config.style)
    warp = _irregular(rng, seconds)
    _calm(dancer, rng)

    def hesitant(times_s: Floats) -> Points:
        return dancer.landmarks(np.interp(times_s, *warp))

    one = _seen(dancer, hesitant, sight, delay_s, rng, "idle")
    return replace(one, beats=np.full_like(one.beats, np.nan))


def recorded_beat_dance(one: Laid, seed: int, seconds: float, delay_s: float) -> BeatDance:
    """What a real dancer did, laid on some tempo near its own; where its bars begin nobody knows."""
    rng = np.random.default_rng([seed, 0xBEA8])
    bpm = float(np.clip(one.bpm * np.exp(rng.uniform(-0.25, 0.25)), SLOWEST_BPM, FASTEST_BPM))
    config = DancerConfig(
        bpm=bpm,
        seed=seed,
        seconds=seconds,
        tempo=any_tempo(rng, bpm, seconds),
        mirrored=bool(rng.random() < 0.5),
        body=any_body(rng),
        view=any_view(rng),
    )
    dancer = DancerOnTheGrid(one, config, begin=int(rng.integers(len(one.beats_s))))
    return _seen(dancer, dancer.landmarks, any_eye(rng), delay_s, rng, RECORDED)


def _seen(
    dancer: Dancer,
    exact: Callable[[Floats], Points],
    sight: Sight,
    delay_s: float,
    rng: np.random.Generator,
    style: str,
) -> BeatDance:
    """``exact`` landmarks as a tracker sees them, in rows, with the dancer's beat at each."""
    config = dancer.config
    times_s, points = watch(exact, config.seconds, config.aspect, sight, rng)
    lag_s = LAG_S if sight.difficulty else 0.0
    first, rows = in_rows(times_s - lag_s, points, config.aspect)
    at_s = (first + np.arange(len(rows))) / pose_stream.RATE_HZ - delay_s
    return BeatDance(rows.astype(np.float16), dancer.tempo.beat_at(at_s), style)


def in_rows(times_s: Floats, points: Points, aspect: float) -> tuple[int, Floats]:
    """Number of the first row, and rows ``[T, INPUTS]`` without a gap (zeros where nothing was seen)."""
    state, parts = pose_stream.start(), []
    for time_s, pose in zip(times_s, points, strict=True):
        if np.isfinite(pose).all():
            state, new = pose_stream.update(state, pose, aspect, float(time_s))
            if len(new.values):
                parts.append(new)
    first, last = parts[0].first, parts[-1].first + len(parts[-1].values)
    rows = np.zeros((last - first, pose_stream.INPUTS))
    for part in parts:
        rows[part.first - first : part.first - first + len(part.values)] = part.values
    return first, rows


def any_dancer(
    rng: np.random.Generator, seed: int, seconds: float, styles: tuple[str, ...], plain: float
) -> VirtualDancer:
    """Somebody, before some camera, at some tempo."""
    bpm = float(np.exp(rng.uniform(np.log(SLOWEST_BPM), np.log(FASTEST_BPM))))
    usual = rng.random() < 0.5
    level = float(rng.uniform(0.4, 0.9)) if usual else energy(rng, seconds)
    config = DancerConfig(
        bpm=bpm,
        style=str(rng.choice(styles)),
        seed=seed,
        energy=level,
        seconds=seconds,
        tempo=any_tempo(rng, bpm, seconds),
        looseness=float(rng.choice([1.0, 1.0, rng.uniform(0.3, 2.0)])),
        mirrored=bool(rng.random() < 0.5),
        body=any_body(rng),
        view=any_view(rng),
    )
    dancer = VirtualDancer(config)
    chance = rng.random()
    if chance > plain:
        genre = varied(rng, VOCABULARY[config.style])
        _dance(dancer, mixed(rng, genre, styles) if chance < plain + MIXED else genre)
    return dancer


def any_tempo(rng: np.random.Generator, bpm: float, seconds: float) -> Tempo:
    """Steady, drifting, or stepping now and then."""
    kind = rng.random()
    if kind < 0.35:
        return Steady()
    if kind < 0.75:
        return Drifting(float(rng.uniform(0.01, 0.06)), float(rng.uniform(8, 25)))
    at_s = np.cumsum(rng.uniform(8, 20, 5))
    return Stepping(
        tuple((float(s), float(bpm * np.exp(rng.uniform(-0.2, 0.2)))) for s in at_s if s < seconds)
        or ((seconds, bpm),)
    )


def any_eye(rng: np.random.Generator) -> Sight:
    """A tracker as met, or a webcam in the dark at 15 or 20 frames a second, or none between."""
    if rng.random() < EXACT:
        return Sight(difficulty=0.0, dropout=0.0, swap=0.0)
    sight = any_sight(rng)
    if rng.random() < 0.15:
        sight = replace(sight, fps=float(rng.choice([15.0, 20.0])), dropped=min(sight.dropped, 0.1))
    return replace(sight, difficulty=1.0) if rng.random() < 0.4 else sight


def varied(rng: np.random.Generator, genre: Genre) -> Genre:
    """The genre danced by somebody with other habits."""
    m = genre.manner

    def times(value: float, spread: float = 0.35) -> float:
        return float(value * np.exp(rng.normal(0, spread)))

    manner = Manner(
        travel=float(np.clip(times(m.travel), 0.2, 1.0)),
        sharp=float(np.clip(times(m.sharp), 2.0, 6.0)),
        recoil=times(m.recoil + 0.01, 0.6),
        bounce=times(m.bounce + 0.01, 0.6),
        pulse=float(np.clip(times(m.pulse), 1.0, 4.0)),
        late=float(np.clip(rng.normal(m.late + RISE * (rng.random() < RISERS), 0.12), 0.0, 0.75)),
        rock=times(m.rock, 0.6),
        sway=times(m.sway + 0.005, 0.6),
        nod=times(m.nod, 0.6),
        jack=times(m.jack + 0.01, 0.6),
        freedom=times(m.freedom, 0.4),
    )
    return replace(genre, manner=manner)


def mixed(rng: np.random.Generator, genre: Genre, styles: tuple[str, ...]) -> Genre:
    """Torso and arms as other genres move them."""
    others = {track: VOCABULARY[str(rng.choice(styles))] for track in ("core", "arms")}
    moves = genre.of_track("legs") + others["core"].of_track("core") + others["arms"].of_track("arms")
    return replace(genre, moves=moves)


def _dance(dancer: VirtualDancer, genre: Genre) -> None:
    """Let a new dancer dance ``genre`` instead of its own."""
    made, dance = dancer.choreography, dancer.config
    made.manner = genre.manner
    made.phrases = Phrases(
        genre, dance.seed, dance.bpm * dance.speed, dance.looseness, made.phrases.energy_at_beat
    )


def _calm(dancer: VirtualDancer, rng: np.random.Generator) -> None:
    """No groove, and moves of all genres' arms alone: gestures."""
    genre = VOCABULARY[dancer.config.style]
    still = Manner(0.6, 2.2, 0.01, bounce=0.0, rock=0.0, sway=0.0, nod=0.0, freedom=2.0)
    tracks = ("arms",) if rng.random() < 0.6 else ("arms", "core", "legs")
    legs = tuple(replace(move, keys=tuple(replace(k, values={}) for k in move.keys)) for move in genre.moves)
    moves = tuple(
        full if full.track in tracks else empty for full, empty in zip(genre.moves, legs, strict=True)
    )
    _dance(dancer, replace(genre, manner=still, moves=moves))


def _irregular(rng: np.random.Generator, seconds: float) -> tuple[Floats, Floats]:
    """True times, and those of the dance shown then: hurrying and halting, so that nothing comes evenly."""
    steps = rng.gamma(1.2, 0.8, int(4 * seconds) + 8)
    shown = np.concatenate([[0.0], np.cumsum(steps)])
    true = np.concatenate([[0.0], np.cumsum(rng.gamma(3.0, 0.27, len(steps)))])
    return true, shown
