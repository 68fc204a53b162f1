"""The songs' scores as the pages a generator starts from: what each variant of each part plays.

A generator learns sooner how things sound when it need not first find out what is played. Pages and gates
stay parameters: training may change them.
"""

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from configs.genres import GENRES
from corpus.band.parts import STEPS_PER_BAR, Note, cycle
from corpus.band.song import BARS_PER_CYCLE, SLOTS, VARIATION, Song, compose
from models.streaming import StreamingConfig, StreamingGenerator

PLACES = BARS_PER_CYCLE * STEPS_PER_BAR
CHOICES = {"drums": 3, "hats": 3, "fill": 4, "percussion": 3, "bass": 4, "comping": 3, "lead": 3}
"""Into how many parts the band divides each phrase value."""
THRESHOLDS = {3: (-0.3333, 0.3333), 4: (-0.5, 0.0, 0.5)}
FILL_STEP = 56
PITCHED = ("bass", "lead")
"""Parts whose last twelve channels are the pitch classes that sound."""
PARTIALS = {0: 1.0, 7: 0.5, 4: 0.25}
"""How strongly a note rings the strings so many semitones above it, octaves apart: partials 1-2-4, 3-6, 5."""


class Channel(NamedTuple):
    """One channel of a page: when it sounds, and which choice of which phrase value brings it ("" always)."""

    strength: NDArray[np.float32]  # [PLACES]
    value: str
    choice: int
    pitch_class: int | None = None  # of a channel that says when one sounds; C is 0


def channels(song: Song) -> Iterator[Channel]:
    """All channels of a song's page, in the same order for every song."""
    for value, count in CHOICES.items():
        for choice in range(count):
            notes = variant(song, value, (2 * choice + 1) / count - 1)
            rolls = PARTS[value](song, notes)
            for index, strength in enumerate(rolls, start=12 - len(rolls)):
                pitched = value in PITCHED and index >= 0
                yield Channel(strength, value, choice, index if pitched else None)
    for index, strength in enumerate(pitch_classes(of_layer(variant(song, "drums", 0.0), "pad"))):
        yield Channel(strength, "", 0, index)


def variant(song: Song, value: str, at: float) -> tuple[Note, ...]:
    """The notes of a cycle with one phrase value at `at`, the others in the middle."""
    return cycle(song, [at if name == value else 0.0 for name in VARIATION])


def of_layer(notes: tuple[Note, ...], layer: str) -> list[Note]:
    """The notes of one layer, without the octave that only open arms bring."""
    return [note for note in notes if note.layer == layer and not note.octave]


def strokes(notes: list[Note]) -> NDArray[np.float32]:
    """Velocity at the sixteenth nearest to each note, [PLACES]."""
    roll = np.zeros(PLACES, np.float32)
    for note in notes:
        place = round(note.beat * 4) % PLACES
        roll[place] = max(roll[place], note.velocity)
    return roll


def pitch_classes(notes: list[Note]) -> list[NDArray[np.float32]]:
    """Twelve rolls of what sounds, [PLACES] each."""
    rolls = np.zeros((12, PLACES), np.float32)
    for note in notes:
        first = round(note.beat * 4)
        for place in range(first, max(first + 1, round((note.beat + note.beats) * 4))):
            rolls[note.pitch % 12, place % PLACES] = 1.0
    return list(rolls)


def _drums(song: Song, notes: tuple[Note, ...]) -> list[NDArray[np.float32]]:
    snares = [note for note in of_layer(notes, "snare") if note.sound == song.snare]
    return [strokes(of_layer(notes, "kick")), strokes(snares)]


def _hats(song: Song, notes: tuple[Note, ...]) -> list[NDArray[np.float32]]:
    return [strokes([note for note in of_layer(notes, "hats") if note.sound == sound]) for sound in song.hat]


