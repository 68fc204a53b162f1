"""Who is told: one ``Target`` a desk, checked when it is made. Opens no socket.

A target can be written in one line, for the command line: ``HOST:PORT``, or in full
``tcp://desk.local:3032?profile=eos&lead_ms=25``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from configs.errors import ConfigError
from realtime.osc.cues import EVENTS
from realtime.osc.profiles import PROFILES, Profile

if TYPE_CHECKING:
    from configs.schema import OscTarget

TRANSPORTS = ("udp", "tcp", "slip")
"""UDP; TCP with a length before each packet (OSC 1.0); TCP with SLIP framing (OSC 1.1)."""

CLAIMS = ("followed", "always")

MAX_HZ: dict[str, float] = {"pose": 60.0, "phase": 20.0, "energy": 20.0, "onset": 50.0}
"""Default rate limits. Beats, tempo, style and status are few and have none."""


class TargetError(ConfigError):
    """A target that cannot be: the message names the value and the remedy."""


@dataclass(frozen=True)
class Target:
    """One receiver of OSC. What is None is taken from the profile.

    Args:
        host: name or address.
        port: 1..65535.
        profile: one of ``PROFILES``.
        transport: ``udp``, ``tcp`` (length before each packet) or ``slip``.
        lead_ms: how much earlier than the sound messages arrive, to make up for the desk's own delay;
            negative is later.
        prefix: what addresses begin with.
        base: the first universe, submaster or executor, where the profile numbers such things.
        bundles: wrap messages in time-tagged bundles; the tag is when they are heard.
        events: what to send, names out of ``EVENTS``.
        max_hz: rate limit by event name, messages a second; adds to the defaults.
        min_confidence: beats of which the follower is less sure are not sent, 0..1.
        claim: ``followed``: beats that are danced; ``always``: the music's own too, when nobody dances.
        name: for reports; ``host:port`` when empty.
    """

    host: str
    port: int | None = None
    profile: str = "generic"
    transport: str | None = None
    lead_ms: float = 0.0
    prefix: str | None = None
    base: int | None = None
    bundles: bool | None = None
    events: tuple[str, ...] | None = None
    max_hz: Mapping[str, float] = field(default_factory=dict)
    min_confidence: float = 0.0
    claim: str = "followed"
    name: str = ""

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            raise TargetError(f"osc profile {self.profile!r} is unknown: take one of {', '.join(PROFILES)}")
        defaults = PROFILES[self.profile]
        for name in ("port", "transport", "prefix", "base", "bundles", "events"):
            if getattr(self, name) is None:
                object.__setattr__(self, name, getattr(defaults, name))
        object.__setattr__(self, "events", tuple(self.events or ()))
        object.__setattr__(self, "max_hz", {**MAX_HZ, **self.max_hz})
        object.__setattr__(self, "name", self.name or f"{self.host}:{self.port}")
        self._check()

    def _check(self) -> None:
        if not self.host:
            raise TargetError("osc target without a host: write HOST:PORT, e.g. 127.0.0.1:9000")
        if not 0 < (self.port or 0) < 65_536:
            raise TargetError(f"osc port {self.port} of {self.host}: a port is a number from 1 to 65535")
        if self.transport not in TRANSPORTS:
            raise TargetError(f"osc transport {self.transport!r}: take one of {', '.join(TRANSPORTS)}")
        if not (self.prefix or "").startswith("/") or " " in (self.prefix or ""):
            raise TargetError(f"osc prefix {self.prefix!r}: begin it with '/' and leave out spaces")
        if not -500 <= self.lead_ms <= 2000:
            raise TargetError(f"osc lead_ms {self.lead_ms}: from -500 to 2000")
        for event in (*self.events_on, *self.max_hz):
            if event not in EVENTS:
                raise TargetError(f"osc event {event!r} is unknown: take some of {', '.join(EVENTS)}")
        if any(hz <= 0 for hz in self.max_hz.values()):
            raise TargetError("osc max_hz: a rate is above 0; to switch an event off leave it out of events")
        if self.claim not in CLAIMS:
            raise TargetError(f"osc claim {self.claim!r}: take one of {', '.join(CLAIMS)}")
        if not 0 <= self.min_confidence <= 1:
            raise TargetError(f"osc min_confidence {self.min_confidence}: from 0 to 1")

    @property
    def conventions(self) -> Profile:
        """The profile itself."""
        return PROFILES[self.profile]

    @property
    def events_on(self) -> frozenset[str]:
        """The kinds of events this target wants."""
        return frozenset(self.events or ())


def target_of(section: "OscTarget") -> Target:
    """The target a configuration's ``osc`` entry describes; what is not written there is the profile's.

    ``rate_hz`` lowers every rate limit that is above it.

    Raises:
        TargetError: in a sentence that names what was wrong.
    """
    known = {entry.name for entry in fields(Target)}
    written = {key: getattr(section, key) for key in section.model_fields_set if key in known}
    if "rate_hz" in section.model_fields_set:
        written["max_hz"] = {event: min(hz, section.rate_hz) for event, hz in MAX_HZ.items()}
    return Target(**{"host": section.host, **written})


def parse_target(text: str) -> Target:
    """A target from ``HOST:PORT`` or ``udp|tcp|slip://HOST[:PORT][?profile=NAME&lead_ms=25&...]``.

    Raises:
        TargetError: in a sentence that names what was wrong.
    """
    usage = f"osc target {text!r}: write HOST:PORT, e.g. 127.0.0.1:9000, or tcp://HOST:PORT?profile=eos"
    parts = urlsplit(text if "://" in text else f"any://{text}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise TargetError(f"{usage} (the port is not a number from 1 to 65535)") from error
    if (
        not host
        or parts.path not in ("", "/")
        or parts.username
        or (port is None and "profile" not in parts.query)
    ):
        raise TargetError(usage)
    transport = None if parts.scheme == "any" else parts.scheme
    return Target(host=host, port=port, transport=transport, **_options(parts.query, usage))  # type: ignore[arg-type]


def _options(query: str, usage: str) -> dict[str, object]:
    options: dict[str, object] = {}
    for key, value in parse_qsl(query, keep_blank_values=True):
        if key not in _READ:
            raise TargetError(f"{usage} (unknown option {key!r}: there are {', '.join(_READ)})")
        try:
            options[key] = _READ[key](value)
        except ValueError as error:
            raise TargetError(f"{usage} ({key} cannot be {value!r})") from error
    return options


def _flag(text: str) -> bool:
    if text not in ("0", "1", "true", "false"):
        raise ValueError(text)
    return text in ("1", "true")


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


_READ: dict[str, Callable[[str], object]] = {
    "profile": str,
    "lead_ms": float,
    "prefix": str,
    "base": int,
    "bundles": _flag,
    "events": _names,
    "min_confidence": float,
    "claim": str,
    "name": str,
}
