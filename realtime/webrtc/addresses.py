"""Which of this machine's addresses media may use, given the address the server is bound to.

A server on loopback offers loopback and nothing else, so that no packet can leave the machine.
"""

import ipaddress
import socket

import ifaddr


def is_loopback(host: str) -> bool:
    """Whether ``host`` can be reached from this machine only."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def media_addresses(host: str) -> list[str]:
    """Addresses for ICE host candidates of a server bound to ``host``.

    Raises:
        ValueError: ``host`` is a name that does not resolve.
    """
    if host == "localhost":
        return ["127.0.0.1"]
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return [_resolved(host)]
    if not address.is_unspecified:
        return [str(address)]
    return ["127.0.0.1", *_own_addresses(with_ipv6=address.version == 6)]


def _resolved(name: str) -> str:
    try:
        return socket.gethostbyname(name)
    except OSError as error:
        raise ValueError(f"{name!r} is no address of this machine: {error}") from error


def _own_addresses(with_ipv6: bool) -> list[str]:
    found = []
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            text, scope = (ip.ip, 0) if isinstance(ip.ip, str) else (ip.ip[0], ip.ip[2])
            if not is_loopback(text) and scope == 0 and (with_ipv6 or ":" not in text):
                found.append(text)
    return found
