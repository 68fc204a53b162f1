"""Who may do what: tokens, origins, hosts, rates and sizes. Pure, but for the clock it is given."""

import hmac
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from configs.schema import Stage
from realtime.webrtc.addresses import is_loopback

LARGEST_BODY = 64 * 1024
"""Bytes; the longest offers of browsers are a tenth of that."""
BODY_S = 5.0
"""A body that has not come by then is not waited for."""
REMEMBERED_PEERS = 1024

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=(), display-capture=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


@dataclass
class RefusedError(Exception):
    """A request that is not served: status, reason, and seconds after which to try again."""

    status: int
    reason: str
    retry_after_s: int | None = None


class Buckets:
    """Leaky buckets, one a remote address: so many at once, so many a second.

    Args:
        burst: requests that may come at once.
        rate: requests a second after that.
        now_s: clock.
    """

    def __init__(self, burst: float, rate: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._rate, self._now_s = burst, rate, now_s
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, remote: str) -> None:
        """Count one request.

        Raises:
            RefusedError: 429, with the time after which there is room again.
        """
        now_s = self._now_s()
        level, since_s = self._levels.pop(remote, (0.0, now_s))
        level = max(0.0, level - (now_s - since_s) * self._rate)
        full = level + 1.0 > self._burst
        self._levels[remote] = (level if full else level + 1.0, now_s)
        while len(self._levels) > REMEMBERED_PEERS:
            self._levels.popitem(last=False)
        if full:
            wait_s = 1 + int((level + 1.0 - self._burst) / self._rate)
            raise RefusedError(429, "too many requests from this address; try again later", wait_s)


class Guard:
    """Decides about requests by their headers alone.

    Args:
        config: the stage's address and tokens.
    """

    def __init__(self, config: Stage) -> None:
        self._loopback = is_loopback(config.host)
        self._token, self._listen_token = config.token, config.listen_token
        self._scheme = "https" if config.certificate else "http"
        self.connects = Buckets(burst=120, rate=10)

    @property
    def cross_origin(self) -> bool:
        """Whether pages of other origins may use WHIP and WHEP: only where a token protects them."""
        return self._token is not None

    def check_host(self, host: str | None) -> None:
        """On loopback only loopback names are answered: another name is a rebinding attack.

        Raises:
            RefusedError: 400 or 403.
        """
        if not host:
            raise RefusedError(400, "the request names no host")
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError as error:
            raise RefusedError(400, f"{host[:80]!r} is no host") from error
        if self._loopback and not is_loopback(name):
            raise RefusedError(403, f"{name!r} is not how this stage is called; use 127.0.0.1")

    def check_origin(self, origin: str | None, host: str | None, may_cross: bool = False) -> None:
        """A page of another origin may not drive the show.

        Raises:
            RefusedError: 403.
        """
        if origin is None or origin == f"{self._scheme}://{host}":
            return
        if not (may_cross and self.cross_origin):
            raise RefusedError(403, f"pages from {origin[:80]} may not use this stage")

    def check_token(self, given: str | None, listening: bool = False) -> None:
        """A token, where one is configured.

        Args:
            given: what the request carries.
            listening: the listeners' token will do.

        Raises:
            RefusedError: 401.
        """
        good = [token for token in (self._token, self._listen_token if listening else None) if token]
        if not good:
            return
        bytes_given = (given or "").encode(errors="surrogateescape")  # as aiohttp has read them: any header
        matches = [hmac.compare_digest(bytes_given, token.encode()) for token in good]
        if not any(matches):
            raise RefusedError(
                401, "a Bearer token is needed here" if given is None else "the token is wrong"
            )


def bearer(header: str | None) -> str | None:
    """The token of an Authorization header, None if there is none of that kind."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None
