"""Street jazz: long arms and sharp stops, hip walks, kick ball changes, turns; heels and hair."""

from dancer.moves import Genre, Manner, arms, core, legs, step

GENRE = Genre(
    name="street_jazz",
    manner=Manner(travel=0.55, sharp=2.9, recoil=0.03, bounce=0.045, rock=0.04, sway=0.03, nod=0.05),
    stance={"up": -0.04},
    moves=(
        legs(
            "hip walk",
            1,
            step(
                left=(0.06, 0, 0.22, 0.1),
                right=(0.12, 0, -0.04, 0.2, 0.5),
                front=0.10,
                side=0.04,
                hip_roll=-0.16,
                up=-0.04,
            ),
            step(left=(0.18, 0, 0.02), right=(0.12, 0, 0, 0.1, 0.3), side=0.10, hip_roll=-0.18, up=-0.06),
            weight=2.5,
        ),
        legs(
            "kick ball change",
            1,
            step(left=(0.12, 0.40, 0.56), right=(0.10, 0, 0), side=-0.08, front=-0.04, lift=(0.15, 0.02)),
            step(left=(0.08, 0, -0.12, 0.2, 0.4), right=(0.14, 0, 0.08), up=-0.08),
            weight=1.5,
        ),
        legs(
            "lunge",
            1,
            step(left=(0.54, 0, 0.10, 0.5), right=(0.14, 0, 0, 0.1), side=0.26, up=-0.20, hip_roll=-0.05),
            step(left=(0.30, 0, 0), right=(0.10, 0, 0), side=0.08, up=-0.03),
            weight=1.5,
        ),
        legs(
            "pivot turn",
            1,
            step(left=(0.10, 0, 0.16), spin=0.5, up=-0.04),
            step(spin=1.0, up=-0.06),
            step(left=(0.24, 0, 0, 0.3), side=0.08, hip_roll=-0.14),
            step(right=(0.24, 0, 0, 0.3), side=-0.08, hip_roll=0.14),
            flip=False,
            needs=0.55,
            weight=0.8,
        ),
        legs(
            "touch and close",
            1,
            step(left=(0.38, 0, 0.04, 0.3, 0.3), side=-0.08, up=-0.09),
            step(up=-0.02),
            weight=1.5,
        ),
        legs(
            "leap",
            1,
            step(left=(0.34, 0, 0.10), right=(0.20, 0, 0), hop=0.16, side=0.10, up=-0.10),
            step(up=-0.05),
            needs=0.7,
            weight=0.5,
        ),
        arms("sweep", 1, "vee low_side", "across side", "side side", "shoulder hip", weight=2),
        arms("hair", 1, "behind_head hip", "vee hip", weight=1.5),
        arms(
            "frame the face",
            1,
            "brow chest",
            "side vee",
            "chest brow",
            "low_side low_side",
            flip=False,
            weight=1.5,
        ),
        arms("reach and pull", 1, "up side", "chest hip", weight=1.5),
        arms(
            "snap", 0.5, "half_side half_side", "chest chest", "side side", "side side", flip=False, needs=0.4
        ),
        core(
            "roll through",
            1,
            dict(lean=0.24, nod=0.1),
            dict(lean=-0.14, pop_front=0.04, nod=-0.12),
            flip=False,
        ),
        core("oppose", 1, dict(twist=-0.25, tilt=0.12, look=0.2), dict(twist=0.05), weight=1.5),
    ),
)
