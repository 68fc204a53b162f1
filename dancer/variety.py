"""Bodies and cameras as one meets them, by random generator: what keeps training data from being one dancer.

Mirroring, half and double time, looseness and looks are plain values of DancerConfig.
"""

import numpy as np

from dancer.camera import Viewpoint
from dancer.skeleton import Body


def any_body(rng: np.random.Generator) -> Body:
    """A grown-up from about 1.55 to 1.90 m with limbs up to a tenth longer or shorter than usual."""
    return Body(
        height=float(np.clip(rng.normal(1.0, 0.05), 0.9, 1.1)),
        legs=float(rng.uniform(0.94, 1.07)),
        arms=float(rng.uniform(0.93, 1.08)),
        torso=float(rng.uniform(0.94, 1.06)),
        shoulders=float(rng.uniform(0.88, 1.14)),
        hips=float(rng.uniform(0.88, 1.14)),
        girth=float(rng.uniform(0.88, 1.18)),
    )


def any_view(rng: np.random.Generator) -> Viewpoint:
    """A laptop on a table, a phone in a hand, a camera at the back of the hall; the whole dancer in view."""
    distance = float(rng.uniform(2.9, 5.0))
    return Viewpoint(
        distance_m=distance,
        height_m=float(rng.uniform(0.6, 1.9)),
        azimuth_deg=float(np.clip(rng.normal(0, 20), -60, 60)),
        roll_deg=float(rng.normal(0, 1.5)),
        fov_deg=float(rng.uniform(44, 60)),
        aim_m=float(rng.uniform(0.9, 1.1)),
        shake=float(rng.choice([0.0, 0.0, 0.3, 1.0])),
    )
