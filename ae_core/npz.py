"""Arrays in `.npz` files: read without trusting what the file claims, written so that readers never see half of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from math import prod
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ae_core.errors import DataError
from ae_core.files import write_atomically

MOST_HEADER_BYTES = 12_288


class ArrayHeader(NamedTuple):
    """What an array in a `.npz` file says of itself. `offset`: bytes before its first value."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    fortran_order: bool
    offset: int


def read_header(archive: ZipFile, member: str) -> ArrayHeader:
    """The header of one array, without its values.

    What a header claims costs nothing: only the first `MOST_HEADER_BYTES` are read, and the claimed shape has to agree
    with the size of the member, so that a caller who checks the shape knows what reading it will take.

    Raises:
        DataError: it holds Python objects. Other damage raises as zipfile and numpy do; see `readable`.
    """
    info = archive.getinfo(member)
    with archive.open(info) as stream:
        start = BytesIO(stream.read(MOST_HEADER_BYTES))
    read = npy.read_array_header_1_0 if npy.read_magic(start) == (1, 0) else npy.read_array_header_2_0
    shape, fortran_order, dtype = read(start)
    if dtype.hasobject:
        raise DataError(f"{member} must hold plain numbers. Received: Python objects. Save it as a uint8 array.")
    if info.file_size != start.tell() + prod(shape) * dtype.itemsize:
        raise ValueError(f"{member} has {info.file_size} bytes, which its shape {shape} does not explain")
    return ArrayHeader(shape, dtype, fortran_order, start.tell())


def read_array(path: Path, member: str) -> NDArray[Any]:
    """One array of a file, without reading the others. Damage raises as zipfile and numpy do; see `readable`."""
    with np.load(path, allow_pickle=False) as arrays:
        values: NDArray[Any] = arrays[member]
    return values


@contextmanager
def readable(what: str, *, remedy: str) -> Iterator[None]:
    """Turns whatever a damaged file makes zipfile, zlib and numpy raise into a DataError that names `what`."""
    try:
        yield
    except DataError:
        raise
    # Damaged bytes make these libraries raise anything from EOFError to RecursionError; no list of them is complete.
    except Exception as error:
        raise DataError(f"{what} cannot be read: it is missing, damaged or cut short. {remedy}") from error


def write_npz(path: Path, arrays: Mapping[str, NDArray[Any]], *, compressed: bool = True) -> None:
    """Writes a file, which readers see whole or not at all. Raises StoreError when it cannot be written."""
    save = np.savez_compressed if compressed else np.savez
    write_atomically(path, lambda temporary: save(temporary, allow_pickle=False, **arrays))