def _fill(song: Song, notes: tuple[Note, ...]) -> list[NDArray[np.float32]]:
    last = [note for note in of_layer(notes, "snare") if round(note.beat * 4) >= FILL_STEP]
    toms = [note for note in last if note.sound != song.snare]
    return [strokes([note for note in last if note.sound == song.snare]), strokes(toms)]


def _percussion(song: Song, notes: tuple[Note, ...]) -> list[NDArray[np.float32]]:
    played = of_layer(notes, "percussion")
    sounds = list(dict.fromkeys(note.sound for note in played))
    return [
        strokes([note for note in played if index < len(sounds) and note.sound == sounds[index]])
        for index in range(3)
    ]


def _bass(song: Song, notes: tuple[Note, ...]) -> list[NDArray[np.float32]]:
    played = of_layer(notes, "bass")
    return [strokes(played), *pitch_classes(played)]


def _comping(song: Song, notes: tuple[Note, ...]) -> list[NDArray[np.float32]]:
    return [strokes(of_layer(notes, "harmony"))]


def _lead(song: Song, notes: tuple[Note, ...]) -> list[NDArray[np.float32]]:
    played = of_layer(notes, "lead")
    return [strokes(played), *pitch_classes(played)]


PARTS = {
    "drums": _drums,
    "hats": _hats,
    "fill": _fill,
    "percussion": _percussion,
    "bass": _bass,
    "comping": _comping,
    "lead": _lead,
}


@cache
def all_pages() -> tuple[tuple[Channel, ...], ...]:
    """The channels of every training song's page, in the order of genres and slots."""
    return tuple(tuple(channels(compose(genre, slot))) for genre in GENRES for slot in range(SLOTS))


@torch.no_grad()
def write_scores(generator: StreamingGenerator) -> None:
    """Put the scores of the training songs on the pages, and let phrase values choose among parts.

    Raises:
        ValueError: pages too narrow, or phrase values without the band's thresholds.
    """
    config = generator.config
    pages = all_pages()
    width = len(pages[0])
    if config.sheet_dim < width or config.sheet_places != PLACES or config.songs != len(pages):
        raise ValueError(f"The scores need {len(pages)} pages of {PLACES} x {width}; sheet_dim is too small.")
    rolls = torch.tensor(np.array([[channel.strength for channel in page] for page in pages]))  # [S, C, P]
    generator.sheet.pages.view(len(pages), PLACES, config.sheet_dim)[..., :width] = rolls.transpose(1, 2)
    for index, channel in enumerate(pages[0]):
        write_gate(generator, index, channel)


def write_gate(generator: StreamingGenerator, index: int, channel: Channel) -> None:
    """Make the gate of page channel `index` 1 where its choice is made and 0 elsewhere."""
    config, attend = generator.config, generator.attend
    attend.weight[index], attend.bias[index] = 0.0, 0.0
    if not channel.value:
        return
    bounds = THRESHOLDS[CHOICES[channel.value]]
    first = config.songs + VARIATION.index(channel.value) * len(config.variation_steps)
    if channel.choice > 0:
        attend.bias[index] = -1.0
        attend.weight[index, first + config.variation_steps.index(bounds[channel.choice - 1])] = 1.0
    if channel.choice < len(bounds):
        attend.weight[index, first + config.variation_steps.index(bounds[channel.choice])] = -1.0


@torch.no_grad()
def tune_strings(generator: StreamingGenerator) -> None:
    """Let every channel of the page that says when a pitch sounds ring the strings of its partials."""
    generator.ring.weight.zero_()
    generator.ring.bias.zero_()
    for index, channel in enumerate(all_pages()[0]):
        for string in range(generator.config.strings) if channel.pitch_class is not None else ():
            above = (generator.config.lowest_string + string - channel.pitch_class) % 12
            generator.ring.weight[string, index] = PARTIALS.get(above, 0.0)


def scored(config: StreamingConfig) -> StreamingGenerator:
    """A generator that begins with the scores on its pages."""
    generator = StreamingGenerator(config)
    write_scores(generator)
    if config.strings:
        tune_strings(generator)
    return generator
