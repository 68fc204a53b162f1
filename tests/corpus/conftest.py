import numpy as np
import pytest

from corpus.band.render import Stems, render_stems
from corpus.band.song import Song, compose
from corpus.band.tempo import beat_times
from corpus.bank import Bank


@pytest.fixture(scope="session")
def bank() -> Bank:
    return Bank.synthetic()


@pytest.fixture(scope="session")
def house() -> Song:
    return compose("house", 0)


@pytest.fixture(scope="session")
def house_stems(house: Song, bank: Bank) -> Stems:
    beats_s = beat_times(120.0, 32)
    return render_stems(house, beats_s, np.zeros((2, 8), np.float32), bank)
