"""The place where the dance happens: walls, floor, things and light, drawn once. Knows nothing of dancers.

Rooms are built in metres behind a dancer at the origin and painted through the camera, so that floor and
perspective fit the figure. Colours are BGR.
"""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dancer.camera import Camera
from dancer.light import Light

Floats = NDArray[np.float64]
Image = NDArray[np.uint8]
Colour = tuple[float, float, float]
Point = tuple[float, float, float]

WALL_Z, SIDE_X, FRONT_Z, CEILING_Y = -2.4, 4.2, 3.0, 3.1


@dataclass(frozen=True)
class Room:
    """A finished backdrop and the light that falls in it; ``shadow`` 0..1 is how dark a shadow gets."""

    name: str
    backdrop: Image
    light: Light
    shadow: float


ROOM_NAMES = ("studio", "loft", "street", "stage", "living room", "hall")


def room(seed: int, camera: Camera, scale: int, name: str | None = None) -> Room:
    """A room by seed, painted at ``scale`` times the camera's picture size."""
    rng = np.random.default_rng([seed, 0xB00])
    chosen = ROOM_NAMES[rng.integers(len(ROOM_NAMES))]
    brush = _Brush(camera, scale, rng)
    light, shadow = _PAINTERS[name or chosen](brush)
    return Room(name or chosen, brush.finished(), light, shadow)


