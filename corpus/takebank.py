"""Random windows of a built corpus, fast enough to train on. Knows nothing of networks or dancers."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from configs.genres import GENRES
from corpus.band.mix import Controls, mix
from corpus.band.render import SAMPLE_RATE, SAMPLES_PER_CODE, STEMS, Stems
from corpus.take import Take

Array = NDArray[np.float32]


@dataclass(frozen=True)
class TakeWindow:
    """A span of a take.

    Attributes:
        stems: rows ``[14, N]``, duck ``[T]``, phase ``[T]``; N = 128 T.
        variation: ``[14, T]``.
        genre: index into ``GENRES``.
        song: index of the song within its genre, 0..7.
        pump: depth of the genre's side-chain, for ``mix``.
        take: the take it was cut from.
        start_code: where.
    """

    stems: Stems
    variation: Array
    genre: int
    song: int
    pump: float
    take: Take
    start_code: int

    def mix(self, controls: Controls) -> Array:
        """The window as a dancer would have it: ``[N]``."""
        return mix(self.stems, controls, self.pump)


class TakeBank:
    """The takes of one split of a built corpus; stems stay on disk and are mapped, not read.

    Two calls with generators in the same state give the same window.
    """

    def __init__(self, folder: Path, split: str = "train") -> None:
        """Open a corpus made by ``python -m corpus build``.

        Raises:
            FileNotFoundError: there is no corpus.
            ValueError: it was made by another version, or has no take in ``split``.
        """
        path = folder / "index.json"
        if not path.exists():
            raise FileNotFoundError(
                f"No corpus in {folder}: build it with `python -m corpus build --out {folder}`."
            )
        index = json.loads(path.read_text())
        if index["stems"] != list(STEMS):
            raise ValueError(f"The corpus in {folder} has other stems than this code: build it again.")
        self.scale = np.float32(1.0 / index["stem_scale"])
        records = [record for record in index["takes"] if record["split"] == split]
        if not records:
            raise ValueError(
                f"The corpus in {folder} has no takes for {split!r} (train, validation or test)."
            )
        self.takes = [Take.from_json(record) for record in records]
        self._rows = [np.load(folder / "takes" / f"{take.name}.npy", mmap_mode="r") for take in self.takes]
        self._curves = [np.load(folder / "takes" / f"{take.name}.curves.npy") for take in self.takes]
        codes = np.array([take.codes for take in self.takes], np.float64)
        self._share = np.cumsum(codes) / codes.sum()

    def __len__(self) -> int:
        return len(self.takes)

    @property
    def hours(self) -> float:
        """How much music this split holds."""
        return sum(take.seconds for take in self.takes) / 3600.0

    def window(self, rng: np.random.Generator, codes: int = 344) -> TakeWindow:
        """A random window of ``codes`` codes, every moment of the split equally likely.

        Raises:
            ValueError: the take drawn is shorter than the window.
        """
        number = int(np.searchsorted(self._share, rng.uniform(0, 1), side="right"))
        number = min(number, len(self.takes) - 1)
        longest = self.takes[number].codes
        if codes > longest:
            raise ValueError(
                f"A window of {codes} codes does not fit {self.takes[number].name}, {longest} codes long."
            )
        return self.cut(number, int(rng.integers(0, longest - codes + 1)), codes)

    def window_of(self, genre: str, turn: int, codes: int, rng: np.random.Generator) -> TakeWindow:
        """A random moment of a genre's take number ``turn`` (round and round) of those long enough.

        Raises:
            ValueError: the genre has no take of ``codes`` codes.
        """
        fitting = [n for n, take in enumerate(self.takes) if take.song.genre == genre and take.codes >= codes]
        if not fitting:
            seconds = codes * SAMPLES_PER_CODE / SAMPLE_RATE
            raise ValueError(
                f"the corpus has no take of {genre} that lasts {seconds:.0f} s; build more of it"
            )
        number = fitting[turn % len(fitting)]
        return self.cut(number, int(rng.integers(0, self.takes[number].codes - codes + 1)), codes)

    def cut(self, number: int, start_code: int, codes: int) -> TakeWindow:
        """``codes`` codes of take ``number`` from ``start_code``."""
        take = self.takes[number]
        end = start_code + codes
        rows = self._rows[number][:, start_code * SAMPLES_PER_CODE : end * SAMPLES_PER_CODE] * self.scale
        duck, phase = self._curves[number][:, start_code:end]
        return TakeWindow(
            Stems(rows, duck, phase), take.variation_codes[:, start_code:end], GENRES.index(take.song.genre),
            take.song.index, take.song.style.pump, take, start_code,
        )  # fmt: skip
