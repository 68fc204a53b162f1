"""The stage over HTTP, as clients, strangers and attackers meet it."""

import re
import socket
import ssl
import subprocess
import threading
import time
from pathlib import Path

import pytest

from configs.errors import ConfigError, SinkError
from configs.schema import Stage
from realtime.controls import ControlInbox
from realtime.stage.admission import REMEMBERED_HOPS
from realtime.stage.guard import LARGEST_BODY
from realtime.stage.server import StageServer
from realtime.takes import BusyTakeError, NoTakeError
from tests.realtime.stage.conftest import SAMPLE_RATE, Client, free_port
from tests.realtime.stage.offers import offer

SDP = "application/sdp"
FRAGMENT = "application/trickle-ice-sdpfrag"


def post(http: Client, path: str, body: bytes, **headers: str):
    return http("POST", path, body, **{"Content_Type": SDP, **headers})


def test_pages_are_served_with_a_strict_policy(http):
    for path, word in (("/", b"Noverre stage"), ("/listen", b"Noverre, live")):
        page = http("GET", path)
        assert page.status == 200 and word in page.body
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert "microphone=()" in page.headers["Permissions-Policy"]


def test_nothing_on_the_pages_comes_from_elsewhere(http):
    todo, seen = ["/", "/listen"], set()
    while todo:
        path = todo.pop()
        seen.add(path)
        answer = http("GET", path)
        assert answer.status == 200, path
        text = answer.body.decode()
        assert not re.search(r"(src|href|import|url\()\s*=?\s*[\"'(]?\s*(https?:)?//", text), path
        assert not re.search(r"<(script|style)\b(?![^>]*\bsrc=)[^>]*>|\son\w+=|\sstyle=", text), path
        for found in re.findall(r"(?:src|href)=\"(/[\w./-]+)\"|from \"\./([\w.-]+)\"", text):
            name = found[0] or f"/js/{found[1]}"
            todo += [name] if name not in seen and name not in todo else []
    assert "/js/wire.js" in seen


@pytest.mark.parametrize(
    "path",
    [
        "/../server.py",
        "/js/../../server.py",
        "/%2e%2e/server.py",
        "/js/%2e%2e%2f%2e%2e%2fserver.py",
        "//etc/passwd",
        "/js/",
        "/stage.html",
        "/static/stage.css",
        "/js/stage.js/",
        "/..%5c..%5cserver.py",
        "/js/stage.js%00",
    ],
)
def test_paths_lead_nowhere(http, path):
    answer = http.raw(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
    assert answer.split(b" ")[1] in (b"404", b"400"), answer[:80]
    assert b"asyncio" not in answer and b"root:" not in answer


def test_an_offer_gets_an_answer_and_an_address(http):
    answer = post(http, "/whep", offer("recvonly", "audio", "video", "data"))
    assert answer.status == 201
    assert answer.headers["Content-Type"].startswith(SDP)
    assert answer.headers["Location"].startswith("/whep/") and answer.headers["ETag"].startswith('"')
    assert answer.headers["Accept-Patch"] == FRAGMENT
    text = answer.body.decode()
    candidates = re.findall(r"a=candidate:.*", text)
    assert candidates and all(" 127.0.0.1 " in line for line in candidates)
    assert text.count("a=sendonly") == 2 and "opus/48000/2" in text and "stereo=1" in text
    assert "PCMU" not in text


def test_a_session_is_patched_and_deleted(http):
    created = post(http, "/whep", offer("recvonly", "audio"))
    place, tag = created.headers["Location"], created.headers["ETag"]
    piece = b"a=ice-ufrag:xxxx\r\na=ice-pwd:yyyyyyyyyyyyyyyyyyyyyy\r\n"
    trickle = b"m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\na=candidate:1 1 udp 1 192.0.2.1 9 typ host\r\n"

    def patch(body: bytes, **headers: str) -> int:
        return http("PATCH", place, body, **{"Content_Type": FRAGMENT, **headers}).status

    assert patch(trickle, If_Match=tag) == 204
    assert patch(trickle) == 428
    assert patch(trickle, If_Match='"other"') == 412
    assert patch(piece, If_Match="*") == 422
    assert patch(piece, If_Match=tag) == 422
    assert patch(b"nonsense", If_Match=tag) == 400
    assert patch(trickle, If_Match=tag, Content_Type=SDP) == 415
    assert http("GET", place).status == 405
    assert http("DELETE", place).status == 200
    assert http("DELETE", place).status == 404
    assert http("DELETE", place.replace("whep", "whip")).status == 404


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "HEAD"])
@pytest.mark.parametrize("path", ["/whip", "/whep"])
def test_wrong_methods_are_told_the_right_one(http, method, path):
    answer = http(method, path)
    assert answer.status == 405 and "POST" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/whip", "/whep"])
