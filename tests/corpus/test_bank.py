from pathlib import Path

import numpy as np
import pytest

from corpus import record
from corpus.band.sounds import HITS, INSTRUMENTS
from corpus.bank import Bank, transposed


def pitch_hz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 17))
    return float(np.fft.rfftfreq(1 << 17, 1 / 22_050)[spectrum.argmax()])


def sine(hz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hz * np.arange(22_050) / 22_050).astype(np.float32)


def test_every_sound_can_be_played_without_recordings(bank: Bank) -> None:
    for name in HITS:
        hit = bank.hit(name)
        assert np.abs(hit).max() == pytest.approx(0.9, abs=0.01), name
        assert abs(hit[-1]) < 1e-3, name
    for name, source in INSTRUMENTS.items():
        note = bank.note(name, (source.low + source.high) // 2)
        assert np.abs(note).max() == pytest.approx(0.9, abs=0.02), name
        assert np.abs(note[: len(note) // 4]).max() > 0.2, f"{name} comes too late"


def test_synthetic_whistle_is_in_tune(bank: Bank) -> None:
    assert pitch_hz(bank.note("lead_whistle", 69)[4000:]) == pytest.approx(440.0, rel=0.01)


def test_recorded_notes_are_used_and_tuned_between(tmp_path: Path) -> None:
    path = tmp_path / "bank.npz"
    stored = np.round(sine(440.0) * 30_000).astype(np.int16)
    with path.open("wb") as file:
        np.savez(file, **{"note/piano/69": stored, "hit/clap": stored[:500]})
    bank = Bank.load(path)
    assert pitch_hz(bank.note("piano", 69)) == pytest.approx(440.0, rel=1e-3)
    assert pitch_hz(bank.note("piano", 70)) == pytest.approx(466.16, rel=2e-3)
    assert pitch_hz(bank.note("piano", 68)) == pytest.approx(415.30, rel=2e-3)
    assert len(bank.hit("clap")) == 500
    assert bank.fingerprint != Bank.synthetic().fingerprint
    assert Bank.load(path).fingerprint == bank.fingerprint


@pytest.mark.parametrize("semitones", [-12, -1, 1, 7])
def test_transposing(semitones: int) -> None:
    assert pitch_hz(transposed(sine(500.0), semitones)) == pytest.approx(
        500.0 * 2 ** (semitones / 12), rel=2e-3
    )


def test_no_bank_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="python -m corpus bank"):
        Bank.load(tmp_path / "none.npz")
    assert Bank.best(tmp_path / "none.npz").name == "synthetic"


def test_recording_without_packages_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(record, "SOUND_FONT", tmp_path / "no.sf2")
    monkeypatch.setattr(record, "SONIC_PI", tmp_path / "no")
    with pytest.raises(FileNotFoundError, match=r"apt-get install .* fluid-soundfont-gm sonic-pi-samples"):
        record.record_bank(tmp_path / "bank.npz")


def test_attack_is_found_and_the_tail_faded() -> None:
    late = np.concatenate([np.zeros(4410, np.float32), sine(300.0)])
    begun = record.from_attack(late, 0.1)
    assert 0 <= len(begun) - 22_050 <= 70
    short = record.shortened(sine(300.0), 0.2)
    assert len(short) == 4410 and abs(short[-1]) < 1e-3


def test_amen_is_left_out() -> None:
    assert not any("amen" in hit.sonic_pi for hit in HITS.values())


@pytest.mark.skipif(
    not record.SOUND_FONT.exists() or not record.SONIC_PI.is_dir(), reason="sound sources not installed"
)
def test_fluidsynth_plays_in_tune() -> None:
    requests = [r for r in record.note_requests() if r.name in ("note/flute/73", "note/organ/58")]
    flute_or_organ = dict(zip([r.name for r in requests], record.play(requests), strict=True))
    assert len(flute_or_organ) == 2
    for name, samples in flute_or_organ.items():
        expected = 440 * 2 ** ((int(name.split("/")[2]) - 69) / 12)
        ratio = pitch_hz(samples[2000:]) / expected
        assert min(abs(ratio / harmonic - 1) for harmonic in (0.5, 1, 2, 3, 4)) < 0.01, name
