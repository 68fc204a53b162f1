"""Pop: hits, dime stops, waves along the arms, glides; everything arrives at once and quivers."""

from dancer.moves import Genre, Manner, arms, core, legs, step

GENRE = Genre(
    name="pop",
    manner=Manner(
        travel=0.26, sharp=2.6, recoil=0.10, bounce=0.025, pulse=3, rock=0.03, sway=0.0, nod=0.05, freedom=0.7
    ),
    stance={"up": -0.05, "l_foot_out": 0.16, "r_foot_out": 0.16},
    moves=(
        legs(
            "fresno", 1,
            step(left=(0.20, 0, 0), right=(0.14, 0, 0, 0, 0.35), side=0.12, up=-0.07, hip_roll=-0.10),
            step(left=(0.20, 0, 0), right=(0.14, 0, 0), side=0.06, up=-0.02),
            weight=3,
        ),
        legs(
            "glide", 1,
            step(left=(0.34, 0, 0, 0.0, 0.5), right=(0.06, 0, 0), side=0.04, up=-0.04, lift=(0.0, 0.0)),
            step(left=(0.06, 0, 0), right=(0.16, 0, 0, 0.0, 0.5), side=-0.06, up=-0.04, lift=(0.0, 0.0)),
            weight=1.5,
        ),
        legs(
            "walk out", 1,
            step(left=(0.14, 0, 0.24), right=(0.14, 0, -0.04, 0.1, 0.5), front=0.10, up=-0.08, hip_yaw=-0.25),
            step(left=(0.14, 0, 0), right=(0.14, 0, 0), up=-0.02),
        ),
        legs("knee hit", 1, step(up=-0.10, hip_pitch=0.12), step(up=-0.02), flip=False, weight=1.5),
        arms("arm hits", 1, "square_down square_down", "low_side low_side", flip=False, weight=2),
        arms("right angles", 1, "square square_down", "square_down square", "front square", "square hip", flip=False, weight=2),
        arms("arm wave", 0.5, "wave_low rest", "side rest", "wave_high wave_low", "side side", "wave_low wave_high",
             "low_side side", "low_side wave_low", "rest low_side", travel=2.0, weight=1.5),
        arms("tick to the front", 0.5, "rest rest", "point_low rest", "half_side rest", "front rest",
             "front front", "half_side half_side", "chest chest", "low_side low_side", needs=0.4),
        arms("egyptian", 1, "square dangle", "chest side", flip=True),
        core("chest pop", 1, dict(pop_front=0.05, lean=-0.10), dict(pop_front=-0.03, lean=0.10), flip=False, weight=2),
        core("neck o flex", 1, dict(twist=-0.35, look=0.55), dict(twist=0.35, look=-0.55), dict(pop_side=0.05, tilt=-0.1), dict(), flip=True),
        core("isolate", 1, dict(pop_side=0.06, cock=-0.1), dict(pop_front=0.05), flip=True),
    ),
)  # fmt: skip
