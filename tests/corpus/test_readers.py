"""The paper's data in the authors' form: read as published, the broken named, made from raw videos."""

import json
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from configs.genres import GENRES
from corpus.motion_forms import body_25, fill_gaps, read_openpose, read_smpl
from corpus.prepare import Options, genre_index, held_out_songs, prepare, song_of
from corpus.readers import AIST, FORMS, TIKTOK, PairedSet, SampleError, Skipped, read_sound, training_crop

RATE = 22050


@pytest.fixture
def aist(tmp_path):
    """Three AIST++ segments: the last is silent."""
    rng = np.random.default_rng(0)
    names = [f"gBR_sBM_c01_d05_mBR{k}_ch02_seg{k}" for k in range(3)]
    for stream in ("audio", "motion", "video"):
        (tmp_path / stream).mkdir()
    for index, name in enumerate(names):
        np.save(tmp_path / f"motion/{name}.npy", rng.standard_normal((120, 219)))
        np.save(tmp_path / f"video/{name}.npy", rng.standard_normal((1, 2048)))
        stereo = 0.2 * rng.uniform(-1, 1, (2 * 48000, 2)) * (index < 2)
        soundfile.write(tmp_path / f"audio/{name}.wav", stereo, 48000)
    for stream, suffix in (("audio", "wav"), ("motion", "npy"), ("video", "npy")):
        lines = "".join(f"{stream}/{name}.{suffix}\n" for name in names)
        (tmp_path / f"aist_{stream}_train_segment.txt").write_text(lines)
    np.save(tmp_path / "train_genre.npy", np.eye(10)[[0, 5, 9]])
    return tmp_path


def test_a_sample_is_as_published(aist):
    data = PairedSet(aist, AIST, "train")
    sample = data[1]
    assert len(data) == 3 and sample.name == "gBR_sBM_c01_d05_mBR1_ch02_seg1"
    assert sample.motion.shape == (120, 219) and sample.visual.shape == (1, 2048)
    assert sample.genre == GENRES.index("house") and sample.genre_one_hot().argmax() == 5
    assert abs(len(sample.samples) - 2 * RATE) <= 1 and np.abs(sample.samples).max() == pytest.approx(0.95)
    np.testing.assert_array_equal(
        sample.motion, np.load(aist / f"motion/{sample.name}.npy").astype(np.float32)
    )


def test_a_broken_sample_is_named_skipped_and_counted(aist):
    (aist / "motion/gBR_sBM_c01_d05_mBR0_ch02_seg0.npy").write_bytes(b"not numpy")
    good, bad = PairedSet(aist, AIST, "train").check()
    assert good == [1]
    assert [item.name[-4:] for item in bad] == ["seg0", "seg2"]
    assert "cannot be read as an array" in bad[0].reason and "silent" in bad[1].reason
    items = list(PairedSet(aist, AIST, "train").each())
    assert isinstance(items[0], Skipped) and items[1][0] == 1


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((60, 75)), "120 x 219"),
        (np.full((120, 219), np.nan), "NaN"),
        (np.array([{"code": "hidden"}], dtype=object), "cannot be read"),
    ],
)
def test_wrong_motion_is_refused_in_words(aist, array, reason):
    np.save(aist / "motion/gBR_sBM_c01_d05_mBR0_ch02_seg0.npy", array, allow_pickle=True)
    with pytest.raises(SampleError, match=reason):
        PairedSet(aist, AIST, "train")[0]


def test_lists_that_do_not_run_parallel_or_are_missing_are_refused(aist):
    with pytest.raises(ValueError, match="there is no list"):
        PairedSet(aist, AIST, "test")
    (aist / "aist_video_train_segment.txt").write_text("video/only_one.npy\n")
    with pytest.raises(ValueError, match="do not run parallel"):
        PairedSet(aist, AIST, "train")


