"""The songs' scores as the pages a generator starts from: what each variant of each part plays.

A generator learns sooner how things sound when it need not first find out what is played. Pages and gates
stay parameters: training may change them.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from configs.genres import GENRES
from corpus.band.parts import STEPS_PER_BAR, Note, cycle
from corpus.band.song import BARS_PER_CYCLE, SLOTS, VARIATION, Song, compose
from models.streaming import Part, StreamingConfig, StreamingGenerator

PLACES = BARS_PER_CYCLE * STEPS_PER_BAR
CHOICES = {"drums": 3, "hats": 3, "fill": 4, "percussion": 3, "bass": 4, "comping": 3, "lead": 3}
"""Into how many parts the band divides each phrase value."""
THRESHOLDS = {3: (-0.3333, 0.3333), 4: (-0.5, 0.0, 0.5)}
FILL_STEP = 56
LAYER_VALUES = {"bass": "bass", "lead": "lead", "harmony": "comping", "pad": ""}
"""Which phrase value chooses what a pitched layer plays; the pad has no choice."""


class Channel(NamedTuple):
    """One channel of a page: when it sounds, and which choice of which phrase value brings it ("" always)."""

    strength: NDArray[np.float32]  # [PLACES]
    value: str
    choice: int


def channels(song: Song, parts: Sequence[Part]) -> Iterator[Channel]:
    """All channels of a song's page, in the same order for every song: strokes, then keys part by part."""
    for value, count in CHOICES.items():
        for choice in range(count):
            for strength in PARTS[value](song, variant(song, value, middle_of(choice, count))):
                yield Channel(strength, value, choice)
    for part in parts:
        value = LAYER_VALUES[part.name]
        for choice in range(part.choices):
            notes = variant(song, value, middle_of(choice, part.choices))
            for strength in roll(of_layer(notes, part.name), part):
                yield Channel(strength, value, choice)


def middle_of(choice: int, count: int) -> float:
    """A phrase value in the middle of a choice."""
    return (2 * choice + 1) / count - 1


def variant(song: Song, value: str, at: float) -> tuple[Note, ...]:
    """The notes of a cycle with one phrase value at `at`, the others in the middle."""
    return cycle(song, [at if name == value else 0.0 for name in VARIATION])


def of_layer(notes: tuple[Note, ...], layer: str) -> list[Note]:
    """The notes of one layer, without the octave that only open arms bring."""
    return [note for note in notes if note.layer == layer and not note.octave]


def strokes(notes: list[Note]) -> NDArray[np.float32]:
    """Velocity at the sixteenth nearest to each note, [PLACES]."""
    struck = np.zeros(PLACES, np.float32)
    for note in notes:
        place = round(note.beat * 4) % PLACES
        struck[place] = max(struck[place], note.velocity)
    return struck


def roll(notes: list[Note], part: Part) -> NDArray[np.float32]:
    """What sounds, key by key and sixteenth by sixteenth, [keys, PLACES].

    Raises:
        ValueError: a note that the part has no key for.
    """
    sounding = np.zeros((part.keys, PLACES), np.float32)
    for note in notes:
        if not 0 <= note.pitch - part.lowest < part.keys:
            raise ValueError(f"{part.name} plays MIDI key {note.pitch}, beyond the generator's keys")
        first = round(note.beat * 4)
        for place in range(first, max(first + 1, round((note.beat + note.beats) * 4))):
            sounding[note.pitch - part.lowest, place % PLACES] = 1.0
    return sounding


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
    return [strokes(of_layer(notes, "bass"))]


def _comping(song: Song, notes: tuple[Note, ...]) -> list[NDArray[np.float32]]:
    return [strokes(of_layer(notes, "harmony"))]


def _lead(song: Song, notes: tuple[Note, ...]) -> list[NDArray[np.float32]]:
    return [strokes(of_layer(notes, "lead"))]


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
def all_pages(parts: tuple[Part, ...]) -> tuple[tuple[Channel, ...], ...]:
    """The channels of every training song's page, in the order of genres and slots."""
    return tuple(tuple(channels(compose(genre, slot), parts)) for genre in GENRES for slot in range(SLOTS))


@torch.no_grad()
def write_scores(generator: StreamingGenerator) -> None:
    """Put the scores of the training songs on the pages, and let phrase values choose among parts.

    Raises:
        ValueError: pages too narrow, or phrase values without the band's thresholds.
    """
    config = generator.config
    pages = all_pages(config.parts)
    struck = len(pages[0]) - (config.sheet_dim - config.sheet_strokes)
    if config.sheet_strokes < struck or config.sheet_places != PLACES or config.songs != len(pages):
        raise ValueError(f"The scores need {len(pages)} pages of {PLACES} places and {struck} strokes.")
    rolls = torch.tensor(np.array([[channel.strength for channel in page] for page in pages]))  # [S, C, P]
    places = [*range(struck), *range(config.sheet_strokes, config.sheet_dim)]
    generator.sheet.pages.view(len(pages), PLACES, config.sheet_dim)[..., places] = rolls.transpose(1, 2)
    for place, channel in zip(places, pages[0], strict=True):
        write_gate(generator, place, channel)


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


def scored(config: StreamingConfig) -> StreamingGenerator:
    """A generator that begins with the scores on its pages."""
    generator = StreamingGenerator(config)
    write_scores(generator)
    return generator
