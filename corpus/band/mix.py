"""The dancer at the mixing desk: control curves to gains, gains times stems to sound. Knows no song text.

``row_gains`` says, for every code, how loud each stem row is; ``mix`` multiplies and adds. Both are cheap
arithmetic, and both look back at most ``MEMORY_S`` plus two beats.
"""

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import NDArray

from corpus.band.render import SAMPLES_PER_CODE, STEMS, Stems

Curve = NDArray[np.float32]
Samples = NDArray[np.float32]

SMOOTHING_CODES = 26
"""150 ms: the time in which a layer comes or goes."""

STILLNESS_CODES = 86
"""0.5 s: the time in which stillness takes the band away; a bar is longer at any tempo."""

MEMORY_S = STILLNESS_CODES * SAMPLES_PER_CODE / 22_050

ENTRANCE: dict[str, float] = {
    "kick": 0.07,
    "bass": 0.14,
    "snare": 0.26,
    "hats": 0.34,
    "harmony": 0.42,
    "percussion": 0.56,
    "lead": 0.66,
}
"""The energy at which each layer is half in; the pad is always there."""

ENTRANCE_WIDTH = 0.1
CEILING = 10 ** (-1.0 / 20)
KNEE = 0.6


@dataclass(frozen=True)
class Controls:
    """What the dancer and the picture ask of the band: float32 ``[T]`` each, at code rate, 0..1.

    Named after the motion and visual features they come from (``desk.controls_from_features``).
    """

    energy: Curve
    stillness: Curve
    arm_openness: Curve
    arm_height: Curve
    jump: Curve
    turn: Curve
    brightness: Curve
    warmth: Curve

    @classmethod
    def constant(
        cls,
        codes: int,
        energy: float = 0.6,
        stillness: float = 0.0,
        arm_openness: float = 0.5,
        arm_height: float = 0.4,
        jump: float = 0.0,
        turn: float = 0.0,
        brightness: float = 0.5,
        warmth: float = 0.5,
    ) -> "Controls":
        """The same values for ``codes`` codes."""
        values = (energy, stillness, arm_openness, arm_height, jump, turn, brightness, warmth)
        return cls(*(np.full(codes, value, np.float32) for value in values))

    def __len__(self) -> int:
        return len(self.energy)

    def span(self, start: int, end: int) -> "Controls":
        """Codes ``start`` to ``end``."""
        return Controls(*(getattr(self, f.name)[start:end] for f in fields(self)))

    def held_after(self, code: int) -> "Controls":
        """From ``code`` on, what was last known: the value at ``code - 1``. This is the future mask."""
        held = {}
        for f in fields(self):
            curve = getattr(self, f.name).copy()
            curve[code:] = curve[max(0, code - 1)]
            held[f.name] = curve
        return replace(self, **held)


def smoothed(curve: Curve, codes: int) -> Curve:
    """Causal moving average over ``codes``; before the start the first value stands."""
    padded = np.concatenate([np.full(codes, curve[0], np.float64), curve])
    total = np.cumsum(padded)
    return np.asarray((total[codes:] - total[:-codes]) / codes, np.float32)


def stepped(curve: Curve, centre: float, width: float) -> Curve:
    """0 below, 1 above, a ramp of ``width`` about ``centre``."""
    return np.asarray(np.clip((curve - centre) / width + 0.5, 0.0, 1.0), np.float32)


def jump_gates(jump: Curve, phase: Curve) -> Curve:
    """For each code, how hard its beat's crash is struck: the highest jump in the beat before."""
    beats = np.floor(np.unwrap(phase.astype(np.float64), period=16.0)).astype(int)
    beats -= beats[0]
    highest = np.zeros(beats[-1] + 2)
    np.maximum.at(highest, beats + 1, jump)
    return stepped(highest[beats].astype(np.float32), 0.4, 0.3)


