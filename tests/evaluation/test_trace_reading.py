"""Traces are read record by record; broken ones are named; steps and offsets are found in them."""

import json

import numpy as np
import pytest

from evaluation.trace import Trace, read_trace, steps_of


def write(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_records_are_grouped_by_kind_and_unknown_kinds_are_kept(tmp_path):
    path = write(
        tmp_path / "t.jsonl", {"kind": "truth", "beats": [1.0, 0.5]}, {"kind": "weather", "rain": True}
    )
    trace = read_trace(path)
    np.testing.assert_array_equal(trace.true_beats_s(), [0.5, 1.0])
    assert trace.of("weather") == [{"kind": "weather", "rain": True}] and trace.of("hop") == []


def test_a_line_cut_off_at_the_end_is_left_out_but_one_in_the_middle_is_named(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text('{"kind": "hop"}\n{"kind": "ho')
    assert len(read_trace(path).of("hop")) == 1
    path.write_text('{"kind": "ho\n{"kind": "hop"}\n')
    with pytest.raises(ValueError, match="line 1 is no JSON"):
        read_trace(path)
    path.write_text('{"sample": 3}\n{"kind": "hop"}\n')
    with pytest.raises(ValueError, match='line 1 has no "kind"'):
        read_trace(path)
    path.write_text("")
    with pytest.raises(ValueError, match="holds no records"):
        read_trace(path)
    with pytest.raises(ValueError, match="cannot read"):
        read_trace(tmp_path / "absent.jsonl")


def test_a_trace_without_truth_says_how_to_add_it():
    with pytest.raises(ValueError, match="append a line"):
        Trace({"hop": [{"kind": "hop"}]}).true_beats_s()


def test_the_sounds_place_in_the_show_is_the_median_of_the_blocks():
    hops = [{"kind": "hop", "start_sample": 5504 * k, "heard_s": 0.31 + 5504 * k / 22050} for k in range(9)]
    hops[3]["heard_s"] += 0.5  # one late block
    assert Trace({"hop": hops}).sound_starts_s() == pytest.approx(0.31)
    assert Trace({"beat": [{"sample": 22050, "heard_s": 1.2}]}).sound_starts_s() == pytest.approx(0.2)
    assert Trace({}).sound_starts_s() == 0.0


def test_steps_are_found_where_the_movement_begins_to_change():
    found = steps_of([(0, 0.2), (8, 0.8), (16, 0.2), (24, 0.3)])
    assert [(round(step.time_s, 1), step.before, step.after) for step in found] == [
        (8.0, 0.2, 0.8),
        (16.0, 0.8, 0.2),
    ]


def test_a_ramp_is_one_step_and_slow_wandering_is_none():
    times = np.arange(0, 20, 0.05)
    ramp = 0.2 + 0.6 * np.clip((times - 10) / 0.25, 0, 1)
    found = steps_of(list(zip(times, ramp, strict=True)))
    assert len(found) == 1 and found[0].time_s == pytest.approx(10, abs=0.1)
    assert (found[0].before, found[0].after) == (pytest.approx(0.2, abs=0.03), pytest.approx(0.8, abs=0.03))
    wander = 0.5 + 0.2 * np.sin(times)
    assert steps_of(list(zip(times, wander, strict=True))) == []


def test_energy_is_read_with_its_times_and_refused_without():
    truth = {"beats": [0.5], "times_s": [0.0, 5.0, 9.0], "energy": [0.2, 0.8, 0.8]}
    assert [step.time_s for step in Trace({"truth": [truth]}).energy_steps()] == [
        pytest.approx(5.0, abs=0.03)
    ]
    assert Trace({"truth": [{"beats": [0.5]}]}).energy_steps() == []
    with pytest.raises(ValueError, match="3 levels of energy for 2 times"):
        Trace({"truth": [truth | {"times_s": [0.0, 5.0]}]}).energy_steps()
