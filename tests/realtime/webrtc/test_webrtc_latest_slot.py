import threading

from realtime.webrtc.latest_slot import LatestSlot


def test_a_slow_reader_gets_the_newest_and_none_twice() -> None:
    slot: LatestSlot[int] = LatestSlot()
    items = iter(slot)
    slot.put(1)
    slot.put(2)
    assert next(items) == 2
    slot.put(3)
    assert next(items) == 3 and slot.newest == 3


def test_a_waiting_reader_is_woken_and_let_go() -> None:
    slot: LatestSlot[str] = LatestSlot()
    got: list[str] = []
    came = threading.Event()

    def read() -> None:
        for item in slot:
            got.append(item)
            came.set()

    reader = threading.Thread(target=read)
    reader.start()
    slot.put("picture")
    assert came.wait(5)
    slot.close()
    reader.join(5)
    assert not reader.is_alive() and got == ["picture"]


def test_what_is_cleared_is_given_to_nobody() -> None:
    slot: LatestSlot[int] = LatestSlot()
    slot.put(1)
    slot.clear()
    slot.close()
    assert slot.newest is None and list(slot) == []
