import pytest

from realtime.webrtc.addresses import is_loopback, media_addresses


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost"])
def test_loopback_is_known(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "stage.example", "", "127.0.0.1.example"])
def test_everything_else_is_not_loopback(host):
    assert not is_loopback(host)


def test_a_server_on_loopback_offers_loopback_only():
    assert media_addresses("127.0.0.1") == ["127.0.0.1"]
    assert media_addresses("localhost") == ["127.0.0.1"]
    assert media_addresses("[::1]") == ["::1"]


def test_a_chosen_address_is_the_only_one():
    assert media_addresses("192.168.7.7") == ["192.168.7.7"]


def test_all_addresses_include_loopback_and_no_other_family():
    found = media_addresses("0.0.0.0")
    assert found[0] == "127.0.0.1"
    assert not any(":" in address for address in found)
