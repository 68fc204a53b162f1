"""The notes of one four-bar cycle: each player's part, a function of the song and the variation. No sound."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from corpus.band.song import BARS_PER_CYCLE, BEATS_PER_BAR, VARIATION, Song
from corpus.band.sounds import INSTRUMENTS
from corpus.band.theory import Chord, inverted, nearest, scale_pitches, voicing

STEPS_PER_BAR = 16
STEP_BEATS = 0.25
STROKES = {"X": 1.0, "x": 0.72, "o": 0.8, "r": 0.62}
METRE = (1.0, 0.86, 0.94, 0.86)
"""Weight of the four sixteenths of a beat: evenness is what makes a drum machine of a drummer."""


class Note(NamedTuple):
    """One stroke or note. ``beat`` and ``beats`` are swung and count from the start of the cycle.

    ``pitch`` is a MIDI pitch, or -1 for a drum hit; ``octave`` marks a doubling that only opened arms bring.
    """

    layer: str
    beat: float
    beats: float
    sound: str
    pitch: int
    velocity: float
    octave: bool = False


class Variation(NamedTuple):
    """The eight phrase-variation values, named; each in [-1, 1]."""

    drums: float
    fill: float
    lead: float
    hats: float
    comping: float
    percussion: float
    ghosts: float
    bass: float


def choice(value: float, n: int) -> int:
    """Which of ``n`` equal parts of [-1, 1] holds ``value``."""
    return min(n - 1, max(0, int((value + 1.0) / 2.0 * n)))


def swung(beat: float, swing: float, unit: float) -> float:
    """The beat moved so that the middle of each ``unit`` falls ``swing`` of its half late."""
    whole, inside = divmod(beat, unit)
    half = unit / 2.0
    late = half * (1.0 + swing)
    inside = inside * late / half if inside < half else late + (inside - half) * (unit - late) / half
    return whole * unit + inside


def cycle(song: Song, variation: Sequence[float]) -> tuple[Note, ...]:
    """All notes of a four-bar cycle, by time.

    Args:
        song: the song.
        variation: eight values in [-1, 1] in the order of ``song.VARIATION``.

    Raises:
        ValueError: not eight values.
    """
    if len(variation) != len(VARIATION):
        raise ValueError(f"A phrase has {len(VARIATION)} variation values, not {len(variation)}.")
    v = Variation(*(float(value) for value in variation))
    swing, unit = song.style.swing, song.style.swing_unit
    notes = []
    for part in (drums, percussion, bass, comping, lead, pad):
        for note in part(song, v):
            start = swung(note.beat, swing, unit)
            end = swung(note.beat + note.beats, swing, unit)
            notes.append(note._replace(beat=start, beats=end - start))
    return tuple(sorted(notes, key=lambda note: (note.beat, note.layer, note.pitch)))


def strokes(pattern: str, ghost: float) -> Iterator[tuple[int, float, float, str]]:
    """(step, beat, velocity, mark) of a pattern repeated over four bars; a roll gives two strokes."""
    marks = pattern.replace(" ", "")
    for step in range(BARS_PER_CYCLE * STEPS_PER_BAR):
        mark = marks[step % len(marks)]
        if mark == ".":
            continue
        velocity = (ghost if mark == "g" else STROKES[mark]) * METRE[step % 4]
        yield step, step * STEP_BEATS, velocity, mark
        if mark == "r":
            yield step, step * STEP_BEATS + STEP_BEATS / 2, velocity * 0.8, mark


def drums(song: Song, v: Variation) -> Iterator[Note]:
    """Kick, snare, hats, and the fill that ends every fourth bar."""
    ghost = 0.10 + 0.30 * (v.ghosts + 1.0) / 2.0
    fill_notes, fill_step = fill(song, choice(v.fill, 4))
    kick = song.kick_patterns[choice(v.drums, 3)]
    snare = song.snare_patterns[choice(v.drums, 3)]
    hats = song.hat_patterns[choice(v.hats, 3)]
    closed, opened = song.hat
    for step, beat, velocity, _ in strokes(kick, ghost):
        if step < fill_step or step % 4 == 0:
            yield Note("kick", beat, STEP_BEATS, song.kick, -1, velocity * (1.0 if step % 4 == 0 else 0.85))
    for step, beat, velocity, mark in strokes(snare, ghost):
        if step < fill_step:
            yield Note("snare", beat, STEP_BEATS, song.snare, -1, velocity)
            if mark == "X":
                yield Note("snare", beat, STEP_BEATS, song.second_snare, -1, 0.6)
    for step, beat, velocity, mark in strokes(hats, 0.3 + 0.5 * ghost):
        if step < fill_step:
            accent = 1.0 if step % 4 == 0 or mark == "o" else 0.8
            yield Note("hats", beat, STEP_BEATS, opened if mark == "o" else closed, -1, velocity * accent)
    yield Note("hats", 0.0, 2.0, song.style.crash, -1, 0.8)
    yield from fill_notes


def fill(song: Song, kind: int) -> tuple[list[Note], int]:
    """The fill's notes, and the step from which it silences the pattern.

    Kind 0 is a snare roll that grows, 1 falls through the toms, 2 stops the band for a beat, 3 a pick-up.
    """
    high, middle, low = song.style.toms
    snare = song.snare
    if kind == 0:
        plan = [(60 + i, snare, 0.35 + 0.2 * i) for i in range(4)]
    elif kind == 1:
        toms = (high, high, middle, middle, middle, low, low, low)
        plan = [(56 + i, tom, 0.75 + 0.1 * (i % 2 == 0)) for i, tom in enumerate(toms) if i not in (1, 4)]
    elif kind == 2:
        plan = [(57, snare, 0.7), (60, snare, 1.0), (63, snare, 0.6)]
    else:
        plan = [(60, snare, 1.0), (62, middle, 0.7), (63, snare, 0.8)]
    notes = [Note("snare", step * STEP_BEATS, STEP_BEATS, sound, -1, min(1.0, v)) for step, sound, v in plan]
    return notes, plan[0][0]


def percussion(song: Song, v: Variation) -> Iterator[Note]:
    """Two or three hand percussionists; the dense layer that energy brings."""
    for sound, pattern in song.percussion[choice(v.percussion, 3)].items():
        for _, beat, velocity, _ in strokes(pattern, 0.3):
            yield Note("percussion", beat, STEP_BEATS, sound, -1, velocity)


def chord_at(song: Song, beat: float) -> tuple[float, Chord]:
    """The chord that sounds at ``beat``, and the beat at which the next one begins."""
    for start, length, chord in song.chords:
        if start <= beat < start + length:
            return start + length, chord
    raise ValueError(f"Beat {beat} lies outside the cycle of {BARS_PER_CYCLE * BEATS_PER_BAR} beats.")


def held(pattern: str, step: int) -> int:
    """How many steps the note at ``step`` lasts: itself and the holds that follow it."""
    length = 1
    while step + length < len(pattern) and pattern[step + length] == "-":
        length += 1
    return length


def bass(song: Song, v: Variation) -> Iterator[Note]:
    """The bass line: pattern marks turned into chord tones around the low E."""
    kind = choice(v.bass, 4)
    first = song.bass_patterns[min(kind, 2)]
    second = song.bass_patterns[(min(kind, 2) + 1) % 3]
    count = 0
    for bar in range(BARS_PER_CYCLE):
        pattern = second if bar == BARS_PER_CYCLE - 1 else first
        for step, mark in enumerate(pattern):
            if mark in ".-":
                continue
            beat = bar * BEATS_PER_BAR + step * STEP_BEATS
            end, chord = chord_at(song, beat)
            pitch = bass_pitch(song, chord, mark, end)
            count += 1
            if kind == 3 and count % 3 == 0 and pitch < 43:
                pitch += 12
            velocity = (1.0 if step == 0 else 0.85) * METRE[step % 4]
            yield Note("bass", beat, held(pattern, step) * STEP_BEATS, song.bass, pitch, velocity)


def bass_pitch(song: Song, chord: Chord, mark: str, chord_end: float) -> int:
    """The MIDI pitch of a bass mark over a chord."""
    root = nearest((song.key + chord.root) % 12, 34)
    if mark == "a":
        _, following = chord_at(song, chord_end % (BARS_PER_CYCLE * BEATS_PER_BAR))
        return nearest((song.key + following.root) % 12, 34) - 1
    steps = {"R": 0, "8": 12, "5": 7, "4": 5, "7": 10, "3": 4}
    if mark == "3" and any(i % 12 == 3 for i in chord.intervals):
        return root + 3
    if mark == "7" and any(i % 12 == 11 for i in chord.intervals):
        return root + 11
    if mark == "5" and chord.quality in ("h7", "dim"):
        return root + 6
    return root + steps[mark]


def comping(song: Song, v: Variation) -> Iterator[Note]:
    """Chords in rhythm: the variation picks rhythm and inversion; the last bar answers."""
    kind = choice(v.comping, 3)
    previous: tuple[int, ...] = ()
    for bar in range(BARS_PER_CYCLE):
        pattern = song.comp_patterns[(kind + (bar == BARS_PER_CYCLE - 1)) % 3]
        for step, mark in enumerate(pattern):
            if mark in ".-":
                continue
            beat = bar * BEATS_PER_BAR + step * STEP_BEATS
            _, chord = chord_at(song, beat)
            previous = voicing(chord, song.key, song.style.comp_centre, previous)
            length = held(pattern, step) * STEP_BEATS * (1.0 if mark == "X" else 0.7)
            velocity = (0.95 if mark == "X" else 0.8) * METRE[step % 4]
            for pitch in inverted(previous, kind):
                yield Note("harmony", beat, length, song.comp, in_register(song.comp, pitch), velocity)


def lead(song: Song, v: Variation) -> Iterator[Note]:
    """A motif, and the motif again with another end; strong beats fall on chord tones."""
    chosen = song.motifs[choice(v.lead, 3)]
    centre = song.style.lead_centre
    for half in range(2):
        contour = iter(chosen.contour)
        notes_in_half = len(chosen.contour)
        for count, step in enumerate(i for i, mark in enumerate(chosen.rhythm) if mark == "x"):
            beat = (half * 32 + step) * STEP_BEATS
            height = next(contour)
            if half == 1 and count >= notes_in_half // 2:
                height = -height
            _, chord = chord_at(song, beat)
            pitch = lead_pitch(
                song, chord, centre, height, strong=step % 4 == 0 or held(chosen.rhythm, step) > 2
            )
            length = held(chosen.rhythm, step) * STEP_BEATS
            velocity = 0.95 * METRE[step % 4]
            pitch = in_register(song.lead, pitch)
            yield Note("lead", beat, length, song.lead, pitch, velocity)
            if pitch + 12 <= INSTRUMENTS[song.lead].high + 2:
                yield Note("lead", beat, length, song.lead, pitch + 12, 0.5 * velocity, octave=True)


def in_register(instrument: str, pitch: int) -> int:
    """The pitch moved by octaves to where the instrument can play it."""
    source = INSTRUMENTS[instrument]
    while pitch > source.high + 1:
        pitch -= 12
    while pitch < source.low - 1:
        pitch += 12
    return pitch


def lead_pitch(song: Song, chord: Chord, centre: int, height: int, strong: bool) -> int:
    """The pitch ``height`` scale steps from the centre, drawn to the nearest chord tone if ``strong``."""
    ladder = scale_pitches(song.scale, song.key, centre - 14, centre + 14)
    middle = min(range(len(ladder)), key=lambda i: abs(ladder[i] - centre))
    pitch = ladder[min(len(ladder) - 1, max(0, middle + height))]
    tones = chord.pitch_classes(song.key)
    clash = any((pitch - tone) % 12 in (1, 11) for tone in tones) and pitch % 12 not in tones
    if not strong and not clash:
        return pitch
    return min((nearest(tone, pitch) for tone in tones), key=lambda p: (abs(p - pitch), p))


def pad(song: Song, v: Variation) -> Iterator[Note]:
    """Held chords, from each change to the next: what remains when the dancer is still."""
    previous: tuple[int, ...] = ()
    for start, length, chord in song.chords:
        previous = voicing(chord, song.key, song.style.comp_centre + 2, previous)
        for pitch in previous:
            yield Note("pad", start, length, song.pad, pitch, 0.8)
