import pytest

from realtime.webrtc.pacer import MARGIN_S, REMEMBERED, STEP_S, Pacer


def settled(pacer: Pacer) -> float:
    for packet in range(400):
        due_s = pacer.due_s(packet * 0.02)
    return 399 * 0.02 - due_s


def test_packets_leave_as_early_as_blocks_allow():
    pacer = Pacer()
    pacer.wanted_s = 0.4
    for block in range(10):
        pacer.arrived(block * 0.25, block * 0.25 - 0.2)
    assert settled(pacer) == pytest.approx(0.2 - MARGIN_S)


def test_packets_leave_no_earlier_than_the_ear_needs():
    pacer = Pacer()
    pacer.arrived(1.0, 0.5)
    pacer.heard_after_ms(80.0)
    assert settled(pacer) == pytest.approx(0.08)


def test_one_bad_block_is_forgiven_two_are_heeded():
    pacer = Pacer()
    for block in range(20):
        pacer.arrived(block * 0.25, block * 0.25 - 0.2)
    pacer.arrived(5.0, 5.1)
    assert settled(pacer) == pytest.approx(0.1)
    pacer.arrived(5.25, 5.2)
    assert settled(pacer) == pytest.approx(0.05 - MARGIN_S)


def test_late_blocks_are_forgotten_in_time():
    pacer = Pacer()
    pacer.arrived(0.0, 1.0)
    pacer.arrived(0.0, 1.0)
    for block in range(REMEMBERED - 1):
        pacer.arrived(block, block - 0.2)
    assert pacer.goal_s == pytest.approx(0.1)


def test_the_advance_changes_by_small_steps():
    pacer = Pacer()
    pacer.arrived(1.0, 0.8)
    before = pacer.due_s(1.0)
    after = pacer.due_s(1.02)
    assert after - before == pytest.approx(0.02 - STEP_S)


def test_without_a_show_nothing_is_early():
    pacer = Pacer()
    pacer.arrived(1.0, 0.5)
    pacer.forget()
    assert pacer.goal_s == 0.0
