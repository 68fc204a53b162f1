"""The ten dance genres of AIST, in the order every tensor, manifest and menu uses."""

GENRES: tuple[str, ...] = (
    "break",
    "pop",
    "lock",
    "middle_hiphop",
    "la_hiphop",
    "house",
    "waack",
    "krump",
    "street_jazz",
    "ballet_jazz",
)

AIST_CODES: dict[str, str] = dict(
    zip(("BR", "PO", "LO", "MH", "LH", "HO", "WA", "KR", "JS", "JB"), GENRES, strict=True)
)
"""AIST's two-letter genre codes, as in the clip name ``gBR_sBM_c01_d05_mBR3_ch02``."""


def tempi_bpm(genre: str) -> tuple[int, ...]:
    """The six tempi (BPM) at which AIST recorded ``genre``: 80 to 130, house 110 to 135."""
    return (110, 115, 120, 125, 130, 135) if genre == "house" else (80, 90, 100, 110, 120, 130)