def test_options_say_what_is_accepted(http, path):
    answer = http("OPTIONS", path)
    assert answer.status == 204 and answer.headers["Accept-Post"] == SDP


def test_errors_have_their_status_and_a_reason(http):
    good = offer("recvonly", "audio")
    foreign = good.replace(b"opus/48000/2", b"speex/16000").replace(b"PCM", b"QQ").replace(b"G722", b"Q")
    cases = [
        (post(http, "/whep", b"v=0\r\nm=rubbish"), 400),
        (post(http, "/whep", good, Content_Type="text/plain"), 415),
        (post(http, "/whep", b"v=0\r\n" + b"x" * LARGEST_BODY), 413),
        (post(http, "/whep", offer("sendonly", "audio")), 406),
        (post(http, "/whip", offer("sendonly", "audio")), 406),
        (post(http, "/whep?performer=7", good), 404),
        (post(http, "/whep?performer=-1", good), 404),
        (post(http, "/whep?performer=%C2%B2", good), 404),
        (post(http, "/whep", foreign), 406),
    ]
    for answer, status in cases:
        assert answer.status == status, answer.body
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert len(answer.json()["detail"]) > 10


def test_places_run_out_politely(stage):
    http = Client(stage(listeners=2))
    for _ in range(2):
        assert post(http, "/whep", offer("recvonly", "audio")).status == 201
    full = post(http, "/whep", offer("recvonly", "audio"))
    assert full.status == 503 and int(full.headers["Retry-After"]) > 0


def test_a_performer_is_not_displaced(http):
    camera = offer("sendonly", "video")
    first = post(http, "/whip", camera)
    assert first.status == 201 and http.server.camera.occupied
    assert post(http, "/whip", camera).status == 503
    assert post(http, "/whip?performer=0", camera).status == 409
    assert http("DELETE", first.headers["Location"]).status == 200
    assert not http.server.camera.occupied
    assert post(http, "/whip?performer=0", camera).status == 201


def test_a_second_performer_is_refused_when_there_is_no_time_for_one(stage):
    server = stage(performers=2)
    http, camera = Client(server), offer("sendonly", "video")
    assert post(http, "/whip", camera).status == 201
    server.update({"hop_ms": 150.0, "budget_ms": 249.6})
    refused = post(http, "/whip", camera)
    assert refused.status == 503 and "150 of 250 ms" in refused.json()["detail"]
    for _ in range(REMEMBERED_HOPS):
        server.update({"hop_ms": 50.0, "budget_ms": 249.6})
    assert post(http, "/whip", camera).status == 201
    assert server.performers[1].camera.occupied


def test_strangers_pages_are_refused(http):
    body = offer("recvonly", "audio")
    for origin in ("http://evil.example", "null"):
        assert post(http, "/whep", body, Origin=origin).status == 403
        assert http("OPTIONS", "/whep", Origin=origin).status == 403
    own = f"http://127.0.0.1:{http.port}"
    allowed = post(http, "/whep", body, Origin=own)
    assert allowed.status == 201 and "Access-Control-Allow-Origin" not in allowed.headers
    assert post(http, "/whep", body, Host="evil.example").status == 403
    assert http("GET", "/", Host="evil.example").status == 403


