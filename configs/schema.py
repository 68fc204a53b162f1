"""The show's configuration: typed, frozen, every key read somewhere, every unknown key an error."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from configs.errors import ConfigError
from configs.genres import GENRES

Fraction01 = Annotated[float, Field(ge=0.0, le=1.0)]


class Section(BaseModel):
    """A frozen group of keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Camera(Section):
    """How the camera is asked to deliver; it may answer with something near."""

    width: Annotated[int, Field(ge=160, le=3840)] = 640
    height: Annotated[int, Field(ge=120, le=2160)] = 480
    fps: Annotated[float, Field(ge=5, le=240)] = 30.0
    mirror: bool = True
    """Show the preview as a mirror does; the networks always see the unmirrored picture."""
    latency_ms: Annotated[float, Field(ge=0, le=500)] = 0.0
    """From light on the sensor to the frame's stamp; `--doctor` helps to find it."""


class Pose(Section):
    """The pose tracker."""

    people: Annotated[int, Field(ge=1, le=6)] = 1
    confidence: Fraction01 = 0.5
    model: Path = Path("build/pose_landmarker_full.task")


class Timing(Section):
    """How far ahead of the sound the music is made."""

    lead_ms: Annotated[float, Field(ge=20, le=2000)] = 220.0
    """From a hop's computation to the moment its block is heard, when no device says otherwise."""
    settle_ms: Annotated[float, Field(ge=0, le=1000)] = 70.0
    """A hop looks at frames at least this old: by then their pose is known."""
    allowance_ms: Annotated[float, Field(ge=5, le=1000)] = 75.0
    """Time left for computing a hop before the sound card's queue needs it."""
    anticipate: bool = True
    """Predict the beat at the time of hearing. Off only to measure what it buys."""


class Sound(Section):
    """The way to the loudspeaker."""

    device_rate: Annotated[int, Field(ge=8000, le=192000)] | None = None
    """Hz; none: what the device prefers."""
    buffer_frames: Annotated[int, Field(ge=64, le=8192)] = 1024
    queue_ms: Annotated[float, Field(ge=10, le=1000)] = 60.0
    crossfade_ms: Annotated[float, Field(ge=1, le=100)] = 23.0
    gain_db: Annotated[float, Field(ge=-60, le=12)] = 0.0


class Follow(Section):
    """The beat follower."""

    bpm: Annotated[float, Field(ge=40, le=240)] | None = None
    """Set tempo; none: follow the dancer."""
    claim_confidence: Fraction01 = 0.5
    """Beats are sent to lights and friends only above this confidence."""
    free_beats: bool = False
    """Send beats of the style's own tempo while nobody is followed."""
    sync: Literal["none", "link", "midi"] = "none"
    """Play another machine's beat instead of the dancer's."""


