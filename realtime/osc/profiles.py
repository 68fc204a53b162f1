"""How each desk likes to be told things: one small function a tool, cue in, OSC messages out.

Pure: no sockets, no clocks; the conventions and their sources are in docs/lighting.md. A profile may answer
with ``Later``: a button that is pressed now is released a little later.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from realtime.osc.cues import EVENTS, Cue, Energy, Glow, Moment, Phase, Pose, Status, Style
from realtime.osc.messages import MAX_UDP_BYTES, Message
from realtime.osc.rig import FRAME_S, dmx_frame
from realtime.types import Beat, Onset, Tempo

PULSE_S = 0.06
"""How long a pressed button stays pressed. DMX desks look at their inputs 40 to 50 times a second."""


@dataclass(frozen=True, slots=True)
class Later:
    """Say this ``after_s`` seconds after the cue's own time."""

    after_s: float
    what: Message | Cue


Said = Sequence[Message | Later]
Convert = Callable[[Cue, Moment], Said]


@dataclass(frozen=True)
class Profile:
    """One tool's conventions; every one of them a default that a target may override."""

    name: str
    about: str
    convert: Convert
    port: int
    transport: str = "udp"
    prefix: str = "/noverre"
    base: int = 1
    """The first universe, submaster, executor or link to use, where the tool numbers such things."""
    bundles: bool = False
    max_bytes: int = MAX_UDP_BYTES
    events: tuple[str, ...] = EVENTS


def generic(cue: Cue, moment: Moment) -> Said:
    """The addresses of DESIGN: TouchDesigner, Max, Pure Data, SuperCollider, own programs."""
    at = moment.prefix
    match cue:
        case Beat():
            args = (cue.beat_in_bar, cue.bar, float(cue.bpm), float(cue.confidence), moment.lead_s)
            return (Message(f"{at}/beat", args),)
        case Onset():
            return (Message(f"{at}/onset", (float(cue.strength),)),)
        case Tempo():
            return (Message(f"{at}/tempo", (float(cue.bpm), float(cue.confidence))),)
        case Phase():
            return (Message(f"{at}/phase", (cue.beats,)),)
        case Energy():
            return (Message(f"{at}/energy", (cue.level,)),)
        case Style():
            return (Message(f"{at}/style", (cue.name,)),)
        case Status():
            return (Message(f"{at}/status", (cue.text,)),)
        case Pose():
            return (Message(f"{at}/pose", (cue.person, *cue.points.ravel().tolist())),)
    return ()


def qlcplus(cue: Cue, moment: Moment) -> Said:
    """Every value a float 0..1 on an address of its own: QLC+ makes one input channel of each address."""
    at = moment.prefix
    match cue:
        case Beat():
            pulses = [f"{at}/beat", f"{at}/beat{cue.beat_in_bar}"]
            return _pulses(pulses + [f"{at}/downbeat"] * (cue.beat_in_bar == 1))
        case Onset():
            return _pulses([f"{at}/onset"], pressed=_unit(cue.strength))
        case Tempo():
            return (Message(f"{at}/tempo", (_unit(cue.bpm / 255),)),)
        case Phase():
            return (Message(f"{at}/phase", (cue.beats % 1.0,)),)
        case Energy():
            return (Message(f"{at}/energy", (cue.level,)),)
    return ()


def resolume(cue: Cue, moment: Moment) -> Said:
    """Tempo taps on beats, resync on downbeats, the energy on a dashboard link."""
    tempo = "/composition/tempocontroller"
    match cue:
        case Beat():
            resync = [f"{tempo}/resync"] if cue.beat_in_bar == 1 else []
            return _pulses([f"{tempo}/tempotap", *resync], pressed=1)
        case Tempo():
            return (Message(f"{tempo}/tempo", (_unit((cue.bpm - 20) / 480),)),)
        case Energy():
            return (Message(f"/composition/dashboard/link{moment.base}", (cue.level,)),)
        case Onset():
            return _pulses([f"/composition/dashboard/link{moment.base + 1}"], pressed=_unit(cue.strength))
    return ()


def eos(cue: Cue, moment: Moment) -> Said:
    """Submasters: the first is the energy, the beats of the bar bump the next four, onsets the sixth."""
    sub = moment.base
    match cue:
        case Beat():
            return _pulses([f"/eos/sub/{sub + 1 + (cue.beat_in_bar - 1) % 4}/fire"])
        case Onset() if cue.strength >= 0.5:
            return _pulses([f"/eos/sub/{sub + 5}/fire"])
        case Energy():
            return (Message(f"/eos/sub/{sub}", (cue.level,)),)
    return ()


