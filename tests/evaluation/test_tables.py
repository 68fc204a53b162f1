"""The published numbers stand as published; ours stand beside them; nothing unmeasured is printed."""

import json

import pytest

from evaluation.tables import PUBLISHED, Table, as_json, markdown, with_ours


def test_rows_the_paper_is_known_for():
    rows = {row[0]: row[1:4] for row in PUBLISHED["comparison"].rows}
    assert rows["D2M-GAN high"] == (88.2, 84.7, 24.4) and rows["D2M-GAN low"] == (92.3, 91.7, 26.7)
    assert {"comparison", "tiktok", "modality", "length", "losses", "architecture"} <= set(PUBLISHED)


def test_the_full_model_reads_the_same_in_every_table():
    for key, name in (
        ("modality", "AIST++ high"),
        ("length", "high, 2 s"),
        ("losses", "high"),
        ("architecture", "high"),
    ):
        assert {row[0]: row[1:] for row in PUBLISHED[key].rows}[name] == (88.2, 84.7, 24.4)


def test_ours_stand_below_and_missing_measures_stay_empty():
    table = with_ours("comparison", [{"method": "house", "coverage": 99.0, "hit": 98.5, "log-mel L1": 0.1}])
    assert table.rows[:-1] == PUBLISHED["comparison"].rows
    assert table.rows[-1] == ("house (ours)", 99.0, 98.5, None, None, None)
    with pytest.raises(ValueError, match="no published table"):
        with_ours("table 9", [])


def test_markdown_is_a_table_and_json_is_json():
    table = Table("T", ("name", "a", "b"), (("x|y", 1.25, None), ("z", float("nan"), 100.0)), "note")
    lines = markdown(table).splitlines()
    assert lines[2:6] == ["| name | a | b |", "|---|---:|---:|", "| x\\|y | 1.25 | – |", "| z | – | 100.0 |"]
    assert json.loads(json.dumps(as_json(table), allow_nan=False))["rows"][1] == {
        "name": "z",
        "a": None,
        "b": 100.0,
    }


def test_a_row_of_the_wrong_length_is_refused():
    with pytest.raises(ValueError, match="has 2 cells, not 3"):
        Table("T", ("name", "a", "b"), (("x", 1.0),))
