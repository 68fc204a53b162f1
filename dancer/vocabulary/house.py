"""House: the jack, a wave through the spine on every beat, over quick light feet."""

from dancer.moves import Genre, Manner, arms, core, legs, step

GENRE = Genre(
    name="house",
    manner=Manner(
        travel=0.46, sharp=2.4, recoil=0.02, bounce=0.06, pulse=1.2, rock=0.10, sway=0.03, nod=0.10, jack=0.16
    ),
    stance={"up": -0.06, "lean": 0.06},
    moves=(
        legs(
            "shuffle",
            0.5,
            step(left=(0.12, 0, 0.18), right=(0.12, 0, -0.12, 0, 0.4), up=-0.07),
            step(left=(0.12, 0.10, -0.02), right=(0.12, 0, 0), up=-0.03),
            weight=2,
        ),
        legs(
            "pas de bourree",
            0.5,
            step(left=(-0.18, 0, -0.14, 0.2, 0.3), right=(0.14, 0, 0), side=-0.04, up=-0.06),
            step(left=(-0.10, 0, -0.08), right=(0.34, 0, 0), side=-0.12, up=-0.04),
            step(left=(-0.04, 0, 0.18), right=(0.30, 0, 0), side=-0.10, up=-0.08),
            step(left=(0.04, 0, 0.06), right=(0.28, 0.10, 0.05), side=-0.08, up=-0.03),
            weight=1.5,
        ),
        legs(
            "heel toe",
            1,
            step(left=(0.26, 0, 0.18, 0.5), right=(0.12, 0, 0), side=-0.04, up=-0.07, hip_yaw=0.2),
            step(left=(0.14, 0, 0), right=(0.14, 0, 0), up=-0.03, hop=0.02),
            weight=1.5,
        ),
        legs(
            "farmer",
            1,
            step(left=(0.10, 0.22, 0.18), right=(0.10, 0, 0), side=-0.05, up=-0.04, hop=0.03),
            step(left=(0.30, 0, -0.05, 0.3), right=(0.14, 0, 0.05), side=0.04, up=-0.09),
        ),
        legs(
            "jack in place",
            1,
            step(left=(0.18, 0, 0), right=(0.18, 0, 0, 0, 0.45), side=0.08, up=-0.06),
            weight=2,
        ),
        legs(
            "stomp turn",
            1,
            step(left=(0.16, 0, 0.12), right=(0.14, 0, 0), spin=0.25, up=-0.08),
            step(spin=0.5, up=-0.05),
            step(spin=0.75, up=-0.08),
            step(spin=1.0, up=-0.06),
            flip=True,
            needs=0.6,
            weight=0.5,
        ),
        arms("loose swing", 1, "swing_front loose", weight=2.5),
        arms("open and close", 1, "half_side half_side", "chest chest", flip=False, weight=2),
        arms(
            "lofting",
            1,
            "low_side square",
            "side half_side",
            "square low_side",
            "half_side guard",
            flip=False,
            weight=1.5,
        ),
        arms("hands high", 1, "vee vee", "brow brow", flip=False, needs=0.55),
        core("sway", 1, dict(tilt=-0.10, twist=0.15), weight=2),
        core("skate", 2, dict(tilt=-0.16, lean=0.16, twist=0.25)),
    ),
)
