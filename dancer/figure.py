"""The dancer's body and clothes as one mesh on the bones of dancer/rig.py. Knows nothing of poses.

Outlines are lofted tubes: trunk, arms, legs, hands, shoes. Lengths are metres on a figure of 1.72 m and
scale with the body's proportions.
"""

import numpy as np
from numpy.typing import NDArray

from dancer.head import add_head, sphere
from dancer.mesh import Chain, Mesh, MeshBuilder
from dancer.rig import BONE
from dancer.skeleton import Body
from dancer.wardrobe import Look

Floats = NDArray[np.float64]

Profile = tuple[tuple[float, ...], ...]

_TRUNK: Profile = (
    # height from the pelvis, half width, half depth, forward shift
    (-0.120, 0.060, 0.060, 0.000), (-0.095, 0.128, 0.098, -0.004), (-0.060, 0.184, 0.126, -0.006),
    (0.000, 0.176, 0.120, -0.006), (0.070, 0.150, 0.102, 0.002), (0.130, 0.136, 0.094, 0.006),
    (0.190, 0.138, 0.097, 0.006), (0.260, 0.152, 0.106, 0.006), (0.320, 0.166, 0.110, 0.004),
    (0.375, 0.172, 0.102, -0.002), (0.410, 0.166, 0.088, -0.008), (0.438, 0.138, 0.074, -0.010),
    (0.460, 0.098, 0.063, -0.008), (0.478, 0.064, 0.055, -0.004),
)  # fmt: skip
_ARM: Profile = (
    # share of the way shoulder (0) to elbow (1) to wrist (2), radius
    (-0.15, 0.020), (-0.11, 0.038), (-0.04, 0.050), (0.06, 0.055), (0.20, 0.053), (0.40, 0.047),
    (0.55, 0.045), (0.75, 0.042), (0.95, 0.038), (1.05, 0.038), (1.25, 0.040), (1.50, 0.036),
    (1.75, 0.030), (1.95, 0.025), (2.04, 0.024),
)  # fmt: skip
_LEG: Profile = (
    # share of the way hip (0) to knee (1) to ankle (2), radius, forward shift
    (-0.10, 0.050, -0.004), (-0.02, 0.070, -0.004), (0.15, 0.080, 0.000), (0.40, 0.077, 0.004),
    (0.65, 0.066, 0.004), (0.85, 0.057, 0.004), (0.97, 0.055, 0.006), (1.06, 0.053, 0.004),
    (1.22, 0.055, -0.008), (1.40, 0.055, -0.012),
    (1.60, 0.046, -0.008), (1.80, 0.037, -0.002), (1.95, 0.033, 0.0), (2.05, 0.033, 0.0),
)  # fmt: skip
_SHOE: Profile = (
    # share of the way ankle (0) to tip (1), half width, top and bottom of the shoe across the foot
    (-0.36, 0.018, 0.014, -0.040), (-0.32, 0.030, 0.035, -0.056), (-0.15, 0.037, 0.048, -0.060),
    (0.08, 0.039, 0.050, -0.056), (0.32, 0.041, 0.036, -0.048), (0.58, 0.046, 0.024, -0.042),
    (0.82, 0.046, 0.020, -0.036), (0.97, 0.036, 0.014, -0.030), (1.03, 0.018, 0.004, -0.024),
)  # fmt: skip
_SLEEVE_END = {"tee": 0.60, "hoodie": 1.93, "tank": -1.0, "long sleeves": 1.90}
_FULLER = {"jeans": 0.004, "baggy": 0.022, "leggings": -0.002, "shorts": 0.014}


def figure(look: Look, body: Body) -> Mesh:
    """The dressed figure for a body."""
    builder = MeshBuilder()
    maker = _Tailor(builder, look, body)
    maker.trunk()
    maker.neck()
    for side in ("left", "right"):
        maker.leg(side)
        maker.shoe(side)
        maker.shoulder(side)
        maker.arm(side)
        maker.hand(side)
    add_head(builder, look, body.height)
    return builder.build()


