"""Light on a surface: one soft key light, the sky's and floor's ambience, a rim from behind."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Light:
    """Colours are BGR factors on the surface's own; ``key_from`` points towards the lamp; ``fill``
    is what comes from the camera's own direction."""

    key_from: tuple[float, float, float] = (0.4, 0.6, 0.8)
    key: tuple[float, float, float] = (0.58, 0.60, 0.62)
    sky: tuple[float, float, float] = (0.40, 0.39, 0.38)
    floor: tuple[float, float, float] = (0.24, 0.26, 0.28)
    rim: tuple[float, float, float] = (0.16, 0.15, 0.14)
    fill: float = 0.14

    def turned(self, angle: float) -> "Light":
        """The same light for a camera that has walked ``angle`` radians around the dancer."""
        x, y, z = self.key_from
        c, s = float(np.cos(angle)), float(np.sin(angle))
        return Light((c * x + s * z, y, c * z - s * x), self.key, self.sky, self.floor, self.rim, self.fill)

    def shade(self, colours: Floats, normals: Floats, to_eye: Floats) -> Floats:
        """Lit colours ``[F, 3]`` of faces with unit normals and unit directions to the eye ``[F, 3]``."""
        lamp = np.array(self.key_from) / np.linalg.norm(self.key_from)
        facing = np.clip(normals @ lamp * 0.8 + 0.2, 0, 1)[:, None]
        above = (0.5 + 0.5 * normals[:, 1])[:, None]
        edge = (1 - np.clip(np.sum(normals * to_eye, axis=1), 0, 1))[:, None]
        light = facing * np.array(self.key) + above * np.array(self.sky) + (1 - above) * np.array(self.floor)
        light = light + self.fill * (1 - edge)
        light = light * (1 - 0.30 * edge**2)  # cloth and skin turn darker towards their outline ...
        light = light + edge**4 * np.array(self.rim) * above  # ... where a lamp behind may catch them
        return np.asarray(np.clip(colours * light, 0, 255))