def grandma3(cue: Cue, moment: Moment) -> Said:
    """Executors of page 1: a fader for energy, keys for beats and onsets; speed master 1 gets the tempo."""
    page, executor = f"{moment.prefix}/Page1", moment.base
    match cue:
        case Beat():
            return _pulses([f"{page}/Key{executor + 1 + (cue.beat_in_bar - 1) % 4}"], pressed=1)
        case Onset() if cue.strength >= 0.5:
            return _pulses([f"{page}/Key{executor + 5}"], pressed=1)
        case Tempo():
            return (Message(f"{moment.prefix}/cmd", (f"Master 3.1 At BPM {cue.bpm:.1f}",)),)
        case Energy():
            return (Message(f"{page}/Fader{executor}", (100.0 * cue.level,)),)
    return ()


def madrix(cue: Cue, moment: Moment) -> Said:
    """The master fader breathes with the energy and flashes on beats; every four bars comes the next cue."""
    master, cue_up = "/Output/Master", "/Cues/Index/Up"
    match cue:
        case Beat():
            next_cue = [Message(cue_up)] if cue.beat_in_bar == 1 and cue.bar % 4 == 0 and cue.bar else []
            back = Later(PULSE_S, Message(master, (_master(moment.energy),)))
            return (Message(master, (255,)), *next_cue, back)
        case Energy():
            return (Message(master, (_master(cue.level),)),)
    return ()


def _master(energy: float) -> int:
    """A third of the light stays when nobody moves; three quarters is for energy, the rest for beats."""
    return round(255 * (0.33 + 0.42 * _unit(energy)))


def mediapipe(cue: Cue, moment: Moment) -> Said:
    """``/mediapipe/pose``: how many people (1), then x, y, z, visibility of the first one's 33 joints."""
    if isinstance(cue, Pose) and cue.person == 0:
        return (Message(f"{moment.prefix}/pose", (1, *cue.points.ravel().tolist())),)
    return ()


def wekinator(cue: Cue, moment: Moment) -> Said:
    """``/wek/inputs``: 66 floats, x and y of 33 joints of the first person; Wekinator learns from them."""
    if isinstance(cue, Pose) and cue.person == 0:
        return (Message(f"{moment.prefix}/inputs", tuple(cue.points[:, :2].ravel().tolist())),)
    return ()


def ola(cue: Cue, moment: Moment) -> Said:
    """The demo rig as DMX, one 512-byte frame a message: a beat lights a fixture, which then fades."""
    match cue:
        case Beat():
            return (_dmx(Glow(cue, 0.0), moment), Later(FRAME_S, Glow(cue, FRAME_S)))
        case Glow() if cue.beat == moment.beat:
            next_age_s = cue.age_s + FRAME_S
            more = next_age_s < 60 / max(cue.beat.bpm, 30.0)
            again = [Later(FRAME_S, Glow(cue.beat, next_age_s))] if more else []
            return (_dmx(cue, moment), *again)
        case Energy() if moment.beat is None:
            return (_dmx(None, moment),)
    return ()


def _dmx(glow: Glow | None, moment: Moment) -> Message:
    return Message(f"{moment.prefix}/{moment.base}", (dmx_frame(glow, moment.energy, moment.style),))


def _pulses(addresses: Sequence[str], pressed: int | float = 1.0) -> Said:
    """Press these buttons now and release them ``PULSE_S`` later, in the type in which they were pressed."""
    down = [Message(address, (pressed,)) for address in addresses]
    released = type(pressed)(0)
    return (*down, *(Later(PULSE_S, Message(address, (released,))) for address in addresses))


def _unit(value: float) -> float:
    return float(min(max(value, 0.0), 1.0))


_SHOW = ("beat", "onset", "tempo", "energy")
PROFILES: dict[str, Profile] = {
    profile.name: profile
    for profile in (
        Profile("generic", "DESIGN's addresses, for any program", generic, port=9000),
        Profile("touchdesigner", "OSC In CHOP and DAT", generic, port=10_000, bundles=True),
        Profile("qlcplus", "QLC+ input channels", qlcplus, port=7700, events=(*_SHOW, "phase")),
        Profile("ola", "OLA: DMX of the demo rig", ola, port=7770, prefix="/dmx/universe",
                events=("beat", "energy", "style")),
        Profile("resolume", "Resolume Avenue, Arena", resolume, port=7000,
                events=("beat", "energy", "onset")),
        Profile("eos", "ETC Eos family", eos, port=3032, transport="tcp", prefix="/eos", max_bytes=511,
                events=("beat", "onset", "energy")),
        Profile("grandma3", "MA grandMA3", grandma3, port=8000, prefix="/gma3", base=201, events=_SHOW),
        Profile("madrix", "MADRIX 5", madrix, port=9001, events=("beat", "energy")),
        Profile("mediapipe", "pose as mediapipe-osc sends it", mediapipe, port=7500, prefix="/mediapipe",
                events=("pose",)),
        Profile("wekinator", "Wekinator inputs", wekinator, port=6448, prefix="/wek", events=("pose",)),
    )
}  # fmt: skip
