"""Krump: low and wide; stomps, chest pops, jabs and arm swings thrown with the whole weight."""

from dancer.moves import Genre, Manner, arms, core, legs, step

_OUT = (0.32, 0, 0, 0.35)

GENRE = Genre(
    name="krump",
    manner=Manner(
        travel=0.36, sharp=4.2, recoil=0.06, bounce=0.06, pulse=2.5, rock=0.12, sway=0.02, nod=0.12
    ),
    stance={
        "up": -0.14,
        "lean": 0.14,
        "l_foot_out": 0.30,
        "r_foot_out": 0.30,
        "l_foot_toe": 0.3,
        "r_foot_toe": 0.3,
    },
    moves=(
        legs(
            "stomp",
            1,
            step(
                left=(0.36, 0, 0.10, 0.35), right=(0.30, 0, 0, 0.35), side=0.08, up=-0.20, lift=(0.30, 0.02)
            ),
            step(left=_OUT, right=_OUT, up=-0.10),
            weight=3,
        ),
        legs(
            "double stomp",
            1,
            step(left=(0.34, 0, 0.12, 0.35), right=(0.30, 0, 0, 0.35), side=0.10, up=-0.18, lift=(0.26, 0.0)),
            weight=2,
        ),
        legs(
            "buck hop",
            1,
            step(left=_OUT, right=_OUT, up=-0.22, hop=0.08),
            step(left=_OUT, right=_OUT, up=-0.08),
            flip=False,
            needs=0.5,
        ),
        legs(
            "get low",
            1,
            step(left=(0.40, 0, 0, 0.5), right=(0.40, 0, 0, 0.5), up=-0.32, hip_pitch=0.2),
            step(left=_OUT, right=_OUT, up=-0.12),
            flip=False,
            needs=0.4,
        ),
        arms("arm swing", 1, "hammer_up swing_back", "hammer_down back", weight=2.5),
        arms("jabs", 1, "jab guard", "guard jab", flip=False, weight=2),
        arms(
            "double jabs", 0.5, "jab guard", "guard guard", "guard jab", "guard guard", flip=False, needs=0.5
        ),
        arms("chest out", 1, "back back", "guard guard", flip=False, weight=2),
        arms(
            "throw down",
            1,
            "vee vee",
            "clap_low clap_low",
            "square square",
            "low_side low_side",
            flip=False,
            weight=1.5,
        ),
        core(
            "chest pop",
            1,
            dict(pop_front=0.09, lean=-0.24, nod=-0.15),
            dict(pop_front=-0.04, lean=0.22),
            flip=False,
            weight=3,
        ),
        core("throw", 1, dict(twist=0.40, lean=0.20, look=-0.2), dict(twist=-0.10, lean=-0.10), weight=1.5),
    ),
)
