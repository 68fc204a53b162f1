"""A take: one song played once, at one tempo, with one choice of variations. Knows nothing of dancers.

A take is its recipe: rendering it again with the same bank gives the same samples, bit for bit.
"""

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from configs.genres import GENRES
from corpus.band import midi
from corpus.band.parts import Note, cycle
from corpus.band.render import LAYERS, SAMPLE_RATE, SAMPLES_PER_CODE, Stems, render_stems
from corpus.band.song import BEATS_PER_BAR, BEATS_PER_CYCLE, SLOTS, VARIATION, Song, compose
from corpus.band.sounds import HITS, INSTRUMENTS
from corpus.band.tempo import STRETCH, Times, beat_times
from corpus.bank import Bank

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Take:
    """A recipe.

    Attributes:
        song: what is played.
        number: which take of the song.
        bpm: tempo before drift.
        beats_s: time of every beat from the take's start, ``[16 * phrases + 1]`` seconds; the first is 0.
        variations: ``[phrases, 8]`` in [-1, 1] (``song.VARIATION``).
    """

    song: Song
    number: int
    bpm: float
    beats_s: Times
    variations: Array

    @property
    def name(self) -> str:
        """``house_3_0002``."""
        return f"{self.song.name}_{self.number:04d}"

    @property
    def downbeats_s(self) -> Times:
        """Times of the first beats of bars."""
        return self.beats_s[:-1:BEATS_PER_BAR]

    @property
    def codes(self) -> int:
        """Length in codes of 128 samples."""
        return int(self.beats_s[-1] * SAMPLE_RATE) // SAMPLES_PER_CODE

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.codes * SAMPLES_PER_CODE / SAMPLE_RATE

    def stems(self, bank: Bank) -> Stems:
        """Play it."""
        return render_stems(self.song, self.beats_s, self.variations, bank)

    @cached_property
    def variation_codes(self) -> Array:
        """``[14, T]``: six song-slot weights, then the phrase's eight values, at code centres."""
        centres = (np.arange(self.codes) * SAMPLES_PER_CODE + SAMPLES_PER_CODE // 2) / SAMPLE_RATE
        starts = self.beats_s[:-1:BEATS_PER_CYCLE]
        phrase = np.searchsorted(starts, centres, side="right") - 1
        slots = np.repeat(np.array(self.song.slot_weights, np.float32)[:, None], self.codes, axis=1)
        return np.concatenate([slots, self.variations[phrase].T.astype(np.float32)])

    def notes(self) -> list[Note]:
        """Every note, its beat counted from the start of the take."""
        return [
            played._replace(beat=played.beat + phrase * BEATS_PER_CYCLE)
            for phrase, variation in enumerate(self.variations)
            for played in cycle(self.song, variation.tolist())
            if not played.octave
        ]

    def midi(self) -> bytes:
        """The take as a standard MIDI file: a tempo track, then one track a layer."""
        beat_s = np.diff(self.beats_s)
        tempi = [midi.tempo(i * midi.TICKS_PER_BEAT, float(s)) for i, s in enumerate(beat_s)]
        tracks = [[midi.named(self.name), *tempi]]
        notes = self.notes()
        for channel, layer in enumerate(LAYERS):
            played = [n for n in notes if n.layer == layer]
            if played:
                tracks.append(midi_layer(layer, channel, played))
        return midi.midi_file(tracks)

    def as_json(self) -> dict[str, Any]:
        """The recipe and its truth as plain values."""
        return {
            "name": self.name,
            "genre": self.song.genre,
            "song": self.song.index,
            "take": self.number,
            "split": self.song.split,
            "bpm": self.bpm,
            "codes": self.codes,
            "beats_s": self.beats_s.tolist(),
            "downbeats_s": self.downbeats_s.tolist(),
            "variations": self.variations.tolist(),
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Take":
        """The take that ``as_json`` described."""
        return cls(
            compose(values["genre"], values["song"]),
            values["take"],
            values["bpm"],
            np.array(values["beats_s"]),
            np.array(values["variations"], np.float32),
        )


def midi_layer(layer: str, channel: int, notes: list[Note]) -> list[midi.MidiEvent]:
    """A layer's notes as MIDI events; hits go to the drum channel under their General MIDI keys."""
    events = [midi.named(layer)]
    channel = midi.DRUM_CHANNEL if notes[0].pitch < 0 else channel
    events.append(midi.program(0, channel, 0 if notes[0].pitch < 0 else INSTRUMENTS[notes[0].sound].program))
    for played in notes:
        key = HITS[played.sound].key if played.pitch < 0 else played.pitch
        start, length = (round(b * midi.TICKS_PER_BEAT) for b in (played.beat, played.beats))
        events += midi.note(start, length, channel, key, round(127 * played.velocity))
    return events


def make_take(song: Song, number: int, seed: int, phrases: int) -> Take:
    """Take ``number`` of a song: its tempo within 12 % of the song's, its drift and its variations.

    Each song's takes step through the tempo range, so that few takes cover it evenly.
    """
    rng = np.random.default_rng([seed, GENRES.index(song.genre), song.index, number])
    place = (number * 0.618034 + zlib.crc32(song.name.encode()) / 2**32) % 1.0
    bpm = song.bpm * (1.0 + STRETCH * (2.0 * place - 1.0))
    beats_s = beat_times(bpm, BEATS_PER_CYCLE * phrases, rng)
    variations = rng.uniform(-1.0, 1.0, (phrases, len(VARIATION))).astype(np.float32)
    return Take(song, number, bpm, beats_s, variations)


VARIATION_SIZE = SLOTS + len(VARIATION)
