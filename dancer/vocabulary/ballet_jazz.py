"""Ballet jazz: long lines; the arms breathe over two beats while each step and plie marks one."""

from dancer.moves import Genre, Manner, arms, core, legs, step

GENRE = Genre(
    name="ballet_jazz",
    manner=Manner(travel=0.75, sharp=2.4, recoil=0.0, bounce=0.06, pulse=1.6, rock=0.02, sway=0.02, nod=0.03, freedom=0.6),
    stance={"up": -0.03, "l_foot_toe": 0.35, "r_foot_toe": 0.35, "l_foot_out": 0.10, "r_foot_out": 0.10},
    moves=(
        legs(
            "tendu", 1,
            step(left=(0.50, 0.02, 0.06, 0.4, 0.7), right=(0.06, 0, 0, 0.4), side=-0.08, up=-0.01),
            step(left=(0.10, 0, 0, 0.4), right=(0.10, 0, 0, 0.4), up=-0.09),
            weight=2,
        ),
        legs(
            "chasse", 1,
            step(left=(0.42, 0, 0, 0.4), right=(0.20, 0, 0, 0.4, 0.3), side=0.20, up=-0.11),
            step(left=(0.30, 0, 0, 0.4, 0.5), right=(-0.16, 0, 0.02, 0.4, 0.5), side=0.22, up=0.03, hop=0.04),
            weight=2,
        ),
        legs(
            "passe", 1,
            step(left=(0.04, 0.46, 0.12, 0.8, 0.9), right=(0.04, 0, 0, 0.4, 0.6), side=-0.05, up=0.05, lift=(0.1, 0.02)),
            step(left=(0.30, 0, 0, 0.4), right=(0.20, 0, 0, 0.4), side=0.06, up=-0.12),
            weight=1.5,
        ),
        legs(
            "developpe", 1,
            step(left=(0.56, 0.60, 0.20, 0.7, 0.8), right=(0.02, 0, 0, 0.4), side=-0.12, hip_roll=0.16, lift=(0.2, 0)),
            step(left=(0.26, 0, 0, 0.4), right=(0.14, 0, 0, 0.4), side=0.05, up=-0.12),
            needs=0.4, weight=1.2,
        ),
        legs(
            "pirouette", 1,
            step(left=(0.34, 0, 0.05, 0.4), right=(0.20, 0, -0.05, 0.4), up=-0.14),
            step(left=(0.04, 0, 0, 0.4, 0.7), right=(0.06, 0.40, 0.12, 0.8, 0.8), spin=0.5, up=0.05),
            step(left=(0.04, 0, 0, 0.4, 0.7), right=(0.06, 0.40, 0.12, 0.8, 0.8), spin=1.0, up=0.05),
            step(left=(0.24, 0, 0.06, 0.4), right=(0.24, 0, 0, 0.4), up=-0.14),
            needs=0.5, weight=0.8,
        ),
        legs("jete", 1, step(left=(0.50, 0, 0.10, 0.3), right=(0.24, 0, -0.06, 0.3, 0.4), side=0.24, up=-0.12, hop=0.20, lift=(0.14, 0.20)),
             step(left=(0.20, 0, 0), right=(0.10, 0, 0), side=0.08, up=-0.04), needs=0.65, weight=0.8),
        arms("port de bras", 2, "second first", "fifth second", "second second", "first first", travel=1.8, weight=2),
        arms("high lines", 2, "vee low_side", "arabesque trail", travel=1.6, weight=2),
        arms("open fifth", 2, "fifth fifth", "second second", "up second", "first first", flip=False, travel=1.6, weight=1.5),
        arms("reach on one", 1, "up second", "up second", "first second", "second second", travel=1.2, weight=1.5),
        core("epaulement", 2, dict(twist=0.22, tilt=-0.14, look=0.2, nod=-0.08), weight=2),
        core("arch and contract", 2, dict(lean=-0.14, nod=-0.16), dict(lean=0.22, nod=0.1), flip=False),
    ),
)  # fmt: skip
