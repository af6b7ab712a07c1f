"""What a reader of files is, and what it gives: arrays whose headers are read, and whose values are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

import numpy as np

Files = Sequence[tuple[str, bytes]]
"""Name and content of each file of an upload."""

ACCEPTED = "an .npz file with x_train, or IDX files, plain or .gz"
TRY_AGAIN = "Save it again and add it anew."


@dataclass(frozen=True)
class Source:
    """An array in an upload whose header has been read and whose values have not.

    Attributes:
        what: how messages name it.
        open: gives a stream that stands at the first value.
    """

    what: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran_order: bool
    open: Callable[[], IO[bytes]]


@dataclass(frozen=True)
class Reader:
    """A kind of files.

    Attributes:
        recognises: whether an upload is of this kind, by what the files are and not by their names.
        sources: what is in them, by "x_train", "y_train", "x_test" and "y_test"; the first is always there. Raises
            DataError for files that are damaged, or hold something else.
    """

    recognises: Callable[[Files], bool]
    sources: Callable[[Files], dict[str, Source]]


def shown(name: str) -> str:
    """A file's name as a message may show it."""
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:80]