class Shelf:
    """Takes as the stage sees them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "take-1.mp4").write_bytes(b"moof" * 100)
        (folder / "secret.txt").write_text("not a take")

    def path_of(self, name: str) -> Path:
        if name == "take-2.mp4":
            raise BusyTakeError(f"{name} is being recorded: stop it first")
        if name != "take-1.mp4" or not (self.folder / name).exists():
            raise NoTakeError(f"there is no take called {name!r}")
        return self.folder / name

    def delete(self, name: str) -> None:
        self.path_of(name).unlink()


def test_takes_are_fetched_and_deleted(stage, tmp_path):
    http = Client(stage(takes=Shelf(tmp_path)))
    got = http("GET", "/takes/take-1.mp4")
    assert got.status == 200 and got.body == b"moof" * 100
    assert got.headers["Content-Disposition"] == 'attachment; filename="take-1.mp4"'
    assert got.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert http("GET", "/takes/take-1.mp4", Range="bytes=0-3").body == b"moof"
    for name in ("secret.txt", "..%2f..%2fetc%2fpasswd", "take-9.mp4", "%00"):
        assert http("GET", f"/takes/{name}").status == 404, name
    busy = http("GET", "/takes/take-2.mp4")
    assert busy.status == 409 and "stop it first" in busy.json()["detail"]
    assert http("PUT", "/takes/take-1.mp4").status == 405
    assert http("DELETE", "/takes/take-1.mp4", Origin="http://evil.example").status == 403
    assert http("DELETE", "/takes/take-1.mp4").status == 204
    assert http("DELETE", "/takes/take-1.mp4").status == 404
    assert (tmp_path / "secret.txt").exists()


def test_takes_need_the_token_or_a_ticket_that_admits_once(stage, tmp_path):
    http = Client(stage(takes=Shelf(tmp_path), token="secret", listen_token="ears"))
    for method in ("GET", "POST", "DELETE"):
        assert http(method, "/takes/take-1.mp4").status == 401
        assert http(method, "/takes/take-1.mp4", Authorization="Bearer ears").status == 401
    given = http("POST", "/takes/take-1.mp4", Authorization="Bearer secret")
    address = given.json()["address"]
    assert http("DELETE", address).status == 401, "a ticket fetches, and does nothing else"
    assert http("GET", address.replace("take-1", "take-2")).status == 401
    assert http("GET", address).status == 401, "it was used up"
    address = http("POST", "/takes/take-1.mp4", Authorization="Bearer secret").json()["address"]
    assert http("GET", address).status == 200
    assert http("GET", address).status == 401
    assert http("POST", "/takes/take-9.mp4", Authorization="Bearer secret").status == 404


def test_a_performer_is_told_where_the_own_music_is(stage):
    http = Client(stage(performers=2))
    for place in (0, 1):
        answer = post(http, "/whip", offer("sendonly", "video"))
        assert answer.headers["Link"] == f'</whep?performer={place}>; rel="urn:noverre:whep"'


def test_a_place_with_a_camera_of_its_own_is_not_for_browsers(stage):
    server = stage()
    server.camera.reserve("this show looks through camera 0: start it with --source webrtc")
    http = Client(server)
    for path in ("/whip", "/whip?performer=0"):
        refused = post(http, path, offer("sendonly", "video"))
        assert refused.status == 409 and "--source webrtc" in refused.json()["detail"]


def upgrade(http: Client, **headers: str) -> bytes:
    lines = {
        "Host": f"127.0.0.1:{http.port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    text = "GET /ws HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", http.port), timeout=5) as line:
        line.sendall(text.encode())
        return line.recv(4096)


def test_the_socket_is_for_this_origin_only(http):
    assert upgrade(http).startswith(b"HTTP/1.1 101")
    assert upgrade(http, Origin=f"http://127.0.0.1:{http.port}").startswith(b"HTTP/1.1 101")
    assert upgrade(http, Origin="http://evil.example").startswith(b"HTTP/1.1 403")


def test_tokens_guard_everything_but_the_empty_page(stage):
    http = Client(stage(token="secret", listen_token="ears"))
    body = offer("recvonly", "audio")
    denied = post(http, "/whep", body)
    assert denied.status == 401 and denied.headers["WWW-Authenticate"].startswith("Bearer")
    assert post(http, "/whep", body, Authorization="Bearer wrong").status == 401
    assert post(http, "/whip", offer("sendonly", "video"), Authorization="Bearer ears").status == 401
    assert post(http, "/whep", body, Authorization="Bearer ears").status == 201
    crossed = post(http, "/whep", body, Authorization="Bearer secret", Origin="https://studio.example")
    assert crossed.status == 201 and crossed.headers["Access-Control-Allow-Origin"] == "*"
    assert "Location" in crossed.headers["Access-Control-Expose-Headers"]
    assert upgrade(http).startswith(b"HTTP/1.1 401")
    assert upgrade(http, **{"Sec-WebSocket-Protocol": "noverre.v1, token.c2VjcmV0"}).startswith(
        b"HTTP/1.1 101"
    )
    assert http("GET", "/").status == 200


def test_odd_requests_get_a_4xx_and_the_terminal_nothing(stage, capfd):
    http = Client(stage(token="secret"))
    host = b"Host: 127.0.0.1\r\nConnection: close\r\n"
    sdp = b"Authorization: Bearer secret\r\nContent-Type: application/sdp\r\n"
    cases = {
        b"POST /whip HTTP/1.1\r\n" + host + b"Authorization: Bearer \xff\xfe\r\n\r\n": b"401",
        b"GET /takes/x HTTP/1.1\r\n" + host + b"Authorization: Bearer \xff\xfe\r\n\r\n": b"401",
        b"GET /ws HTTP/1.1\r\n" + host + b"Sec-WebSocket-Protocol: token.\xc3\xa9\r\n\r\n": b"401",
        b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n": b"400",
        b"GET / HTTP/1.1\r\nHost: [\r\nConnection: close\r\n\r\n": b"400",
        b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\n" + host + b"\r\n": b"400",
        b"POST /whip HTTP/1.1\r\n" + host + sdp + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n": b"400",
        b"POST /whip HTTP/1.1\r\n" + host + sdp
        + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd": b"400",
    }  # fmt: skip
    for request, status in cases.items():
        assert http.raw(request).split(b" ")[1] == status, request[:80]
    assert capfd.readouterr() == ("", "")


def test_beyond_this_machine_a_token_is_needed():
    for host in ("0.0.0.0", "192.168.1.2", "::"):
        with pytest.raises(ConfigError, match=r"stage\.token"):
            StageServer(Stage(host=host, port=free_port()), ControlInbox(), SAMPLE_RATE)


def test_half_a_certificate_is_refused(tmp_path):
    with pytest.raises(ConfigError, match="belong together"):
        StageServer(Stage(port=free_port(), certificate=tmp_path / "c.pem"), ControlInbox(), SAMPLE_RATE)
    with pytest.raises(SinkError, match="cannot be used"):
        StageServer(
            Stage(port=free_port(), certificate=tmp_path / "c.pem", key=tmp_path / "k.pem"),
            ControlInbox(),
            SAMPLE_RATE,
        )


def test_tls(stage, tmp_path):
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    subprocess.run(
        [
            *command.split(),
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-keyout",
            key,
            "-out",
            certificate,
        ],
        check=True,
        capture_output=True,
    )
    server = stage(certificate=certificate, key=key)
    context = ssl.create_default_context(cafile=certificate)
    with (
        socket.create_connection(("127.0.0.1", server._config.port), timeout=5) as line,
        context.wrap_socket(line, server_hostname="localhost") as tls,
    ):
        tls.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert tls.recv(20).startswith(b"HTTP/1.1 200")
        assert tls.version() in ("TLSv1.2", "TLSv1.3")


def test_a_taken_port_is_said_in_a_sentence(stage):
    port = stage()._config.port
    with pytest.raises(SinkError, match="choose another port"):
        StageServer(Stage(port=port), ControlInbox(), SAMPLE_RATE)


def test_slow_senders_are_hung_up_on(stage, monkeypatch):
    monkeypatch.setattr("realtime.stage.server.KEEPALIVE_S", 0.4)
    monkeypatch.setattr("realtime.stage.endpoints.BODY_S", 0.4)
    http = Client(stage())
    began_s = time.monotonic()
    assert http.raw(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ") == b""
    head = f"POST /whep HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {SDP}\r\nContent-Length: 900\r\n\r\nv=0"
    assert http.raw(head.encode()).startswith(b"HTTP/1.1 408")
    assert time.monotonic() - began_s < 5.0


def test_a_body_that_never_ends_is_cut(http):
    def pour(line: socket.socket) -> None:
        chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
        try:
            for _ in range(2000):
                line.sendall(chunk)
        except OSError:
            pass

    with socket.create_connection(("127.0.0.1", http.port), timeout=5) as line:
        head = f"POST /whep HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {SDP}\r\n"
        line.sendall(head.encode() + b"Transfer-Encoding: chunked\r\n\r\n")
        flood = threading.Thread(target=pour, args=(line,))
        flood.start()
        assert line.recv(100).startswith(b"HTTP/1.1 413")
        line.shutdown(socket.SHUT_RDWR)
        flood.join(timeout=10)
        assert not flood.is_alive()


def test_a_full_house_hangs_up_and_recovers(stage, monkeypatch):
    monkeypatch.setattr("realtime.stage.server.MOST_CONNECTIONS", 20)
    http = Client(stage())
    crowd = [socket.create_connection(("127.0.0.1", http.port), timeout=5) for _ in range(40)]
    time.sleep(0.3)
    hung_up = 0
    for line in crowd:
        line.settimeout(0.01)
        try:
            hung_up += line.recv(1) == b""
        except TimeoutError:
            pass
        except ConnectionResetError:
            hung_up += 1
    assert 15 <= hung_up <= 25
    for line in crowd:
        line.close()
    time.sleep(0.2)
    assert http("GET", "/").status == 200


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_crowds_that_connect_and_vanish_leave_nothing_behind(stage, monkeypatch):
    monkeypatch.setattr("realtime.webrtc.sessions.CONNECT_S", 0.5)
    server = stage(listeners=8)
    http, body = Client(server), offer("recvonly", "audio", "video", "data")
    post(http, "/whep", body)
    time.sleep(0.1)
    files, threads = open_files(), threading.active_count()
    statuses = set()
    for index in range(300):
        if index % 3 == 0:
            with socket.create_connection(("127.0.0.1", http.port)) as line:
                line.sendall(b"POST /whep HTTP/1.1\r\n")
        else:
            statuses.add(post(http, "/whep", body).status)
    assert statuses <= {201, 429, 503} and statuses & {429, 503}
    deadline_s = time.monotonic() + 10
    while (server._sessions.count("whep") or open_files() > files) and time.monotonic() < deadline_s:
        time.sleep(0.1)
    assert server._sessions.count("whep") == 0
    assert open_files() <= files
    assert threading.active_count() <= threads + 1
    assert http("GET", "/").status == 200


def test_the_stage_closes_quickly_and_completely(stage):
    server = stage()
    post(Client(server), "/whep", offer("recvonly", "audio"))
    began_s = time.monotonic()
    server.close()
    assert time.monotonic() - began_s < 5.0
    assert not [t for t in threading.enumerate() if t.name in ("stage", "opus", "vp8", "jpeg")]
