"""Break: toprock steps that cross and open on the beat, drops to the floor, footwork around one hand."""

from dancer.moves import Genre, Manner, arms, core, legs, step

GENRE = Genre(
    name="break",
    manner=Manner(travel=0.55, sharp=3.2, recoil=0.03, bounce=0.06, late=0.3, rock=0.07, sway=0.02, nod=0.06),
    stance={"up": -0.06, "lean": 0.12, "l_foot_out": 0.16, "r_foot_out": 0.16},
    moves=(
        legs(
            "indian step",
            1,
            step(
                left=(-0.14, 0, 0.24, 0.1),
                right=(0.16, 0, -0.06, 0.2, 0.3),
                side=-0.06,
                front=0.06,
                hip_yaw=-0.35,
                up=-0.05,
            ),
            step(left=(0.26, 0, -0.02, 0.3), right=(0.18, 0, 0, 0.2), side=0.04, up=-0.08),
            weight=3,
        ),
        legs(
            "kick step",
            1,
            step(
                left=(0.08, 0.34, 0.52),
                right=(0.10, 0, 0),
                side=-0.08,
                front=-0.05,
                up=-0.05,
                lift=(0.12, 0.03),
            ),
            step(
                left=(-0.10, 0, 0.18, 0.2), right=(0.20, 0, -0.08, 0.2, 0.4), side=-0.02, up=-0.10, hop=0.03
            ),
            weight=2,
        ),
        legs(
            "salsa step",
            1,
            step(
                left=(0.16, 0, 0.34, 0.1),
                right=(0.16, 0, -0.06, 0.2, 0.4),
                front=0.14,
                hip_yaw=-0.2,
                up=-0.10,
            ),
            step(left=(0.16, 0, 0), right=(0.16, 0, 0), up=-0.03),
        ),
        legs(
            "pony hop",
            1,
            step(left=(0.20, 0, 0), right=(0.10, 0.24, -0.16), side=0.10, hop=0.07, up=-0.06),
            needs=0.5,
        ),
        legs(
            "footwork",
            1,
            step(
                left=(0.62, 0.06, 0.34, 0.4),
                right=(0.20, 0, -0.10, 0.2, 0.5),
                up=-0.42,
                front=-0.08,
                side=-0.06,
                lift=(0.08, 0.04),
            ),
            step(
                left=(0.06, 0, 0.34, 0, 0.4),
                right=(0.22, 0, -0.10, 0.2, 0.5),
                up=-0.44,
                front=-0.08,
                side=-0.04,
                lift=(0.10, 0.04),
            ),
            needs=0.55,
            weight=1.2,
        ),
        legs(
            "drop and rise",
            1,
            step(left=(0.30, 0, 0.05, 0.5), right=(0.30, 0, 0.05, 0.5), up=-0.40, front=-0.08),
            step(left=(0.52, 0, 0.10, 0.4), right=(0.14, 0, 0, 0.3), up=-0.34, side=-0.10),
            step(left=(0.16, 0, 0), right=(0.16, 0, 0), up=-0.02, hop=0.06),
            step(left=(0.24, 0, 0), right=(0.24, 0, 0), up=-0.12),
            needs=0.5,
            weight=0.8,
        ),
        arms("open and cross", 1, "across across", "side half_side", weight=3),
        arms("rocker fists", 1, "guard swing_back", "half_side half_side", weight=1.5),
        arms("uprock", 1, "hammer_up guard", "clap_low jab", needs=0.4),
        arms("ready hands", 1, "chest half_side", "point_low belt"),
        core(
            "rock over", 1, dict(twist=-0.45, lean=0.10, look=0.3), dict(twist=0.15, lean=-0.06, tilt=-0.10)
        ),
        core("drive", 1, dict(lean=0.22, nod=0.1), dict(lean=0.02, nod=-0.05), flip=False),
    ),
)
