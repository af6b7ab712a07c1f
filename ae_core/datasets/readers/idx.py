"""IDX files, in which MNIST and its relatives come, plain or gzipped.

http://yann.lecun.com/exdb/mnist describes them.
"""

from __future__ import annotations

import gzip
import re
import struct
from functools import partial
from io import BufferedReader, BytesIO
from typing import IO

import numpy as np

from ae_core.datasets.readers.reader import ACCEPTED, TRY_AGAIN, Files, Reader, Source, shown
from ae_core.errors import DataError
from ae_core.npz import readable


def _sources(files: Files) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    for name, data in files:
        source = _source(shown(name), data)
        test = re.search(r"(?<![a-z])(t10k|test)", name.lower())
        key = f"{'x' if len(source.shape) > 1 else 'y'}_{'test' if test else 'train'}"
        if key in sources:
            raise DataError(
                f"An upload must hold one file of each kind. Received: {sources[key].what} and {source.what}. "
                "Put test into the name of the one for testing, or leave one out."
            )
        sources[key] = source
    if "x_train" not in sources:
        raise DataError(
            f"An upload must hold training images. Received: {', '.join(source.what for source in sources.values())}. "
            "Add the file of images, without test or t10k in its name."
        )
    return sources


def _source(what: str, data: bytes) -> Source:
    def open_at(offset: int) -> IO[bytes]:
        stream: IO[bytes] = BytesIO(data)
        if data.startswith(b"\x1f\x8b"):
            stream = BufferedReader(gzip.GzipFile(fileobj=stream))
        stream.read(offset)
        return stream

    with readable(what, remedy=TRY_AGAIN):
        start = open_at(0).read(16)
    # Two zeros, 8 for unsigned bytes, the number of dimensions, and each of them as four bytes.
    dimensions = start[3] if len(start) > 3 else 0
    offset = 4 + 4 * dimensions
    if start[:3] != b"\x00\x00\x08" or dimensions not in (1, 3) or len(start) < offset:
        received = f"a file that begins with {start[:4].hex(' ')}" if start else "an empty file"
        raise DataError(f"{what} must be {ACCEPTED}. Received: {received}. Choose other files.")
    shape = struct.unpack(f">{dimensions}I", start[4:offset])
    return Source(what, shape, np.dtype(np.uint8), False, partial(open_at, offset))


# The last to be asked: what it does not know either, it refuses in words.
IDX = Reader(lambda _: True, _sources)
