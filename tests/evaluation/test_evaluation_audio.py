"""Reading sounds: as librosa reads them; broken, missing and unpaired files are named."""

import numpy as np
import pytest

from evaluation.audio import mono, paired_files, read_samples, sound_files, windows_of


def test_reading_equals_librosas_loading(write_wav):
    import librosa

    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (24000, 2))
    path = write_wav("stereo48.wav", noise, 48000)
    expected, _ = librosa.load(path, sr=22050, mono=True)
    np.testing.assert_allclose(read_samples(path), expected, atol=1e-6)


def test_broken_and_empty_files_are_named(tmp_path, write_wav):
    (tmp_path / "broken.wav").write_bytes(b"RIFF but not really")
    with pytest.raises(ValueError, match=r"broken\.wav"):
        read_samples(tmp_path / "broken.wav")
    with pytest.raises(ValueError, match="holds no samples"):
        read_samples(write_wav("empty.wav", np.zeros(0)))


def test_odd_shapes_and_nan_are_refused():
    with pytest.raises(ValueError, match="shape"):
        mono(np.zeros((2, 1000)))
    with pytest.raises(ValueError, match="NaN"):
        mono([0.0, np.nan])


def test_pairs_are_by_name_and_a_missing_partner_is_named(write_wav, tmp_path):
    for name in ("reference/a.wav", "reference/sub/b.wav", "generated/a.wav"):
        write_wav(name, np.zeros(10))
    with pytest.raises(ValueError, match="sub/b"):
        paired_files(tmp_path / "reference", tmp_path / "generated")
    write_wav("generated/sub/b.flac", np.zeros(10))
    assert list(paired_files(tmp_path / "reference", tmp_path / "generated")) == ["a", "sub/b"]


def test_a_folder_without_sound_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no sound file"):
        sound_files(tmp_path)
    with pytest.raises(ValueError, match="no folder"):
        sound_files(tmp_path / "nowhere")


def test_windows_are_whole():
    assert [len(window) for window in windows_of(np.zeros(10, np.float32), 4)] == [4, 4]
    assert len(list(windows_of(np.zeros(10, np.float32), 4, 2))) == 4
