import pytest

from configs.schema import Stage
from realtime.stage.guard import REMEMBERED_PEERS, Buckets, Guard, RefusedError, bearer

LOCAL = Guard(Stage())
OPEN = Guard(Stage(host="0.0.0.0", token="secret", listen_token="ears"))


def status(call, *arguments, **options) -> int:
    with pytest.raises(RefusedError) as refusal:
        call(*arguments, **options)
    assert refusal.value.reason
    return refusal.value.status


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:8080", "[::1]:8080"])
def test_loopback_names_are_answered(host):
    LOCAL.check_host(host)


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8080", "127.0.0.1.evil.example", "192.168.1.5"]
)
def test_a_rebound_name_is_not(host):
    assert status(LOCAL.check_host, host) == 403


def test_a_request_names_its_host():
    assert status(LOCAL.check_host, None) == 400


def test_a_stage_on_the_network_may_have_any_name():
    OPEN.check_host("stage.example:8080")


def test_only_the_same_origin_drives_a_stage_without_token():
    LOCAL.check_origin(None, "127.0.0.1:8080")
    LOCAL.check_origin("http://127.0.0.1:8080", "127.0.0.1:8080")
    for origin in ("http://evil.example", "null", "https://127.0.0.1:8080", "http://127.0.0.1:9999"):
        assert status(LOCAL.check_origin, origin, "127.0.0.1:8080", may_cross=True) == 403


def test_a_token_lets_other_origins_use_whip_but_never_the_socket():
    OPEN.check_origin("https://studio.example", "stage:8080", may_cross=True)
    assert status(OPEN.check_origin, "https://studio.example", "stage:8080") == 403


def test_tokens():
    LOCAL.check_token(None)
    OPEN.check_token("secret")
    OPEN.check_token("ears", listening=True)
    OPEN.check_token("secret", listening=True)
    for given, listening in ((None, False), ("", False), ("secre", False), ("ears", False), ("x", True)):
        assert status(OPEN.check_token, given, listening) == 401


def test_a_token_of_any_bytes_is_merely_wrong():
    for given in ("\udcff\udcfe", "é", "\0"):
        assert status(OPEN.check_token, given) == 401
    Guard(Stage(token="clé")).check_token("clé")


def test_a_host_that_is_none():
    assert status(LOCAL.check_host, "[") == 400


def test_a_listeners_token_alone_guards_listening_alone():
    guard = Guard(Stage(listen_token="ears"))
    guard.check_token(None)
    assert status(guard.check_token, None, True) == 401


@pytest.mark.parametrize(
    ("header", "token"),
    [
        ("Bearer abc", "abc"),
        ("bearer  abc ", "abc"),
        ("Basic abc", None),
        ("Bearer", None),
        (None, None),
        ("", None),
    ],
)
def test_bearer(header, token):
    assert bearer(header) == token


def test_buckets_leak():
    now_s = [0.0]
    buckets = Buckets(burst=3, rate=1, now_s=lambda: now_s[0])
    for _ in range(3):
        buckets.take("a")
    assert status(buckets.take, "a") == 429
    buckets.take("b")
    now_s[0] = 1.01
    buckets.take("a")
    assert status(buckets.take, "a") == 429


def test_a_refusal_says_when_to_come_back():
    buckets = Buckets(burst=1, rate=0.1, now_s=lambda: 0.0)
    buckets.take("a")
    with pytest.raises(RefusedError) as refusal:
        buckets.take("a")
    assert 1 <= refusal.value.retry_after_s <= 11


def test_buckets_forget_strangers():
    buckets = Buckets(burst=1, rate=1, now_s=lambda: 0.0)
    for remote in range(5 * REMEMBERED_PEERS):
        buckets.take(str(remote))
    assert len(buckets._levels) == REMEMBERED_PEERS