class OscTarget(Section):
    """One receiver of OSC."""

    host: Annotated[str, Field(min_length=1)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """None: where the profile's tool listens."""
    name: str = ""
    profile: str = "generic"
    transport: Literal["udp", "tcp", "slip"] = "udp"
    prefix: str = "/noverre"
    lead_ms: Annotated[float, Field(ge=-500, le=2000)] = 0.0
    rate_hz: Annotated[float, Field(gt=0, le=1000)] = 100.0
    base: int | None = None
    """The first universe, submaster or executor, where the profile numbers such things."""
    bundles: bool | None = None
    """Wrap messages in time-tagged bundles; None: as the profile's tool likes it."""
    min_confidence: Fraction01 = 0.0
    claim: Literal["followed", "always"] = "followed"
    """Beats that are danced, or always those of the music: the style's own tempo when nobody is followed."""
    events: tuple[str, ...] = ("beat", "onset", "tempo", "phase", "energy", "style", "pose", "status")


class OscControl(Section):
    """The port on which controls are taken."""

    port: Annotated[int, Field(ge=1, le=65535)]
    host: str = "127.0.0.1"
    senders: tuple[str, ...] = ("127.0.0.1",)
    echo_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Where controllers listen for the echo; None: the port they send from."""


class Stage(Section):
    """The stage page and the WebRTC server."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8080
    token: str | None = None
    """Needed as soon as ``host`` is not a loopback address."""
    publish: str | None = None
    """A WHIP address to which the show is sent once."""
    media_host: str | None = None
    """Address on which media is offered, if not ``host``: GStreamer speaks to no loopback address."""
    listen_token: str | None = None
    """Admits listeners and nothing else; ``token`` admits to everything."""
    publish_token: str | None = None
    """Sent as Bearer token with ``publish``."""
    listeners: Annotated[int, Field(ge=0, le=1000)] = 64
    """Most WHEP listeners at a time."""
    performers: Annotated[int, Field(ge=1, le=8)] = 1
    """Most performers that dance through a browser at a time."""
    audio_bitrate: Annotated[int, Field(ge=16_000, le=510_000)] = 160_000
    video_bitrate: Annotated[int, Field(ge=50_000, le=8_000_000)] = 700_000
    picture_fps: Annotated[float, Field(ge=1, le=30)] = 20.0
    """Pictures a second, at most, for the stage page and for listeners."""
    certificate: Path | None = None
    """TLS certificate chain, PEM; browsers give their camera to other machines over TLS only."""
    key: Path | None = None

    @field_validator("publish")
    @classmethod
    def _publish_is_a_web_address(cls, url: str | None) -> str | None:
        if url is not None and not _is_web_address(url):
            raise ValueError(
                f"--publish {url!r} is no web address: give one such as http://127.0.0.1:8889/show/whip"
            )
        return url


class Friends(Section):
    """Other machines that keep our time, or we theirs. Each needs its optional extra."""

    link: bool = False
    """Take part in an Ableton Link session; lead it if it is empty."""
    midi_out: str | None = None
    """Send MIDI clock to the port of this name; ``first`` for the first there is."""
    midi_in: str | None = None
    """The port whose MIDI clock may be followed."""
    os2l: str | None = None
    """HOST:PORT of a lighting program that takes OS2L beats."""
    lead_ms: Annotated[float, Field(ge=-500, le=2000)] = 0.0


class ShowConfig(Section):
    """Everything a show is."""

    source: str = "auto"
    loop: bool = False
    """Start a video file again when it ends."""
    audio: tuple[str, ...] = ("auto",)
    osc: tuple[OscTarget, ...] = ()
    osc_control: OscControl | None = None
    osc_log: Path | None = None
    trace: Path | None = None
    record: Path | None = None
    clock: Literal["real", "virtual"] = "real"
    seconds: Annotated[float, Field(gt=0)] | None = None
    bundle: Path = Path("bundles/house")
    backend: Literal["auto", "onnxruntime", "tensorrt", "torch", "triton"] = "auto"
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    server: str | None = None
    """HOST:PORT of a KServe v2 server, for the triton backend."""
    style: str | None = None
    intensity: Fraction01 = 0.5
    seed: Annotated[int, Field(ge=0)] = 0
    preview: bool = True
    camera: Camera = Camera()
    pose: Pose = Pose()
    timing: Timing = Timing()
    sound: Sound = Sound()
    follow: Follow = Follow()
    friends: Friends = Friends()
    stage: Stage | None = None

    @field_validator("osc", mode="before")
    @classmethod
    def _targets(cls, value: Any) -> Any:
        if value is None or isinstance(value, list | tuple):
            return tuple(parse_target(item) if isinstance(item, str) else item for item in value or ())
        return value

    @field_validator("audio")
    @classmethod
    def _some_audio(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for sink in value:
            if sink == "wav:" or not sink:
                raise ValueError("give a path after wav:, as in wav:show.wav")
        cards = _cards_in(value)
        for card in cards:
            if [other.lower() for other in cards].count(card.lower()) > 1:
                raise ValueError(f"{card!r} is named twice: give each sound card once")
        return value

    @property
    def cards(self) -> tuple[str, ...]:
        """The sound cards among ``audio``: the first is the show's own, the others follow it."""
        return _cards_in(self.audio)

    @property
    def outputs(self) -> list[tuple[str, Path]]:
        """Every file that the show writes, with the key that names it."""
        files = {"record": self.record, "trace": self.trace, "osc_log": self.osc_log}
        named = [(key, path) for key, path in files.items() if path is not None]
        return named + [("audio", Path(sink[4:])) for sink in self.audio if sink.startswith("wav:")]

    @field_validator("style")
    @classmethod
    def _style_is_a_word(cls, value: str | None) -> str | None:
        if value is not None and not value.replace("_", "").isalnum():
            raise ValueError(f"{value!r} is no style name; the bundled ones are {', '.join(GENRES)}")
        return value

    @model_validator(mode="after")
    def _every_file_has_one_use(self) -> "ShowConfig":
        """A show that records over its own source, or one file over another, keeps neither."""
        source = [("source", Path(self.source))] if _is_file(self.source) else []
        used: dict[object, str] = {}
        for key, path in [*source, *self.outputs]:
            place = _place(path)
            if place in used and path.name != "null":
                raise ValueError(
                    f"{key} and {used[place]} both name {str(path)!r}: give each a file of its own"
                )
            used[place] = key
        return self


def _cards_in(audio: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sink for sink in audio if sink != "none" and not sink.startswith("wav:"))


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _place(path: Path) -> object:
    """The same for every name of a file: links and ``..`` are seen through."""
    try:
        found = path.stat()
        return found.st_dev, found.st_ino
    except OSError:  # there is none yet
        return os.path.realpath(path)
    except ValueError:  # a name that no file can have; said when it is opened
        return path


def _is_file(name: str) -> bool:
    try:
        return Path(name).is_file()
    except OSError:  # too long to be one
        return False


def parse_target(text: str) -> dict[str, Any]:
    """``HOST:PORT`` as the keys of an OscTarget.

    Raises:
        ValueError: no colon, no host, or a port that is not 1..65535.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise ValueError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:7700")
    return {"host": host, "port": int(port)}


def load_config(path: Path | None, overrides: dict[str, Any]) -> ShowConfig:
    """A YAML file's keys, with the command line's on top; ``stage.publish`` is a key of a section.

    Raises:
        ConfigError: naming the key, its value and what would be right.
    """
    keys: dict[str, Any] = {}
    if path is not None:
        keys = _read(path)
    for name, value in overrides.items():
        section, _, key = name.rpartition(".")
        if not section:
            keys[key] = value
        elif isinstance(inside := keys.get(section) or {}, dict):  # else the validation says what it must be
            keys[section] = inside | {key: value}
    try:
        return ShowConfig.model_validate(keys)
    except ValidationError as error:
        raise ConfigError(_sentence(error)) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        keys = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"--config {str(path)!r} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date that is none, a thousand brackets
        raise ConfigError(f"--config {str(path)!r} is not YAML: {' '.join(str(error).split())}") from error
    if keys is None:
        return {}
    if not isinstance(keys, dict):
        raise ConfigError(f"--config {str(path)!r} holds {type(keys).__name__}; it must hold keys and values")
    return keys


def _sentence(error: ValidationError) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = ", ".join(_keys_beside(first["loc"]))
        return f"unknown key {key!r}; known here: {known}"
    if not key:
        return str(first["msg"]).removeprefix("Value error, ")
    reason = _IN_WORDS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    return f"{key} = {first['input']!r}: {reason[0].lower()}{reason[1:]}"


_IN_WORDS = {
    "tuple_type": "it must be a list, such as [a, b]; for one, [a]",
    "model_type": "it must hold keys and values; configs/ has examples",
    "path_type": "it must be a path, in quotation marks if it looks like a number",
    "string_type": "it must be text, in quotation marks if it looks like a number",
    "finite_number": "it must be a finite number",
}
"""What pydantic says in Python's words."""


def _keys_beside(location: tuple[int | str, ...]) -> list[str]:
    """Names that would have been accepted where an unknown key stood."""
    model: Any = ShowConfig
    for part in location[:-1]:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        nested = [annotation, *getattr(annotation, "__args__", ())]
        model = next(item for item in nested if isinstance(item, type) and issubclass(item, BaseModel))
    return list(model.model_fields)
