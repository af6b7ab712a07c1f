"""Pictures with operators between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ui.components.payload import image_bytes, pack
from ui.components.scripts import register

_EQUATION = register("equation")


@dataclass(frozen=True, eq=False)
class Term:
    """A picture (28, 28) uint8 with the `sign` before it, which may be empty, and the `name` below it."""

    sign: str
    name: str
    image: NDArray[np.uint8]


def equation(*, key: str, terms: Sequence[Term]) -> None:
    """Show the terms in a row, which wraps on a phone. Raises ValueError for a picture of another shape or type."""
    _EQUATION(key=key, data=equation_data(terms))


def equation_data(terms: Sequence[Term]) -> bytes:
    """What `equation` sends. Raises ValueError as it does."""
    images = image_bytes(np.stack([term.image for term in terms]), name="images")
    return pack({"terms": [{"sign": term.sign, "name": term.name} for term in terms]}, {"images": images})
