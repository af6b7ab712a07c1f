"""The same images row by row, as several codecs give them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ui.components.payload import Images, image_bytes, pack
from ui.components.scripts import register

_STRIPS = register("strips")


@dataclass(frozen=True, eq=False)
class Strip:
    """One row.

    Attributes:
        name: stands before it, or on a narrow screen above it.
        images: (n, 28, 28) uint8.
        captions: n short texts, for example the errors.
        color: of the mark before the name, as `#rrggbb`; that of originals unless given.
    """

    name: str
    images: Images
    captions: Sequence[str]
    color: str = ""


def digit_strips(*, key: str, strips: Sequence[Strip]) -> None:
    """Show the rows, one below the other. Called again with the same key it paints over what is there.

    Raises:
        ValueError: an array of another shape or type, or rows of different lengths.
    """
    _STRIPS(key=key, data=strips_data(strips))


def strips_data(strips: Sequence[Strip]) -> bytes:
    """What `digit_strips` sends. Raises ValueError as it does."""
    blobs = {str(row): image_bytes(strip.images, name="images") for row, strip in enumerate(strips)}
    counts = sorted({len(part) for strip in strips for part in (strip.images, strip.captions)})
    if len(counts) > 1:
        raise ValueError(f"Rows must have equally many images and captions. Received: {counts}.")
    rows = [{"name": strip.name, "color": strip.color, "captions": list(strip.captions)} for strip in strips]
    return pack({"strips": rows}, blobs)
