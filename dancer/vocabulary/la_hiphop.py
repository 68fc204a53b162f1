"""LA hip-hop: choreography style; clear pictures on each count, level changes, half counts, head snaps."""

from dancer.moves import Genre, Manner, arms, core, legs, step

GENRE = Genre(
    name="la_hiphop",
    manner=Manner(
        travel=0.42, sharp=3.2, recoil=0.05, bounce=0.05, late=0.1, rock=0.05, sway=0.015, nod=0.08
    ),
    stance={"up": -0.07, "l_foot_out": 0.18, "r_foot_out": 0.18},
    moves=(
        legs(
            "slide and sit",
            1,
            step(left=(0.42, 0, 0, 0.3), right=(0.20, 0, 0), side=0.18, up=-0.18, hip_roll=-0.08),
            step(left=(0.30, 0, 0), right=(0.04, 0, 0), side=0.12, up=-0.03),
            weight=2,
        ),
        legs(
            "cross and unwind",
            1,
            step(
                left=(-0.16, 0, 0.18, 0.1), right=(0.14, 0, 0, 0.1, 0.3), side=-0.05, up=-0.08, hip_yaw=-0.4
            ),
            step(left=(0.24, 0, 0), right=(0.24, 0, 0), up=-0.14),
            weight=1.5,
        ),
        legs(
            "stomp kick",
            1,
            step(left=(0.22, 0, 0.06), right=(0.16, 0, 0), side=0.08, up=-0.12, lift=(0.20, 0.02)),
            step(left=(0.16, 0, 0), right=(0.20, 0.26, 0.30), side=0.10, lift=(0.02, 0.1)),
        ),
        legs(
            "level drop",
            1,
            step(left=(0.32, 0, 0, 0.4), right=(0.32, 0, 0, 0.4), up=-0.30),
            step(left=(0.32, 0, 0, 0.4), right=(0.32, 0, 0, 0.4), up=-0.22, side=0.10),
            step(left=(0.20, 0, 0), right=(0.20, 0, 0), up=-0.02),
            step(left=(0.20, 0, 0), right=(0.20, 0, 0), up=-0.10),
            flip=False,
            needs=0.4,
            weight=1.2,
        ),
        legs(
            "tuck jump",
            1,
            step(left=(0.22, 0, 0), right=(0.22, 0, 0), up=-0.16, hop=0.14),
            step(up=-0.05),
            flip=False,
            needs=0.7,
            weight=0.6,
        ),
        arms("frames", 1, "square side", "across square_down", "up hip", "chest chest", weight=2),
        arms(
            "hit hit open",
            0.5,
            "chest guard",
            "guard chest",
            "vee low_side",
            "vee low_side",
            "brow half_side",
            "side half_side",
            "low_side low_side",
            "rest rest",
            needs=0.35,
            weight=1.5,
        ),
        arms(
            "pull down", 1, "vee vee", "guard guard", "low_side low_side", "clap clap", flip=False, weight=1.5
        ),
        arms("slice", 1, "across_high low_side", "low_side across", weight=1.5),
        core("snap", 1, dict(twist=0.30, look=0.45, tilt=-0.08), dict(pop_front=0.05, nod=-0.05), weight=1.5),
        core("body hit", 1, dict(pop_front=0.06, lean=-0.10), dict(lean=0.20, pop_front=-0.03), flip=False),
    ),
)