class _Brush:
    """Paints polygons given in metres, then pools of light, then blurs a little: out of focus."""

    def __init__(self, camera: Camera, scale: int, rng: np.random.Generator) -> None:
        self.camera, self.scale, self.rng = camera, scale, rng
        self.angle = np.radians(camera.view.azimuth_deg)
        self.canvas = np.zeros((camera.height * scale, camera.width * scale, 3), np.uint8)
        self.glow = np.ones((camera.height, camera.width, 3), np.float32)

    def pixels(self, points: list[Point]) -> Floats:
        """Places in the doubled picture. The room turns with the camera: it always looks at the back wall."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        turned = np.array([(c * x + s * z, y, c * z - s * x) for x, y, z in points])
        return self.camera.project(turned)[0] * self.scale

    def shape(self, points: list[Point], colour: Colour) -> None:
        flat = np.clip(self.pixels(points), -20000, 20000)
        cv2.fillPoly(self.canvas, [np.round(flat * 16).astype(np.int32)], colour, cv2.LINE_AA, 4)

    def wall(self, x0: float, y0: float, x1: float, y1: float, colour: Colour, z: float = WALL_Z) -> None:
        """A rectangle on the back wall, or before it."""
        self.shape([(x0, y0, z), (x1, y0, z), (x1, y1, z), (x0, y1, z)], colour)

    def floor(self, x0: float, z0: float, x1: float, z1: float, colour: Colour) -> None:
        self.shape([(x0, 0, z0), (x1, 0, z0), (x1, 0, z1), (x0, 0, z1)], colour)

    def box(self, wall: Colour, floor: Colour, ceiling: Colour) -> None:
        """The empty room: back, sides, ceiling and floor."""
        self.canvas[:] = wall
        x, f = SIDE_X, FRONT_Z
        self.shape([(-x, 0, WALL_Z), (x, 0, WALL_Z), (3 * x, 0, f), (-3 * x, 0, f)], floor)
        self.floor(-x, WALL_Z, x, f, floor)
        for side in (-x, x):
            tone = _times(wall, 0.86)
            self.shape(
                [(side, 0, WALL_Z), (side, 0, f), (side, CEILING_Y, f), (side, CEILING_Y, WALL_Z)], tone
            )
        y = CEILING_Y
        self.shape([(-x, y, WALL_Z), (x, y, WALL_Z), (x, y, f), (-x, y, f)], ceiling)

    def planks(self, colour: Colour, width: float, variation: float) -> None:
        """Boards that run towards the camera, each a little different."""
        edges = np.arange(-SIDE_X, SIDE_X, width)
        for x in edges:
            z = WALL_Z - self.rng.uniform(0, 1.5)
            while z < FRONT_Z:
                end = z + self.rng.uniform(1.2, 2.2)
                tone = 1 + variation * self.rng.standard_normal()
                self.floor(x, max(z, WALL_Z), x + width, min(end, FRONT_Z), _times(colour, tone))
                z = end
            self.floor(x, WALL_Z, x + 0.008, FRONT_Z, _times(colour, 0.72))

    def tiles(self, size: float, colour: Colour, other: Colour) -> None:
        for i, x in enumerate(np.arange(-SIDE_X, SIDE_X, size)):
            for j, z in enumerate(np.arange(WALL_Z, FRONT_Z, size)):
                self.floor(x, z, x + size, z + size, colour if (i + j) % 2 else other)

    def pool(self, x: float, y: float, z: float, radius_m: float, colour: Colour, strength: float) -> None:
        """Light (or, with negative strength, shade) around a place in the room."""
        px, py = self.pixels([(x, y, z)])[0] / self.scale
        edge = self.pixels([(x + radius_m, y, z)])[0] / self.scale
        radius = max(abs(edge[0] - px), 1.0)
        h, w = self.glow.shape[:2]
        yy, xx = np.mgrid[0:h, 0:w].astype(np.float32)
        squash = 2.6 if y < 0.05 else 1.0
        fall = np.exp(-((xx - px) ** 2 + (squash * (yy - py)) ** 2) / radius**2)
        self.glow += strength * fall[..., None] * np.array(colour, np.float32)

    def finished(self) -> Image:
        light = cv2.resize(self.glow, None, fx=self.scale, fy=self.scale, interpolation=cv2.INTER_LINEAR)
        lit = cv2.GaussianBlur(self.canvas, (0, 0), 1.1 * self.scale).astype(np.float32) * light
        rough = (
            self.rng.standard_normal((lit.shape[0] // 2 + 1, lit.shape[1] // 2 + 1, 1)).astype(np.float32)
            * 2.2
        )
        lit += cv2.resize(rough, (lit.shape[1], lit.shape[0]))[..., None]
        return np.asarray(np.clip(lit, 0, 255), np.uint8)


def _times(colour: Colour, factor: float) -> Colour:
    b, g, r = (float(np.clip(c * factor, 0, 255)) for c in colour)
    return b, g, r


def _studio(b: _Brush) -> tuple[Light, float]:
    """Dance studio: boards, a wall of mirror, a barre."""
    b.box((196, 204, 208), (120, 158, 192), (224, 228, 230))
    b.planks((118, 156, 190), 0.14, 0.045)
    b.wall(-3.4, 0.12, 3.4, 2.25, (186, 188, 180))
    for k in range(5):
        left = -3.4 + 1.36 * k
        b.wall(
            left + 0.01,
            0.13,
            left + 1.35,
            2.24,
            _times((200, 202, 194), 1 + 0.03 * float(b.rng.standard_normal())),
        )
        slant = [(left + x, y, WALL_Z) for x, y in ((0.1, 0.2), (0.5, 0.2), (0.95, 2.2), (0.55, 2.2))]
        b.shape(slant, (214, 216, 210))
    for y in (0.80, 1.05):
        b.wall(-4.2, y, 4.2, y + 0.045, (92, 132, 170), WALL_Z + 0.12)
    for x in (-3.2, -1.4, 1.4, 3.2):
        b.wall(x, 0, x + 0.05, 1.08, (110, 112, 112), WALL_Z + 0.12)
    b.wall(-4.2, 0, 4.2, 0.11, (232, 236, 238))
    b.pool(0, 0, 0.2, 2.4, (0.9, 0.95, 1), 0.16)
    b.pool(-3.5, 2.2, WALL_Z, 3.0, (1, 1, 1), 0.10)
    b.pool(3.8, 0.2, WALL_Z, 2.4, (1, 1, 1), -0.22)
    return Light((0.45, 0.6, 0.8)), 0.42


def _loft(b: _Brush) -> tuple[Light, float]:
    """Loft: tall factory windows in daylight, concrete floor."""
    b.box((150, 160, 170), (128, 132, 134), (120, 124, 128))
    _bricks(b, (104, 118, 160), 0.09)
    b.tiles(1.4, (132, 136, 138), (126, 130, 132))
    for x in (-3.3, -1.15, 1.0, 3.15):
        b.wall(x - 0.06, 0.54, x + 1.36, 2.86, (70, 72, 76))
        for i in range(4):
            for j in range(5):
                sky = _times((246, 238, 222), 0.92 + 0.06 * j / 5 + 0.03 * float(b.rng.standard_normal()))
                b.wall(x + 0.33 * i, 0.60 + 0.45 * j, x + 0.33 * i + 0.30, 0.60 + 0.45 * j + 0.41, sky)
    b.wall(-4.2, 0, 4.2, 0.14, (84, 86, 90))
    b.pool(-0.6, 0, -1.0, 2.4, (1.0, 0.96, 0.9), 0.32)
    b.pool(3.8, 0.4, WALL_Z, 2.0, (1, 1, 1), -0.25)
    return Light((-0.6, 0.55, 0.65), (0.62, 0.60, 0.57), (0.42, 0.40, 0.38), rim=(0.34, 0.32, 0.28)), 0.45


def _bricks(b: _Brush, colour: Colour, height: float) -> None:
    for row, y in enumerate(np.arange(0, CEILING_Y, height)):
        for x in np.arange(-SIDE_X, SIDE_X, 0.22):
            left = x + 0.11 * (row % 2)
            tone = _times(colour, 1 + 0.06 * float(b.rng.standard_normal()))
            b.wall(left + 0.007, y + 0.006, left + 0.213, y + height - 0.006, tone)


def _street(b: _Brush) -> tuple[Light, float]:
    """Street at evening: brick, a shutter with paint on it, a pavement."""
    b.box((110, 118, 126), (118, 120, 122), (150, 130, 110))
    _bricks(b, (92, 104, 148), 0.08)
    b.wall(-2.9, 0, -0.7, 2.3, (118, 122, 124))
    for y in np.arange(0.05, 2.25, 0.11):
        b.wall(-2.85, y, -0.75, y + 0.09, (140, 144, 146))
    for colour in ((180, 90, 60), (60, 170, 220), (150, 80, 170), (90, 160, 90)):
        x, y = b.rng.uniform(-2.6, -1.2), b.rng.uniform(0.5, 1.7)
        turn = np.linspace(0, 2 * np.pi, 14, endpoint=False)
        radius = 0.34 * (1 + 0.35 * b.rng.standard_normal(14).clip(-1, 1))
        b.shape(
            [
                (x + 1.3 * r * np.cos(t), y + 0.8 * r * np.sin(t), WALL_Z)
                for r, t in zip(radius, turn, strict=True)
            ],
            colour,
        )
    b.wall(1.5, 0, 2.5, 2.1, (58, 70, 54))
    b.wall(1.6, 0.1, 2.4, 1.2, (70, 84, 66))
    b.wall(1.6, 1.3, 2.4, 2.0, (120, 160, 176))
    b.tiles(0.9, (124, 126, 128), (116, 118, 120))
    b.pool(1.0, 2.4, WALL_Z, 2.6, (0.5, 0.8, 1.0), 0.34)
    b.pool(0.3, 0, 0.2, 2.2, (0.6, 0.85, 1.0), 0.26)
    b.pool(-4.0, 1.5, WALL_Z, 2.2, (1, 1, 1), -0.3)
    return Light(
        (0.5, 0.55, 0.75), (0.52, 0.60, 0.68), (0.38, 0.36, 0.34), (0.24, 0.26, 0.28), (0.28, 0.22, 0.16)
    ), 0.45


def _stage(b: _Brush) -> tuple[Light, float]:
    """Stage: dark curtain, coloured lamps, a glossy floor."""
    b.box((62, 48, 44), (74, 66, 64), (30, 26, 26))
    for x in np.arange(-SIDE_X, SIDE_X, 0.22):
        fold = 0.75 + 0.5 * float(b.rng.random())
        b.wall(x, 0, x + 0.12, CEILING_Y, _times((84, 58, 56), fold))
        b.wall(x + 0.12, 0, x + 0.22, CEILING_Y, _times((66, 46, 46), fold))
    b.planks((84, 76, 74), 0.5, 0.03)
    first, second = (
        ((1.5, 0.5, 0.7), (0.5, 0.8, 1.6)) if b.rng.random() < 0.5 else ((1.5, 1.1, 0.3), (0.9, 0.4, 1.5))
    )
    for x, colour in ((-2.6, first), (2.6, second), (0.0, (0.9, 0.9, 0.9))):
        b.pool(x, 1.9, WALL_Z, 1.7, colour, 0.75)
        b.pool(x * 0.5, 0, -0.3, 1.3, colour, 0.55)
    b.pool(0, 0, 0.3, 1.2, (1, 1, 1), 0.5)
    return Light(
        (0.3, 0.65, 0.8), (0.66, 0.66, 0.70), (0.34, 0.31, 0.32), (0.22, 0.20, 0.22), (0.55, 0.38, 0.42)
    ), 0.55


def _living_room(b: _Brush) -> tuple[Light, float]:
    """At home: coloured wall, window, sofa, plant, a lamp."""
    paint = ((150, 176, 168), (176, 164, 140), (150, 168, 196), (190, 184, 178))[b.rng.integers(4)]
    b.box(paint, (104, 140, 176), (232, 234, 236))
    b.planks((100, 136, 172), 0.18, 0.06)
    b.wall(-4.2, 0, 4.2, 0.11, (236, 238, 238))
    b.wall(-2.75, 0.95, -1.25, 2.45, (240, 242, 242))
    for x in (-2.68, -1.97):
        b.wall(x, 1.02, x + 0.66, 2.38, (250, 238, 214))
    b.wall(-2.95, 0.7, -2.6, 2.6, _times((170, 180, 200), 1.0))
    b.wall(-1.4, 0.7, -1.05, 2.6, _times((170, 180, 200), 1.0))
    sofa = ((120, 92, 70), (84, 108, 150), (110, 120, 84))[b.rng.integers(3)]
    b.wall(1.15, 0.12, 3.2, 0.85, _times(sofa, 0.85), WALL_Z + 0.2)
    b.wall(1.05, 0.12, 3.3, 0.48, sofa, WALL_Z + 0.7)
    for x in (1.25, 2.2):
        b.wall(x, 0.42, x + 0.88, 0.82, _times(sofa, 1.12), WALL_Z + 0.35)
    b.wall(1.5, 1.35, 2.7, 2.15, (70, 84, 96))
    b.wall(1.55, 1.40, 2.65, 2.10, (180, 150, 110))
    b.wall(1.55, 1.40, 2.65, 1.72, (110, 140, 90))
    for _ in range(14):
        lean, height = b.rng.uniform(-0.35, 0.35), b.rng.uniform(0.7, 1.35)
        leaf = [(x, y, WALL_Z + 0.2) for x, y in ((-0.62, 0.35), (-0.55, 0.35), (-0.58 + lean, height))]
        b.shape(leaf, _times((78, 128, 70), float(b.rng.uniform(0.7, 1.2))))
    b.wall(-0.75, 0, -0.42, 0.38, (120, 130, 160), WALL_Z + 0.2)
    b.floor(-1.3, -0.9, 1.3, 1.0, (120, 116, 150))
    b.floor(-1.2, -0.8, 1.2, 0.9, (150, 148, 178))
    b.pool(-2.0, 1.7, WALL_Z, 2.2, (1.0, 0.96, 0.88), 0.22)
    b.pool(3.4, 1.8, WALL_Z, 1.8, (0.6, 0.85, 1.0), 0.18)
    b.pool(0, 0, 2.4, 2.0, (1, 1, 1), -0.15)
    return Light((-0.6, 0.55, 0.7), (0.56, 0.55, 0.54), (0.40, 0.40, 0.40), (0.28, 0.30, 0.34)), 0.36


def _hall(b: _Brush) -> tuple[Light, float]:
    """Old hall: panelled wall, columns, herringbone-coloured floor, warm chandeliers."""
    b.box((176, 190, 200), (96, 126, 160), (214, 222, 228))
    b.tiles(0.5, (98, 130, 166), (86, 116, 152))
    for x in np.arange(-4.0, 4.0, 1.25):
        b.wall(x + 0.15, 0.35, x + 1.10, 2.5, (160, 176, 190))
        b.wall(x + 0.20, 0.40, x + 1.05, 2.45, (184, 198, 208))
    b.wall(-4.2, 0, 4.2, 0.18, (150, 166, 180))
    b.wall(-4.2, 2.62, 4.2, 2.74, (206, 216, 222))
    for x in (-2.85, 2.6):
        b.wall(x, 0, x + 0.30, CEILING_Y, (206, 214, 220), WALL_Z + 0.3)
        b.wall(x + 0.20, 0, x + 0.30, CEILING_Y, (176, 186, 196), WALL_Z + 0.3)
    b.pool(-1.6, 2.3, WALL_Z, 1.6, (0.6, 0.85, 1.0), 0.26)
    b.pool(1.6, 2.3, WALL_Z, 1.6, (0.6, 0.85, 1.0), 0.26)
    b.pool(0, 0, 0.2, 2.2, (0.8, 0.9, 1.0), 0.14)
    return Light((0.15, 0.65, 0.8), (0.50, 0.56, 0.62), (0.36, 0.38, 0.40), (0.24, 0.28, 0.32)), 0.38


_PAINTERS: dict[str, Callable[[_Brush], tuple[Light, float]]] = {
    "studio": _studio, "loft": _loft, "street": _street, "stage": _stage,
    "living room": _living_room, "hall": _hall,
}  # fmt: skip