def test_a_genre_table_of_the_wrong_size_or_no_one_hot_is_refused(aist):
    np.save(aist / "train_genre.npy", np.eye(10)[[0, 1, 2]] * 0.5)
    with pytest.raises(SampleError, match="one-hot"):
        PairedSet(aist, AIST, "train")[0]
    np.save(aist / "train_genre.npy", np.eye(10))
    with pytest.raises(ValueError, match=r"\(3, 10\)"):
        PairedSet(aist, AIST, "train")


def test_tiktok_motion_is_4500_numbers_of_25_joints(tmp_path):
    for stream, suffix in (("audio", "wav"), ("motion", "npy"), ("video", "npy")):
        (tmp_path / f"tiktok_{stream}_test_segment.txt").write_text(f"000007_7_188_seg3.{suffix}\n")
    numbers = np.arange(4500, dtype=np.float64)
    np.save(tmp_path / "000007_7_188_seg3.npy", numbers)
    soundfile.write(tmp_path / "000007_7_188_seg3.wav", np.sin(np.arange(RATE)), RATE)
    with pytest.raises(SampleError, match="4500 numbers"):
        PairedSet(tmp_path, TIKTOK, "test", seconds=3)[0]
    sample = PairedSet(tmp_path, TIKTOK, "test")[0]
    np.testing.assert_array_equal(sample.motion, numbers.reshape(60, 75))
    assert sample.genre is None and sample.genre_one_hot() is None


def test_training_crops_are_scaled_cut_or_padded():
    rng = np.random.default_rng(0)
    samples = np.ones(1000, np.float32)
    levels = [training_crop(samples, 300, rng).max() for _ in range(200)]
    assert min(levels) >= 0.3 and max(levels) <= 1.0 and np.std(levels) > 0.1
    short = training_crop(samples, 1500, rng)
    assert len(short) == 1500 and not short[1000:].any()
    ramp = np.arange(1000, dtype=np.float32)
    crops = [training_crop(ramp, 300, rng) for _ in range(50)]
    starts = {round(float(crop[0] / (crop[1] - crop[0]))) for crop in crops}  # the slope is the level
    assert len(starts) > 20 and min(starts) >= 0 and max(starts) <= 700
    with pytest.raises(SampleError, match="cannot be read"):
        read_sound(Path("/nowhere/at_all.wav"))


def test_body_25_is_openposes_order_in_pixels():
    points = np.zeros((2, 33, 4), np.float32)
    points[:, 15] = [0.25, 0.5, 0, 0.9]  # left wrist
    points[:, 11], points[:, 12] = [0.6, 0.2, 0, 0.8], [0.4, 0.4, 0, 0.5]  # shoulders
    joints = body_25(points, 640, 480)
    np.testing.assert_allclose(joints[0, 7], [160, 240, 0.9])
    np.testing.assert_allclose(joints[0, 1], [320, 144, 0.5], err_msg="the neck lies between the shoulders")
    with pytest.raises(ValueError, match="33, 4"):
        body_25(np.zeros((2, 25, 3)), 640, 480)


def test_openpose_files_are_read_and_the_surest_person_kept(tmp_path):
    def person(confidence):
        return {"pose_keypoints_2d": [1.0, 2.0, confidence] * 25}

    for index, people in enumerate([[person(0.2), person(0.9)], []]):
        (tmp_path / f"clip_{index:012d}_keypoints.json").write_text(json.dumps({"people": people}))
    frames = read_openpose(tmp_path)
    assert frames.shape == (2, 25, 3) and frames[0, 3, 2] == np.float32(0.9) and np.isnan(frames[1]).all()
    (tmp_path / "clip_9_keypoints.json").write_text(
        json.dumps({"people": [{"pose_keypoints_2d": [0.0] * 54}]})
    )
    with pytest.raises(ValueError, match="BODY_25"):
        read_openpose(tmp_path)
    with pytest.raises(ValueError, match="holds no"):
        read_openpose(tmp_path / "nowhere")


