"""Fakes for the OSC tests: a clock that is set, and a transport that remembers or fails on script."""

import socket

from realtime.osc.sink import OscSink
from tests.realtime.osc.osc_parser import parse


class FakeClock:
    def __init__(self, now_s=100.0):
        self.now_s = now_s

    def __call__(self):
        return self.now_s


class FakeDesk:
    """A transport: what it was sent, parsed by the independent parser, and when."""

    def __init__(self, refuses=False):
        self.refuses = refuses
        self.got = []
        self.packets = []
        self.connected, self.last_error, self.dropped = not refuses, "", 0

    def send(self, packet, now_s):
        if self.refuses:
            self.dropped += 1
            self.last_error = "refused"
            return False
        self.packets.append(packet)
        self.got += [(now_s, tag, address, args) for tag, address, args in parse(packet)]
        return True

    def pump(self, now_s):
        return float("inf")

    def close(self):
        self.connected = False


class Stage:
    """An OscSink without a thread, whose desks are fakes, and whose time is stepped."""

    def __init__(self, *targets, refusing=(), wall_s=1_700_000_000.0, log=None):
        self.clock = FakeClock()
        self.desks = {}
        self.sink = OscSink(
            targets,
            log=log,
            clock=self.clock,
            wall=lambda: wall_s + self.clock.now_s,
            threaded=False,
            transport=lambda target: self.desks.setdefault(target.name, FakeDesk(target.name in refusing)),
        )

    def run_until(self, end_s, step_s=0.001):
        """Do what the thread does: be there when something is due."""
        while self.clock.now_s < end_s:
            next_s = self.sink.work(self.clock.now_s)
            self.clock.now_s = min(max(next_s, self.clock.now_s + 1e-6), end_s)
        self.sink.work(self.clock.now_s)


def udp_receiver():
    """A bound loopback socket with a time limit, and its port."""
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", 0))
    receiver.settimeout(2.0)
    return receiver, receiver.getsockname()[1]
