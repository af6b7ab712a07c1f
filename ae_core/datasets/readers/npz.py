"""One `.npz` file in the layout of `keras.datasets`."""

from __future__ import annotations

from io import BytesIO
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from ae_core.datasets.readers.reader import TRY_AGAIN, Files, Reader, Source, shown
from ae_core.errors import DataError
from ae_core.npz import read_header, readable

MOST_MEMBERS = 1000
NAMES = {
    "x_train": ("x_train", "images", "x"),
    "y_train": ("y_train", "labels", "y"),
    "x_test": ("x_test",),
    "y_test": ("y_test",),
}


def _recognises(files: Files) -> bool:
    return any(data.startswith(b"PK\x03\x04") for _, data in files)


def _sources(files: Files) -> dict[str, Source]:
    if len(files) > 1:
        raise DataError(f"An .npz file must come alone. Received: {len(files)} files. Choose one of them.")
    what, data = shown(files[0][0]), files[0][1]
    # Each member that zipfile lists costs it memory before anything can be checked, and each has this signature.
    if data.count(b"PK\x01\x02") > MOST_MEMBERS:
        raise DataError(f"{what} must hold at most {MOST_MEMBERS} arrays. Received: more. {TRY_AGAIN}")
    sources = {}
    with readable(what, remedy=TRY_AGAIN):
        archive = ZipFile(BytesIO(data))
        names = set(archive.namelist())
        for key, choices in NAMES.items():
            for member in [f"{choice}.npy" for choice in choices if f"{choice}.npy" in names][:1]:
                sources[key] = _source(archive, member, what)
    if "x_train" not in sources:
        arrays = sorted(shown(name.removesuffix(".npy")) for name in names if name.endswith(".npy"))
        found = ", ".join(arrays[:8]) or "no arrays"
        raise DataError(f"{what} must hold x_train, images or x. Received: {found}. Name the array of images x_train.")
    return sources


def _source(archive: ZipFile, member: str, what: str) -> Source:
    # Other methods can ask for gigabytes of dictionary before the first byte comes out.
    if archive.getinfo(member).compress_type not in (ZIP_STORED, ZIP_DEFLATED):
        raise DataError(f"{what} must be stored or deflated. Received: another compression. Use np.savez_compressed.")
    header = read_header(archive, member)

    def open_values() -> IO[bytes]:
        stream = archive.open(member)
        stream.read(header.offset)
        return stream

    what = f"{member.removesuffix('.npy')} in {what}"
    return Source(what, header.shape, header.dtype, header.fortran_order, open_values)


NPZ = Reader(_recognises, _sources)