def test_smpl_motion_becomes_rotation_matrices(tmp_path):
    poses = np.zeros((5, 72))
    poses[:, 2] = np.pi / 2  # the root turns a quarter about z
    np.savez(
        tmp_path / "a.npz", smpl_poses=poses, smpl_trans=np.full((5, 3), 8.0), smpl_scaling=np.array([4.0])
    )
    motion = read_smpl(tmp_path / "a.npz")
    assert motion.shape == (5, 219)
    np.testing.assert_allclose(motion[0, :9], [0, -1, 0, 1, 0, 0, 0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(motion[0, 9:18], np.eye(3).ravel(), atol=1e-6)
    np.testing.assert_allclose(motion[0, 216:], 2.0)
    with pytest.raises(ValueError, match="pickles are not read"):
        read_smpl(tmp_path / "a.pkl")


def test_small_gaps_are_closed_and_large_ones_refused():
    frames = np.arange(10, dtype=np.float32).reshape(10, 1)
    frames[[0, 4]] = np.nan
    np.testing.assert_allclose(fill_gaps(frames, 0.2).ravel(), [1, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    with pytest.raises(ValueError, match="20% of its frames"):
        fill_gaps(frames, 0.1)
    with pytest.raises(ValueError, match="100%"):
        fill_gaps(np.full((3, 1), np.nan, np.float32), 1.0)


def make_video(path, seconds, fps=25, sound=True):
    """A grey picture whose brightness grows, 64x48, with a tone."""
    with av.open(str(path), "w") as container:
        pictures = container.add_stream("mpeg4", rate=fps)
        pictures.width, pictures.height, pictures.pix_fmt = 64, 48, "yuv420p"
        voice = container.add_stream("aac", rate=22050) if sound else None
        for index in range(int(seconds * fps)):
            image = np.full((48, 64, 3), min(255, 20 + index), np.uint8)
            container.mux(pictures.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(pictures.encode(None))
        if voice is not None:
            tone = (0.3 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * 22050)) / 22050)).astype(
                np.float32
            )
            frame = av.AudioFrame.from_ndarray(tone[None], format="fltp", layout="mono")
            frame.sample_rate = 22050
            container.mux(voice.encode(frame))
            container.mux(voice.encode(None))


def someone(blind_from_s=np.inf):
    """A pose finder that sees everybody in the middle, and nobody from a given time on."""

    def find(time_s, image):
        assert image.shape == (48, 64, 3)
        return np.full((33, 4), 0.5 if time_s < blind_from_s else np.nan, np.float32)

    return find


def brightness(pictures):
    return np.array([np.mean([picture.mean() for picture in pictures])])


def test_videos_become_data_that_the_reader_reads(tmp_path):
    videos = tmp_path / "videos"
    videos.mkdir()
    make_video(videos / "gHO_sBM_c01_d01_mHO1_ch01.mp4", 6.2)
    make_video(videos / "gLO_sBM_c01_d01_mLO2_ch01.mp4", 4.1)
    make_video(videos / "gHO_sBM_c02_d02_mHO1_ch02.mp4", 2.0)
    report = prepare(videos, tmp_path / "out", Options(test_share=0.5), someone, brightness)
    assert (report.train + report.test, report.skipped) == (6, [])
    seen = {}
    for split in ("train", "test"):
        data = PairedSet(tmp_path / "out", TIKTOK, split)
        assert data.check()[1] == []
        seen[split] = {song_of(data.name(index)) for index in range(len(data))}
        assert data[0].motion.shape == (60, 75) and data[0].visual.shape == (1, 1)
        np.testing.assert_allclose(data[0].motion[0, :3], [32, 24, 0.5])
        assert abs(len(data[0].samples) - 2 * RATE) < RATE // 10
    assert not seen["train"] & seen["test"], "a song is in one split only"
    genres = np.load(tmp_path / "out/train_genre.npy")
    assert genres.shape == (report.train, 10) and (genres.sum(1) == 1).all()
    assert np.load(tmp_path / "out/landmarks/gHO_sBM_c01_d01_mHO1_ch01_seg2.npy").shape == (60, 33, 4)


def test_each_segment_has_its_own_pictures(tmp_path):
    (tmp_path / "v").mkdir()
    make_video(tmp_path / "v/dance.mp4", 4.0)
    prepare(tmp_path / "v", tmp_path / "out", Options(), someone, brightness)
    first, second = (np.load(tmp_path / f"out/video/dance_seg{k}.npy").item() for k in (0, 1))
    assert second - first == pytest.approx(50, abs=3)


def test_what_cannot_be_used_is_named_and_counted(tmp_path):
    (tmp_path / "v").mkdir()
    make_video(tmp_path / "v/gone.mp4", 4.0)
    make_video(tmp_path / "v/mute.mp4", 2.0, sound=False)
    (tmp_path / "v/broken.mp4").write_bytes(b"no video at all")
    report = prepare(tmp_path / "v", tmp_path / "out", Options(), lambda: someone(2.5), brightness)
    assert (report.train, report.test) == (1, 0)
    reasons = {item.name: item.reason for item in report.skipped}
    assert "nobody is seen" in reasons["gone_seg1"]
    assert "no sound" in reasons["mute.mp4"] and "cannot be read" in reasons["broken.mp4"]
    assert "gone_seg1: nobody is seen" in (tmp_path / "out/skipped.txt").read_text()
    with pytest.raises(ValueError, match="already holds"):
        prepare(tmp_path / "v", tmp_path / "out", Options(), someone, brightness)
    with pytest.raises(ValueError, match="holds no video"):
        prepare(tmp_path / "out", tmp_path / "other", Options(), someone, brightness)


def test_openpose_and_smpl_files_take_the_place_of_the_finder(tmp_path):
    (tmp_path / "v").mkdir()
    make_video(tmp_path / "v/dance.mp4", 2.0)
    folder = tmp_path / "openpose/dance"
    folder.mkdir(parents=True)
    for index in range(50):
        joints = {"people": [{"pose_keypoints_2d": [float(index), 7.0, 0.8] * 25}]}
        (folder / f"dance_{index:012d}_keypoints.json").write_text(json.dumps(joints))

    def refuse():
        raise AssertionError("the pose finder is not needed")

    prepare(tmp_path / "v", tmp_path / "a", Options(openpose=tmp_path / "openpose"), refuse, brightness)
    motion = PairedSet(tmp_path / "a", TIKTOK, "train")[0].motion
    np.testing.assert_allclose(motion[30, :3], [25, 7, 0.8], atol=1e-4)  # 1 s in: frame 25 of 25 fps

    (tmp_path / "smpl").mkdir()
    np.savez(tmp_path / "smpl/dance.npz", smpl_poses=np.zeros((120, 72)), smpl_trans=np.ones((120, 3)))
    prepare(tmp_path / "v", tmp_path / "b", Options(form=AIST, smpl=tmp_path / "smpl"), refuse, brightness)
    assert np.load(tmp_path / "b/motion/dance_seg0.npy").shape == (120, 219)


def test_splits_are_by_song_and_follow_the_seed():
    songs = [f"m{k}" for k in range(10)] * 3
    assert held_out_songs(songs, 0.2, 1) == held_out_songs(songs, 0.2, 1) != held_out_songs(songs, 0.2, 2)
    assert len(held_out_songs(songs, 0.2, 1)) == 2
    assert held_out_songs(["one"], 0.5, 0) == set() == held_out_songs(songs, 0, 0)
    assert len(held_out_songs(["a", "b"], 0.01, 0)) == 1


def test_names_tell_song_and_genre():
    assert song_of("gBR_sBM_c01_d05_mBR3_ch02") == "mBR3" and song_of("my rehearsal") == "my rehearsal"
    assert genre_index("gBR_sBM_c01") == 0 and genre_index("gXX_s") is None and genre_index("party") is None


def test_impossible_options_are_refused():
    for wrong, reason in (
        ({"seconds": 5}, "2, 3 or 4"),
        ({"test_share": 1.0}, "test share"),
        ({"form": AIST}, "SMPL"),
    ):
        with pytest.raises(ValueError, match=reason):
            Options(**wrong)
    assert set(FORMS) == {"aist", "tiktok"}
