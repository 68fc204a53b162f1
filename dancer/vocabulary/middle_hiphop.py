"""Middle hip-hop: the bounce itself; party steps on top of deep, relaxed knees."""

from dancer.moves import Genre, Manner, arms, core, legs, step

GENRE = Genre(
    name="middle_hiphop",
    manner=Manner(
        travel=0.7, sharp=2.6, recoil=0.03, bounce=0.095, pulse=1.4, late=0.1, rock=0.11, sway=0.03, nod=0.16
    ),
    stance={"up": -0.08, "lean": 0.08, "l_foot_out": 0.18, "r_foot_out": 0.18},
    moves=(
        legs(
            "two step",
            1,
            step(left=(0.36, 0, 0), right=(0.16, 0, 0, 0.1, 0.3), side=0.14, up=-0.07),
            step(left=(0.34, 0, 0), right=(-0.14, 0, -0.05, 0.1, 0.2), side=0.24, up=-0.05),
            weight=3,
        ),
        legs(
            "bart simpson",
            1,
            step(left=(0.30, 0, 0.10, 0.3), right=(0.10, 0, -0.02, 0.1), side=0.12, up=-0.10, hip_yaw=0.2),
            weight=1.5,
        ),
        legs(
            "running man",
            1,
            step(left=(0.12, 0.22, 0.26), right=(0.12, 0, -0.10), front=-0.04, up=-0.05, lift=(0.1, 0.02)),
            step(left=(0.12, 0, 0.20), right=(0.12, 0, -0.22, 0.1, 0.5), up=-0.10),
            weight=1.5,
        ),
        legs(
            "roger rabbit",
            1,
            step(left=(0.30, 0.12, 0.02), right=(0.10, 0, 0), side=-0.08, hop=0.03),
            step(left=(-0.10, 0, -0.20, 0.3, 0.3), right=(0.14, 0, 0.02), side=-0.04, up=-0.11),
        ),
        legs(
            "wide rock",
            1,
            step(left=(0.30, 0, 0, 0.2), right=(0.30, 0, 0, 0.2), side=0.12, up=-0.13),
            weight=1.5,
        ),
        legs(
            "jump down",
            1,
            step(left=(0.28, 0, 0), right=(0.28, 0, 0), up=-0.20, hop=0.10),
            step(left=(0.22, 0, 0), right=(0.22, 0, 0), up=-0.08),
            flip=False,
            needs=0.65,
            weight=0.7,
        ),
        arms("arm swing", 1, "swing_front swing_back", weight=2.5),
        arms("brush", 1, "chest half_side", "low_side guard", weight=1.5),
        arms("wipe", 1, "across half_side", "half_side half_side"),
        arms("hands up", 1, "point_up belt", "square belt", needs=0.4),
        arms("open chest", 1, "half_side half_side", "chest chest", flip=False, weight=1.5),
        core("groove", 1, dict(tilt=-0.14, twist=0.18), weight=2),
        core("bank", 1, dict(tilt=-0.20, lean=0.12), dict(tilt=-0.05, lean=-0.02)),
    ),
)
