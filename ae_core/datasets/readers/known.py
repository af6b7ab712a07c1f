"""The readers that there are."""

from __future__ import annotations

from ae_core.datasets.readers.idx import IDX
from ae_core.datasets.readers.npz import NPZ
from ae_core.datasets.readers.reader import Files, Source

READERS = (NPZ, IDX)
"""In the order in which they are asked whether they know an upload."""


def sources_of(files: Files) -> dict[str, Source]:
    """What is in an upload, by the reader that knows it. Raises DataError as `Reader.sources` does."""
    return next(reader for reader in READERS if reader.recognises(files)).sources(files)
