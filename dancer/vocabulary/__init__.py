"""The ten genres' own moves, one module each, in AIST's order."""

from dancer.moves import Genre
from dancer.vocabulary import (
    ballet_jazz,
    breaking,
    house,
    krump,
    la_hiphop,
    locking,
    middle_hiphop,
    popping,
    street_jazz,
    waacking,
)

VOCABULARY: dict[str, Genre] = {
    module.GENRE.name: module.GENRE
    for module in (
        breaking,
        popping,
        locking,
        middle_hiphop,
        la_hiphop,
        house,
        waacking,
        krump,
        street_jazz,
        ballet_jazz,
    )
}
STYLES: tuple[str, ...] = tuple(VOCABULARY)
