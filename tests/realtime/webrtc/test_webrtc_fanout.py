import asyncio

from realtime.webrtc.fanout import KEYFRAME_EVERY_S, Fanout
from realtime.webrtc.packets import MediaPacket


class Listener:
    """Notes what it is sent; a slow one waits for ``gate``."""

    def __init__(self, gate: asyncio.Event | None = None) -> None:
        self.got: list[MediaPacket] = []
        self.gate = gate

    async def forward(self, packet: MediaPacket) -> None:
        if self.gate is not None:
            await self.gate.wait()
        self.got.append(packet)


def packet(number: int) -> MediaPacket:
    return MediaPacket((b"x",), number)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def run(scenario) -> None:
    asyncio.run(scenario())


def test_everybody_gets_the_same_packet():
    async def scenario():
        fanout, listeners = Fanout(5, lambda _: 0), [Listener() for _ in range(3)]
        task = asyncio.create_task(fanout.run())
        for listener in listeners:
            fanout.join(listener)
        await settle()
        fanout.offer(packet(1))
        await settle()
        assert all(listener.got == [packet(1)] for listener in listeners)
        assert listeners[0].got[0] is listeners[2].got[0], "the payload is shared, not copied"
        task.cancel()

    run(scenario)


def test_a_stalled_network_costs_the_oldest_packets():
    async def scenario():
        gate = asyncio.Event()
        fanout, listener = Fanout(3, lambda _: 0), Listener(gate)
        task = asyncio.create_task(fanout.run())
        fanout.join(listener)
        await settle()
        for number in range(10):
            fanout.offer(packet(number))
            await settle()
        gate.set()
        await settle()
        assert [p.timestamp for p in listener.got] == [0, 7, 8, 9]
        assert fanout.dropped_packets == 6
        task.cancel()

    run(scenario)


def test_nothing_is_kept_for_nobody():
    async def scenario():
        fanout, listener = Fanout(3, lambda _: 0), Listener()
        task = asyncio.create_task(fanout.run())
        await settle()
        fanout.offer(packet(1))
        fanout.join(listener)
        fanout.offer(packet(2))
        await settle()
        assert [p.timestamp for p in listener.got] == [2]
        fanout.leave(listener)
        fanout.offer(packet(3))
        await settle()
        assert len(listener.got) == 1
        task.cancel()

    run(scenario)


def test_whole_pictures_are_granted_now_and_then(monkeypatch):
    now_s = [100.0]
    monkeypatch.setattr("realtime.webrtc.fanout.time.perf_counter", lambda: now_s[0])
    asked = []
    fanout = Fanout(3, lambda _: 0, lambda: asked.append(now_s[0]))

    async def scenario():
        task = asyncio.create_task(fanout.run())
        await settle()
        for _ in range(50):
            fanout.join(Listener())
        assert len(asked) == 1
        now_s[0] += KEYFRAME_EVERY_S
        fanout.offer(packet(1))
        await settle()
        assert len(asked) == 2, "the wish that came too soon is not forgotten"
        now_s[0] += KEYFRAME_EVERY_S
        fanout.offer(packet(2))
        await settle()
        assert len(asked) == 2
        task.cancel()

    run(scenario)
