"""Everything that decides what a virtual dancer does and how it looks: frozen values, checked at once."""

from dataclasses import dataclass, field

from dancer.camera import Viewpoint
from dancer.choreography import SPEEDS
from dancer.energy import Energy, check_energy
from dancer.room import ROOM_NAMES
from dancer.skeleton import Body
from dancer.tempo import Steady, Tempo, check_bpm
from dancer.vocabulary import STYLES


@dataclass(frozen=True)
class DancerConfig:
    """One performance; the same config draws the same pixels.

    ``first_beat_s`` None: somewhere in the first beat, by seed, so that nobody can guess the phase.
    ``speed`` 0.5 or 2 dances in half or double time of the beat; ``looseness`` 0 leaves out human
    inexactness; ``look`` seeds clothes, face and room (None: ``seed``); ``people`` is how many others
    are in the picture; ``room`` None: one by ``look``.
    """

    bpm: float = 112.0
    style: str = "house"
    seed: int = 0
    energy: Energy = 0.65
    seconds: float = 60.0
    tempo: Tempo = field(default_factory=Steady)
    fps: float = 30.0
    width: int = 640
    height: int = 480
    first_beat_s: float | None = None
    speed: float = 1.0
    mirrored: bool = False
    looseness: float = 1.0
    look: int | None = None
    people: int = 0
    room: str | None = None
    body: Body = field(default_factory=Body)
    view: Viewpoint = field(default_factory=Viewpoint)

    def __post_init__(self) -> None:
        check_bpm("bpm", self.bpm)
        check_energy(self.energy)
        if self.style not in STYLES:
            raise ValueError(f"style is '{self.style}': give one of {', '.join(STYLES)}.")
        if self.speed not in SPEEDS:
            raise ValueError(f"speed is {self.speed}: give 0.5 (half time), 1 or 2 (double time).")
        if self.room is not None and self.room not in ROOM_NAMES:
            raise ValueError(f"room is '{self.room}': give one of {', '.join(ROOM_NAMES)}.")
        if self.seed < 0 or (self.look is not None and self.look < 0):
            raise ValueError(f"seed is {self.seed}, look is {self.look}: give whole numbers from 0 up.")
        for name, (low, high) in _LIMITS.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ValueError(f"{name} is {value}: give a number from {low} to {high}.")

    @property
    def aspect(self) -> float:
        """Width over height of the picture."""
        return self.width / self.height


_LIMITS: dict[str, tuple[float, float]] = {
    "seconds": (0.1, 86400), "fps": (1, 240), "width": (64, 3840), "height": (64, 3840),
    "first_beat_s": (-10, 10), "looseness": (0, 3), "people": (0, 3),
}  # fmt: skip
