"""Waack: arms whip around head and shoulders and stop in poses; hips answer, steps stay small."""

from dancer.moves import Genre, Manner, arms, core, legs, step

GENRE = Genre(
    name="waack",
    manner=Manner(
        travel=0.46, sharp=3.2, recoil=0.04, bounce=0.04, late=0.28, rock=0.04, sway=0.03, nod=0.06
    ),
    stance={"up": -0.03, "l_foot_out": 0.12, "r_foot_out": 0.12},
    moves=(
        legs(
            "hip step",
            1,
            step(
                left=(0.20, 0, 0.04, 0.2), right=(0.10, 0, 0, 0.1, 0.45), side=0.10, hip_roll=-0.18, up=-0.04
            ),
            weight=3,
        ),
        legs(
            "cross walk",
            1,
            step(
                left=(-0.06, 0, 0.22, 0.1),
                right=(0.12, 0, -0.04, 0.2, 0.5),
                side=-0.02,
                front=0.08,
                hip_roll=0.14,
                hip_yaw=-0.2,
            ),
            step(left=(0.14, 0, 0.04), right=(0.12, 0, 0), side=0.05, hip_roll=-0.12, up=-0.04),
            weight=1.5,
        ),
        legs(
            "pose and dip",
            1,
            step(left=(0.30, 0, 0.10, 0.4), right=(0.10, 0, 0), side=-0.10, hip_roll=0.16, up=-0.08),
            step(left=(0.30, 0, 0.10, 0.4), right=(0.10, 0, 0), side=-0.04, up=-0.16),
        ),
        legs(
            "spot turn",
            1,
            step(left=(0.12, 0, 0.10), spin=0.5, up=-0.03),
            step(spin=1.0, up=-0.05),
            step(left=(0.20, 0, 0), side=0.06, hip_roll=-0.15),
            step(side=-0.06, hip_roll=0.15),
            flip=False,
            needs=0.6,
            weight=0.6,
        ),
        arms(
            "overhead whips",
            0.5,
            "whip_in whip_out",
            "whip_over whip_in",
            "whip_out whip_over",
            "side side",
            weight=3,
        ),
        arms(
            "double whip",
            0.5,
            "whip_in whip_in",
            "whip_over whip_over",
            "whip_out whip_out",
            "low_side low_side",
            flip=False,
            weight=2,
        ),
        arms("pose", 1, "up hip", "behind_head side", weight=1.5),
        arms(
            "rolls",
            0.5,
            "roll_high roll_low",
            "roll_low roll_high",
            "roll_high roll_low",
            "vee low_side",
            weight=1,
        ),
        arms(
            "line", 1, "point_up low_side", "across shoulder", "side side", "brow hip", needs=0.3, weight=1.5
        ),
        core("line of the back", 1, dict(tilt=0.16, twist=0.20, look=-0.15), weight=2),
        core("glance", 1, dict(look=0.5, cock=-0.12, lean=-0.06), dict(look=0.1, lean=0.06)),
    ),
)