class _Tailor:
    """Makes one part of the figure a method."""

    def __init__(self, builder: MeshBuilder, look: Look, body: Body) -> None:
        self.builder, self.look, self.body = builder, look, body
        self.rng = np.random.default_rng([look.grain_seed, 0xF1])
        self.skin, self.top, self.bottom = (
            np.array(c, np.float64) for c in (look.skin, look.top, look.bottom)
        )

    def cloth(self, colour: Floats, rings: int, sides: int, folds: float = 0.05) -> Floats:
        """A colour with folds: darker and lighter streaks that run across neighbouring rings."""
        waves = self.rng.uniform([1, -2, 0], [4, 3, 2 * np.pi], (3, 3))
        up, around = (
            np.linspace(0, 2 * np.pi, rings)[:, None],
            np.linspace(0, 2 * np.pi, sides, endpoint=False),
        )
        streaks = sum(np.sin(k * up + round(m) * around + phase) for k, m, phase in waves)
        return np.asarray(colour * (1 + folds * 0.6 * np.asarray(streaks)[..., None]))

    def trunk(self) -> None:
        body, scale = self.body, self.body.height
        sides = 28
        table = _resampled(np.array(_TRUNK), 30)
        along = table[:, 0] * scale * body.torso
        wide = scale * body.girth * np.interp(table[:, 0], [-0.1, 0.05, 0.35], [body.hips, 1, body.shoulders])
        shirt = table[:, 0] > -0.078
        loose = {"tee": 0.008, "hoodie": 0.016, "tank": 0.002, "long sleeves": 0.005}[self.look.top_style]
        radii = table[:, 1:3] * wide[:, None] + loose * shirt[:, None] * (table[:, :1] < 0.40)
        outline = _ellipses(radii, sides, squareness=2.25)
        outline[..., 1] += table[:, 3:] * scale
        colours = self.cloth(self.top, len(table), sides)
        colours[~shirt] = self.bottom * 0.85
        self._neckline(colours, table[:, 0], sides)
        chain = Chain(
            (BONE["pelvis"], BONE["spine"], BONE["chest"]),
            (0.0, 0.10 * scale * body.torso, 0.23 * scale * body.torso), softness_m=0.065 * scale,
        )  # fmt: skip
        self.builder.tube(chain, along, outline, colours)
        if self.look.print_on_chest:
            self._print(scale)

    def _neckline(self, colours: Floats, height: Floats, sides: int) -> None:
        front = np.cos(np.linspace(0, 2 * np.pi, sides, endpoint=False))
        low = {"tee": 0.435, "hoodie": 0.452, "tank": 0.385, "long sleeves": 0.430}[self.look.top_style]
        bare = height[:, None] > low + 0.020 * (1 - np.clip(front, 0, 1))[None]
        colours[bare] = self.skin * 0.96

    def _print(self, scale: float) -> None:
        """A mark on the shirt, a little above its cloth."""
        turn = np.linspace(0, 2 * np.pi, 8, endpoint=False) + np.pi / 8
        x = 0.062 * np.cos(turn)
        ring = np.stack([x, 0.058 + 0.050 * np.sin(turn), 0.136 - 1.6 * x**2], -1)
        self.builder.patch(BONE["chest"], ring * scale, np.array(self.look.trim))
        ring = np.stack([0.55 * x, 0.058 + 0.026 * np.sin(turn), 0.138 - 1.6 * (0.55 * x) ** 2], -1)
        self.builder.patch(BONE["chest"], ring * scale, self.top * 0.9 + 12)

    def neck(self) -> None:
        scale = self.body.height
        along = np.array([-0.045, -0.01, 0.03, 0.07, 0.11]) * scale
        radii = (
            np.array([[0.070, 0.058], [0.058, 0.054], [0.054, 0.053], [0.053, 0.053], [0.050, 0.050]]) * scale
        )
        outline = _ellipses(radii * self.body.girth, 14)
        outline[..., 1] += np.array([-0.004, -0.006, -0.004, 0.0, 0.004])[:, None] * scale
        colours = np.broadcast_to(self.skin * 0.88, (*outline.shape[:2], 3))
        self.builder.tube(Chain((BONE["neck"],), (0.0,)), along, outline, colours)
        if self.look.top_style == "hoodie":
            hood = sphere(7, 12) * np.array([0.105, 0.050, 0.060]) + np.array([0, 0.215, -0.075])
            self.builder.blob(BONE["chest"], hood * scale, self.cloth(self.top * 0.93, 7, 12))

    def arm(self, side: str) -> None:
        body = self.body
        table = _resampled(np.array(_ARM), 24)
        end = _SLEEVE_END[self.look.top_style]
        upper, lower = body.upper_arm_m, body.forearm_m
        along = np.where(table[:, 0] < 1, table[:, 0] * upper, upper + (table[:, 0] - 1) * lower)
        sleeved = table[:, 0] < end
        loose = {"tee": 0.010, "hoodie": 0.016, "tank": 0.0, "long sleeves": 0.005}[self.look.top_style]
        flare = loose * np.clip(0.3 + table[:, 0], 0, 1) * sleeved
        radius = table[:, 1] * body.height * body.girth + flare
        outline = _ellipses(np.stack([radius * 1.04, radius], -1), 14)
        colours = np.where(sleeved[:, None, None], self.cloth(self.top, len(table), 14), self.skin)
        if self.look.top_style == "hoodie":
            colours[(table[:, 0] > end - 0.14) & sleeved] = self.top * 0.8
        chain = Chain((BONE[f"{side}_upper_arm"], BONE[f"{side}_forearm"]), (0.0, upper), 0.045 * body.height)
        self.builder.tube(chain, along, outline, colours)

    def shoulder(self, side: str) -> None:
        """Fills the gap that a raised arm leaves between itself and the trunk."""
        scale = self.body.height
        sign = 1.0 if side == "left" else -1.0
        girth = np.array([0.062, 0.056, 0.056]) * self.body.girth
        middle = np.array([sign * self.body.shoulder_m * 0.76 / scale, 0.163 * self.body.torso, -0.008])
        ball = sphere(8, 12) * girth + middle
        colour = self.skin if self.look.top_style == "tank" else self.top
        self.builder.blob(BONE["chest"], ball * scale, np.broadcast_to(colour, ball.shape))

    def hand(self, side: str) -> None:
        """Palm, four fingers a little spread, and a thumb on the side of the body's middle."""
        size = self.body.height * self.body.arms
        inward = -1.0 if side == "left" else 1.0
        bone = Chain((BONE[f"{side}_hand"],), (0.0,))
        along = np.array([-0.015, 0.010, 0.040, 0.070, 0.088, 0.094]) * size
        radii = np.array(
            [[0.022, 0.019], [0.027, 0.019], [0.036, 0.018], [0.040, 0.016], [0.038, 0.013], [0.030, 0.008]]
        )
        self._skin_tube(bone, along, radii * size, np.zeros(2), 10)
        for k in range(4):
            across = (k - 1.5) * 0.0195
            length = (0.072, 0.082, 0.078, 0.060)[k] if inward < 0 else (0.060, 0.078, 0.082, 0.072)[k]
            finger = np.array([0.080, 0.080 + length * 0.5, 0.080 + length * 0.95, 0.080 + length]) * size
            radii = np.array([[0.0098, 0.0095], [0.0092, 0.009], [0.0078, 0.0075], [0.004, 0.004]]) * size
            self._skin_tube(
                bone, finger, radii, np.array([across, 0.0]) * size, 6, spread=across * 0.5 * size
            )
        thumb = np.array([0.015, 0.045, 0.072, 0.080]) * size
        radii = np.array([[0.013, 0.012], [0.0125, 0.012], [0.0095, 0.009], [0.004, 0.004]]) * size
        self._skin_tube(
            bone, thumb, radii, np.array([inward * 0.034, 0.006]) * size, 7, spread=inward * 0.020 * size
        )

    def _skin_tube(
        self, chain: Chain, along: Floats, radii: Floats, offset: Floats, sides: int, spread: float = 0.0
    ) -> None:
        outline = _ellipses(radii, sides) + offset
        outline[..., 0] += spread * np.linspace(0, 1, len(along))[:, None]
        tone = self.skin * np.linspace(0.97, 1.02, len(along))[:, None, None]
        self.builder.tube(chain, along, outline, np.broadcast_to(tone, (len(along), sides, 3)))

    def leg(self, side: str) -> None:
        body = self.body
        table = _resampled(np.array(_LEG), 28)
        upper, lower = body.thigh_m, body.shin_m
        along = np.where(table[:, 0] < 1, table[:, 0] * upper, upper + (table[:, 0] - 1) * lower)
        style = self.look.bottom_style
        covered = table[:, 0] < (0.78 if style == "shorts" else 1.93)
        fuller = _FULLER[style] * np.clip(0.2 + table[:, 0], 0, 1) * covered
        if style == "baggy":
            fuller = fuller * np.where(table[:, 0] > 1.75, 0.4 + 0.6 * (1.93 - table[:, 0]) / 0.18, 1)
        radius = table[:, 1] * body.height * body.girth + fuller
        outline = _ellipses(np.stack([radius, radius * 1.04], -1), 18)
        outline[..., 1] += table[:, 2:] * body.height
        folds = {"jeans": 0.05, "baggy": 0.09, "leggings": 0.015, "shorts": 0.06}[style]
        colours = np.where(covered[:, None, None], self.cloth(self.bottom, len(table), 18, folds), self.skin)
        if style == "shorts":
            colours[table[:, 0] > 1.78] = np.array([225.0, 225, 225])  # socks
        colours = colours * (1 - 0.10 * np.exp(-((table[:, 0] / 0.25) ** 2)))[:, None, None]
        chain = Chain((BONE[f"{side}_thigh"], BONE[f"{side}_shin"]), (0.0, upper), 0.065 * body.height)
        self.builder.tube(chain, along, outline, colours)

    def shoe(self, side: str) -> None:
        scale, sides = self.body.height, 12
        table = _resampled(np.array(_SHOE), 12)
        half = (table[:, 2] - table[:, 3]) / 2
        outline = _ellipses(np.stack([table[:, 1], half], -1) * scale, sides, squareness=2.8)
        outline[..., 1] += (table[:, 2:3] + table[:, 3:4]) / 2 * scale
        colours = np.broadcast_to(np.array(self.look.shoe), (*outline.shape[:2], 3)).copy()
        low = outline[..., 1] < (table[:, 3:4] + 0.022) * scale
        colours[low] = (
            np.array([236.0, 236, 236]) if np.mean(self.look.shoe) < 200 else np.array([150.0, 150, 150])
        )
        chain = Chain((BONE[f"{side}_foot"],), (0.0,))
        self.builder.tube(chain, table[:, 0] * 0.185 * scale, outline, colours)


def _ellipses(radii: Floats, sides: int, squareness: float = 2.0) -> Floats:
    """Rings ``[R, N, 2]`` of half width and depth ``[R, 2]``; squareness 2 is an ellipse, more is boxier."""
    turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    power = 2 / squareness
    x = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** power
    z = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** power
    return np.stack([radii[:, :1] * x, radii[:, 1:] * z], -1)


def _resampled(table: Floats, rows: int) -> Floats:
    """A profile with ``rows`` rows, spaced evenly in its own row number, keeping its ends."""
    at = np.linspace(0, len(table) - 1, rows)
    return np.stack([np.interp(at, np.arange(len(table)), column) for column in table.T], -1)
