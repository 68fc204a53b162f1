import socket

import pytest

from realtime.osc.framing import LengthReader, length_prefixed
from realtime.osc.transport import MAX_AGE_S, QUEUE_PACKETS, TcpTransport, UdpTransport


@pytest.fixture
def server():
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(2.0)
    yield listening
    listening.close()


def connect(server, frame=length_prefixed):
    transport = TcpTransport("127.0.0.1", server.getsockname()[1], frame)
    now_s = 0.0
    while not transport.connected and now_s < 1:  # time is an argument: it passes as fast as we say
        now_s += 0.001
        transport.pump(now_s)
    other, _ = server.accept()
    other.settimeout(2.0)
    return transport, other, now_s


def test_packets_arrive_framed(server):
    transport, other, now_s = connect(server)
    assert transport.send(b"/a\0\0,\0\0\0", now_s) and transport.send(b"/b\0\0,\0\0\0", now_s)
    reader, got = LengthReader(), []
    while len(got) < 2:
        got += reader.feed(other.recv(100))
    assert got == [b"/a\0\0,\0\0\0", b"/b\0\0,\0\0\0"]
    transport.close()


def test_refusal_is_named_and_tried_again_ever_more_rarely():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    transport = TcpTransport("127.0.0.1", port, length_prefixed)
    tries, now_s = [], 0.0
    while now_s < 40:
        wanted_s = transport.pump(now_s)
        if "refused" in transport.last_error and wanted_s > now_s + 0.1:
            tries.append(round(wanted_s - now_s, 3))
        assert not transport.send(b"/a\0\0,\0\0\0", now_s)
        now_s = max(wanted_s, now_s + 0.001)
    assert tries[:6] == [0.5, 1.0, 2.0, 4.0, 8.0, 10.0]
    assert transport.dropped > 5 and not transport.connected


def test_a_receiver_that_comes_back_is_found_again(server):
    transport, other, now_s = connect(server)
    other.close()
    transport.pump(now_s + 0.01)
    assert not transport.connected and "closed" in transport.last_error
    for _ in range(100):
        now_s += 0.02
        transport.pump(now_s)
    again, _ = server.accept()
    assert transport.connected and transport.send(b"/c\0\0,\0\0\0", now_s)
    again.settimeout(2.0)
    assert again.recv(100) == length_prefixed(b"/c\0\0,\0\0\0")
    again.close()
    transport.close()


def test_a_receiver_that_does_not_read_costs_packets_not_time(server):
    transport, other, now_s = connect(server)
    packet = b"/x\0\0" + bytes(60_000)
    for _ in range(400):
        now_s += 0.001
        transport.send(packet, now_s)  # 24 MB into buffers of a few: must neither raise nor wait
    assert transport.dropped >= 400 - QUEUE_PACKETS - 150
    stale = transport.dropped
    transport.pump(now_s + MAX_AGE_S + 0.01)
    assert transport.dropped >= stale + QUEUE_PACKETS - 1  # what had waited is too old now
    reader, whole = LengthReader(), []
    other.settimeout(0.2)
    transport.send(b"/last\0\0\0,\0\0\0", now_s + 1)
    try:
        while True:
            whole += reader.feed(other.recv(1 << 20))
            transport.pump(now_s + 1.0)
    except TimeoutError:
        pass
    assert whole[-1] == b"/last\0\0\0,\0\0\0" and all(len(one) == len(packet) for one in whole[:-1])
    transport.close()
    other.close()


def test_what_the_receiver_says_is_thrown_away(server):
    transport, other, now_s = connect(server)
    other.sendall(bytes(10_000))
    transport.pump(now_s)
    transport.pump(now_s)
    assert transport.connected
    transport.close()
    other.close()


def test_datagrams_nobody_wants_are_noticed_and_none_is_lost_when_somebody_comes():
    holder = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    holder.bind(("127.0.0.1", 0))
    port = holder.getsockname()[1]
    holder.close()
    transport = UdpTransport("127.0.0.1", port)
    for number in range(5):
        transport.send(b"nobody", float(number))
    assert not transport.connected and "refused" in transport.last_error
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind(("127.0.0.1", port))
    receiver.settimeout(2.0)
    assert transport.send(b"first", 6.0) and transport.send(b"second", 7.0)
    assert [receiver.recv(20), receiver.recv(20)] == [b"first", b"second"]
    assert transport.connected and transport.dropped == 0
    transport.close()
    receiver.close()


def test_a_name_nobody_knows_is_said_without_waiting(monkeypatch):
    def nobody(*_, **__):
        raise socket.gaierror("no such name")

    monkeypatch.setattr(socket, "getaddrinfo", nobody)  # no test asks a real name server
    transport = UdpTransport("no-such-desk.invalid", 9000)
    assert not transport.send(b"x", 0.0)
    transport._address._thread.join(timeout=5.0)
    assert not transport.send(b"x", 1.0)
    assert "no-such-desk.invalid cannot be found" in transport.last_error
    assert transport.dropped == 2
