"""Notes, scales, chords and voice leading, as integers of MIDI. Knows nothing of sound or style."""

CHORDS: dict[str, tuple[int, ...]] = {
    "5": (0, 7, 12),
    "M": (0, 4, 7),
    "m": (0, 3, 7),
    "sus": (0, 5, 7),
    "6": (0, 4, 7, 9),
    "7": (0, 4, 7, 10),
    "9": (0, 4, 10, 14),
    "13": (0, 4, 10, 21),
    "M7": (0, 4, 7, 11),
    "M9": (0, 4, 11, 14),
    "m6": (0, 3, 7, 9),
    "m7": (0, 3, 7, 10),
    "m9": (0, 3, 10, 14),
    "m11": (0, 3, 10, 17),
    "h7": (0, 3, 6, 10),
    "7b9": (0, 4, 10, 13),
    "dim": (0, 3, 6, 9),
}
"""Semitones above the root; the four-note rootless-friendly forms keep 3rd and 7th."""

SCALES: dict[str, tuple[int, ...]] = {
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "harmonic": (0, 2, 3, 5, 7, 8, 11),
    "major": (0, 2, 4, 5, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    "minor_pentatonic": (0, 3, 5, 7, 10),
    "major_pentatonic": (0, 2, 4, 7, 9),
}


class Chord:
    """A chord symbol: semitones of its root above the key note, and the quality's intervals."""

    __slots__ = ("intervals", "quality", "root")

    def __init__(self, symbol: str) -> None:
        """Parse ``"10:m7"``: root 10 semitones above the key note, quality ``m7``."""
        root, self.quality = symbol.split(":")
        self.root = int(root)
        self.intervals = CHORDS[self.quality]

    def pitch_classes(self, key: int) -> tuple[int, ...]:
        """The chord's pitch classes 0..11 in the key whose key note is ``key``."""
        return tuple((key + self.root + step) % 12 for step in self.intervals)


def nearest(pitch_class: int, centre: int) -> int:
    """The MIDI pitch of ``pitch_class`` nearest to ``centre`` (ties go up)."""
    return centre + (pitch_class - centre + 5) % 12 - 5


def voicing(chord: Chord, key: int, centre: int, previous: tuple[int, ...]) -> tuple[int, ...]:
    """A close voicing around ``centre``, moving little from ``previous``.

    Args:
        chord: what to voice.
        key: MIDI pitch class of the key note.
        centre: the pitch about which the voicing lies.
        previous: the voicing before, sorted, or empty.

    Returns:
        Rising MIDI pitches, one for each chord tone.
    """
    classes = chord.pitch_classes(key)
    spread = tuple(centre + 3 * i - 4 for i in range(len(classes)))
    targets = previous if len(previous) == len(classes) else spread
    best: tuple[int, ...] = ()
    best_cost = float("inf")
    for turn in range(len(classes)):
        order = classes[turn:] + classes[:turn]
        for octave in (-12, 0):
            notes = [nearest(order[0], centre) + octave]
            for pitch_class in order[1:]:
                notes.append(notes[-1] + 1 + (pitch_class - notes[-1] - 1) % 12)
            movement = sum(abs(a - b) for a, b in zip(notes, targets, strict=True))
            cost = movement + 2.0 * abs(sum(notes) / len(notes) - centre)
            if cost < best_cost:
                best, best_cost = tuple(notes), cost
    return best


def inverted(notes: tuple[int, ...], turns: int) -> tuple[int, ...]:
    """The voicing with its lowest ``turns`` notes an octave higher; notes that meet become one."""
    return tuple(sorted({*notes[turns:], *(note + 12 for note in notes[:turns])}))


def scale_pitches(scale: str, key: int, low: int, high: int) -> tuple[int, ...]:
    """All MIDI pitches of a scale from ``low`` to ``high``, both included."""
    steps = set((key + step) % 12 for step in SCALES[scale])
    return tuple(pitch for pitch in range(low, high + 1) if pitch % 12 in steps)
