"""Lock: fast points and twirls that freeze in the lock, elbows high; claps, scooby kicks, deep squats."""

from dancer.moves import Genre, Manner, arms, core, legs, step

GENRE = Genre(
    name="lock",
    manner=Manner(
        travel=0.36, sharp=3.6, recoil=0.06, bounce=0.045, pulse=2, rock=0.05, sway=0.015, nod=0.08
    ),
    stance={"up": -0.06, "l_foot_out": 0.17, "r_foot_out": 0.17},
    moves=(
        legs(
            "lock squat",
            1,
            step(left=(0.24, 0, 0, 0.2), right=(0.24, 0, 0, 0.2), up=-0.20, hip_pitch=0.15),
            step(left=(0.24, 0, 0, 0.2), right=(0.24, 0, 0, 0.2), up=-0.04),
            flip=False,
            weight=2,
        ),
        legs(
            "scooby kick",
            1,
            step(left=(0.14, 0.44, 0.52), right=(0.12, 0, 0), side=-0.08, front=-0.06, lift=(0.15, 0.03)),
            step(left=(0.22, 0, 0), right=(0.22, 0, 0), up=-0.16),
            weight=2,
        ),
        legs(
            "skeeter rabbit",
            1,
            step(left=(0.48, 0.22, 0.12), right=(0.06, 0, 0), side=-0.10, hop=0.05, lift=(0.1, 0.03)),
            step(left=(-0.08, 0, -0.16, 0.2), right=(0.18, 0, 0.08), side=-0.05, up=-0.08, hop=0.03),
            needs=0.45,
            weight=1.2,
        ),
        legs(
            "funky walk",
            1,
            step(
                left=(0.18, 0, 0.16),
                right=(0.14, 0, -0.05, 0.1, 0.4),
                side=0.10,
                front=0.06,
                up=-0.07,
                hip_roll=-0.12,
            ),
            step(left=(0.18, 0, 0.04), right=(0.02, 0.12, 0.06), side=0.12, up=-0.04),
            weight=2,
        ),
        legs(
            "jump out",
            1,
            step(left=(0.34, 0, 0, 0.3), right=(0.34, 0, 0, 0.3), up=-0.16, hop=0.10),
            step(left=(0.10, 0, 0), right=(0.10, 0, 0), up=-0.06, hop=0.06),
            flip=False,
            needs=0.65,
            weight=0.8,
        ),
        arms("lock", 1, "dangle dangle", "point_low point_low", flip=False, weight=2),
        arms("point", 1, "point_up hip", "hip hip", weight=2),
        arms("point across", 1, "across_high dangle", "across_low hip", weight=1.5),
        arms(
            "clap clap lock",
            1,
            "clap_low clap_low",
            "clap clap",
            "dangle dangle",
            "low_side low_side",
            flip=False,
            weight=1.5,
        ),
        arms("uncle sam", 1, "point_front hip", "shoulder hip", "point_front hip", "dangle dangle"),
        arms(
            "twirl up",
            0.5,
            "chest chest",
            "brow brow",
            "up up",
            "vee vee",
            "dangle dangle",
            "dangle dangle",
            "point_low point_low",
            "hip hip",
            flip=False,
            needs=0.4,
        ),
        core("lean back", 1, dict(lean=-0.14, look=0.2, tilt=-0.10), dict(lean=0.14, nod=0.08)),
        core("lock down", 1, dict(lean=0.30, nod=-0.15), dict(lean=-0.05), flip=False, weight=1.3),
    ),
)