def row_gains(controls: Controls, phase: Curve, duck: Curve, pump: float = 0.35) -> Curve:
    """The gain of every stem row at every code.

    Args:
        controls: T codes.
        phase: ``Stems.phase`` of those codes.
        duck: ``Stems.duck`` of those codes.
        pump: depth of the side-chain, 0..1 (``Style.pump``).

    Returns:
        ``[14, T]`` in the order of ``STEMS``. Linear between codes.
    """
    energy = smoothed(controls.energy, SMOOTHING_CODES)
    still = stepped(smoothed(controls.stillness, STILLNESS_CODES), 0.75, 0.3)
    awake = 1.0 - still
    loud = 10 ** ((-6.5 + 7.0 * energy) / 20)
    entered = {
        layer: smoothed(stepped(controls.energy, at, ENTRANCE_WIDTH), SMOOTHING_CODES) * awake * loud
        for layer, at in ENTRANCE.items()
    }
    entered["pad"] = (0.75 + 0.25 * (1.0 - energy)) * (1.0 + 1.4 * still)
    ducked = 1.0 - pump * duck * entered["kick"]
    for layer in ("bass", "harmony", "lead", "pad"):
        entered[layer] = entered[layer] * (ducked if layer != "lead" else 0.5 + 0.5 * ducked)
    light = smoothed(controls.brightness, SMOOTHING_CODES) - 0.5
    warm = smoothed(controls.warmth, SMOOTHING_CODES) - 0.5
    reach = 0.05 + 0.6 * controls.arm_openness + 0.3 * controls.arm_height
    opened = np.clip(smoothed(reach, SMOOTHING_CODES) + 0.5 * light - 0.2 * warm, 0.0, 1.0)
    gains = {
        "kick": entered["kick"] * 10 ** (2.0 * warm / 20),
        "snare": entered["snare"] * 10 ** (2.0 * (opened - 0.5) / 20),
        "hats": entered["hats"] * 10 ** ((7.0 * light - 5.0 * warm + 8.0 * (opened - 0.5)) / 20),
        "percussion": entered["percussion"] * 10 ** ((5.0 * light - 3.0 * warm + 6.0 * (opened - 0.5)) / 20),
        "crash": smoothed(jump_gates(controls.jump, phase), 2) * awake,
        "sweep": smoothed(stepped(controls.turn, 0.45, 0.4), SMOOTHING_CODES) * awake,
    }
    for layer, colour_db in (("bass", 4.0), ("harmony", 2.0), ("lead", -2.0), ("pad", 5.0)):
        coloured = entered[layer] * 10 ** (colour_db * warm / 20)
        gains[f"{layer}_dark"] = coloured * (1.0 - opened)
        gains[f"{layer}_bright"] = coloured * opened * (1.0 + 0.5 * opened)
    return np.stack([gains[name] for name in STEMS]).astype(np.float32)


def apply_gains(rows: Samples, gains: Curve) -> Samples:
    """Sum of rows ``[R, N]`` times gains ``[R, T]``, N = 128 T; gains at code starts, linear between."""
    following = np.concatenate([gains[:, 1:], gains[:, -1:]], axis=1)
    blocks = rows.reshape(len(rows), -1, SAMPLES_PER_CODE)
    ramp = np.arange(SAMPLES_PER_CODE, dtype=np.float32) / SAMPLES_PER_CODE
    steady = np.einsum("rt,rts->ts", gains, blocks)
    moving = np.einsum("rt,rts->ts", following - gains, blocks)
    return np.asarray(steady + ramp * moving, np.float32).reshape(-1)


def limited(samples: Samples) -> Samples:
    """Soft limiting: untouched up to 0.6, then bent towards -1 dBFS, which it never passes."""
    over = np.abs(samples) - KNEE
    room = CEILING - KNEE
    bent = np.sign(samples) * (KNEE + room * np.tanh(np.maximum(over, 0.0) / room))
    return np.where(over > 0, bent, samples).astype(np.float32)


def mix(stems: Stems, controls: Controls, pump: float = 0.35) -> Samples:
    """The band as this dancer would have it: float32 ``[N]``, about -18 dBFS RMS at an energy of 0.6.

    Raises:
        ValueError: controls and stems differ in length.
    """
    if len(controls) != len(stems.phase):
        raise ValueError(
            f"Controls last {len(controls)} codes, the stems {len(stems.phase)}: they must agree."
        )
    return limited(apply_gains(stems.rows, row_gains(controls, stems.phase, stems.duck, pump)))
