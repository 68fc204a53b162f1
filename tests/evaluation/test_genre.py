"""Genres: names, retrieval and the classifier, on sounds whose genre is known."""

import numpy as np
import pytest

from evaluation.genre import (
    WINDOW_SAMPLES,
    fit_genre_classifier,
    genre_of,
    retrieval_accuracy,
    window_features,
)
from evaluation.logistic import fit, load_logistic


@pytest.mark.parametrize(
    ("name", "genre"),
    [
        ("gBR_sBM_c01_d05_mBR3_ch02_seg4", "break"),
        ("gHO_sBM_c01", "house"),
        ("house/song_03", "house"),
        ("test/la_hiphop_02_take1", "la_hiphop"),
        ("pop", "pop"),
        ("popcorn", None),
        ("breakfast/eggs", None),
        ("gXX_sBM", None),
        ("000007_7_188_seg3", None),
    ],
)
def test_a_name_tells_its_genre(name, genre):
    assert genre_of(name) == genre


def test_retrieval_finds_the_nearest_and_may_not_find_itself():
    database = np.array([[0.0, 0], [0.1, 0], [5, 5], [5.1, 5]])
    genres = ["pop", "pop", "house", "house"]
    assert retrieval_accuracy([[0.2, 0], [4.9, 5]], ["pop", "house"], database, genres) == 100.0
    assert retrieval_accuracy([[0.2, 0], [4.9, 5]], ["house", "house"], database, genres) == 50.0
    alone = [[0.0, 0], [9, 9]]
    assert retrieval_accuracy(alone, ["pop", "house"], alone, ["pop", "house"]) == 100.0
    assert retrieval_accuracy(alone, ["pop", "house"], alone, ["pop", "house"], [0, 1]) == 0.0


def test_retrieval_refuses_what_does_not_fit():
    with pytest.raises(ValueError, match="one genre for each"):
        retrieval_accuracy([[0.0]], ["pop", "pop"], [[0.0]], ["pop"])
    with pytest.raises(ValueError, match="must be"):
        retrieval_accuracy([[0.0]], ["pop"], [[0.0, 1.0]], ["pop"])


def test_the_classifier_tells_grooves_apart_on_unseen_takes(make_groove):
    def windows(genre, seeds):
        bpm, energy = {"house": (124, 1.0), "ballet_jazz": (85, 0.1)}[genre]
        return [window_features(make_groove(bpm, 2.0, seed, energy)[0][:WINDOW_SAMPLES]) for seed in seeds]

    train = windows("house", range(8)) + windows("ballet_jazz", range(8))
    judge = fit_genre_classifier(train, ["house"] * 8 + ["ballet_jazz"] * 8)
    assert judge.classes == ("house", "ballet_jazz")
    assert judge.predict(windows("house", range(20, 24))) == ["house"] * 4
    assert judge.predict(windows("ballet_jazz", range(20, 24))) == ["ballet_jazz"] * 4


def test_loudness_is_no_genre(make_groove):
    samples = make_groove(seconds=2)[0]
    np.testing.assert_allclose(window_features(samples), window_features(0.3 * samples), atol=1e-3)


def test_logistic_learns_what_is_there_and_only_that(tmp_path):
    rng = np.random.default_rng(0)
    features = rng.standard_normal((400, 6))
    labels = ["yes" if row[2] > 0 else "no" for row in features]
    judge = fit(features[:300], labels[:300])
    assert np.mean(np.array(judge.predict(features[300:])) == labels[300:]) > 0.93
    chance = fit(features[:300], list(rng.permutation(labels[:300])))
    assert np.mean(np.array(chance.predict(features[300:])) == labels[300:]) < 0.65
    judge.save(tmp_path / "judge.npz")
    again = load_logistic(tmp_path / "judge.npz")
    np.testing.assert_array_equal(again.probabilities(features), judge.probabilities(features))


def test_logistic_refuses_malformed_input():
    with pytest.raises(ValueError, match="one label a row"):
        fit(np.zeros((3, 2)), ["a"])
    with pytest.raises(ValueError, match="at least two classes"):
        fit(np.zeros((2, 2)), ["a", "a"])
    with pytest.raises(ValueError, match="finite"):
        fit(np.full((2, 2), np.nan), ["a", "b"])
    with pytest.raises(ValueError, match="2 features a row"):
        fit(np.eye(2), ["a", "b"]).probabilities(np.zeros((1, 3)))
