"""Images that visitors bring: read without trusting them, checked, and kept in the datasets folder.

Every size is checked before memory is taken for it, so that a small file which unpacks to a huge one is refused and not
unpacked. `readers` has the kinds of files.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.config.hyperparameters import MOST_CLASSES
from ae_core.config.layers import IMAGE_SHAPE
from ae_core.datasets.catalogue import OWN_NAME, datasets_folder, describe
from ae_core.datasets.dataset import DatasetInfo
from ae_core.datasets.readers.known import sources_of
from ae_core.datasets.readers.reader import ACCEPTED, TRY_AGAIN, Files, Source, shown
from ae_core.errors import DataError
from ae_core.files import in_plain_words
from ae_core.npz import readable, write_npz

MOST_UPLOAD_BYTES = 100_000_000
LEAST_IMAGES = 32
MOST_IMAGES = 200_000
MOST_TITLE = 80
HELD_OUT_EVERY = 10
"""Where there is no test part, the last of every ten images is held out."""

CHUNK_VALUES = 1 << 20


def add_images(
    files: Mapping[str, bytes] | Sequence[tuple[str, bytes]], *, title: str, folder: Path | str | None = None
) -> DatasetInfo:
    """Checks the visitor's images and keeps them; the same images added again are the ones already there.

    Args:
        files: name and content of one `.npz` file (`x_train`, or `images` or `x`; if there are any, `y_train`, `x_test`
            and `y_test`), or of IDX files, whose test part is recognised by "test" or "t10k" in the name. Images are
            (n, 28, 28) or (n, 28, 28, 1): whole numbers 0 to 255, or fractions 0 to 1. Labels are (n,), 0 to 249.
        title: what pages call them, 1 to `MOST_TITLE` characters.
        folder: where to keep them; `datasets_folder()` unless given.

    Raises:
        DataError: the files are not such images; nothing is kept then.
        StoreError: they cannot be written.
    """
    title = "".join(letter for letter in " ".join(title.split()) if letter.isprintable())
    if not 1 <= len(title) <= MOST_TITLE:
        raise DataError(f"title must be 1 to {MOST_TITLE} characters. Received: {len(title)}. Give the images a name.")
    arrays = read_images(list(files.items() if isinstance(files, Mapping) else files))
    name = f"images-{_digest(arrays)[:12]}"
    known = describe(name, folder)
    if known.available:
        return known
    extra = {"title": np.array(title)}
    if "y_train" in arrays:
        largest = max(int(arrays["y_train"].max()), int(arrays["y_test"].max()))
        extra["class_names"] = np.array([str(label) for label in range(largest + 1)])
    write_npz(Path(folder or datasets_folder()) / f"{name}.npz", {**arrays, **extra})
    return describe(name, folder)


def remove_images(name: str, folder: Path | str | None = None) -> None:
    """Removes own images; those that are gone already are no error.

    Raises:
        DataError: `name` is not one of own images.
        StoreError: the file cannot be removed.
    """
    if not OWN_NAME.fullmatch(name):
        raise DataError(f"Only images that were added can be removed. Received: {shown(name)}.")
    path = Path(folder or datasets_folder()) / f"{name}.npz"
    with in_plain_words(path):
        path.unlink(missing_ok=True)


def read_images(files: Files) -> dict[str, NDArray[np.uint8]]:
    """The arrays of an upload: `x_train` and `x_test` (n, 28, 28) uint8 and, if labelled, `y_train` and `y_test` (n,).

    Raises:
        DataError: as `add_images` says.
    """
    size = sum(len(data) for _, data in files)
    if not files or size > MOST_UPLOAD_BYTES:
        raise DataError(
            f"An upload must be {ACCEPTED}, at most {MOST_UPLOAD_BYTES // 1_000_000} MB together. "
            f"Received: {len(files)} files of {size / 1e6:.1f} MB. Choose fewer images."
        )
    sources = sources_of(files)
    _check_shapes(sources)
    arrays = {key: _read(source, labels=key.startswith("y")) for key, source in sources.items()}
    return arrays if "x_test" in arrays else _hold_out(arrays)


def _check_shapes(sources: dict[str, Source]) -> None:
    counts = {}
    for part in ("train", "test"):
        images, labels = sources.get(f"x_{part}"), sources.get(f"y_{part}")
        if images is not None:
            _check(images, "(n, 28, 28)", [IMAGE_SHAPE, (*IMAGE_SHAPE, 1)])
            counts[part] = images.shape[0]
        if labels is not None and images is None:
            raise DataError(f"Labels must come with their images. Received: {labels.what} alone. Add the images.")
        if labels is not None:
            _check(labels, f"({counts[part]},), one label for each image", [()], count=counts[part])
    if counts["train"] < LEAST_IMAGES or sum(counts.values()) > MOST_IMAGES or 0 in counts.values():
        received = " and ".join(f"{count:,} for {part}ing" for part, count in counts.items())
        raise DataError(
            f"An upload must have {LEAST_IMAGES} to {MOST_IMAGES:,} images, {LEAST_IMAGES} or more for training and, "
            f"with a test part, 1 or more in it. Received: {received}. Choose more or fewer."
        )
    if "test" in counts and ("y_train" in sources) != ("y_test" in sources):
        raise DataError("Training and test images must both have labels, or neither. Received: labels of one part.")


def _check(source: Source, expected: str, shapes: list[tuple[int, ...]], count: int | None = None) -> None:
    if source.dtype.kind not in "uif":
        raise DataError(f"{source.what} must hold numbers. Received: {source.dtype}. Save it as a uint8 array.")
    if source.shape[1:] not in shapes or not source.shape or (count is not None and source.shape[0] != count):
        raise DataError(f"{source.what} must have the shape {expected}. Received: {source.shape}. Change its shape.")


def _read(source: Source, *, labels: bool) -> NDArray[np.uint8]:
    """The values as bytes, converted piece by piece: 200,000 images as doubles would take 1.3 GB."""
    flat = np.empty(prod(source.shape), np.uint8)
    with readable(source.what, remedy=TRY_AGAIN), source.open() as stream:
        for start in range(0, flat.size, CHUNK_VALUES):
            piece = flat[start : start + CHUNK_VALUES]
            values = np.frombuffer(stream.read(piece.size * source.dtype.itemsize), source.dtype)
            if values.size != piece.size:
                raise EOFError
            piece[:] = _as_bytes(values, source.what, labels=labels)
        # At the end of the stream zipfile and gzip compare checksums.
        if stream.read(1):
            raise ValueError("more values than the header says")
    array = flat.reshape(source.shape, order="F" if source.fortran_order else "C")
    return np.ascontiguousarray(array if labels else array.reshape(-1, *IMAGE_SHAPE))


def _as_bytes(values: NDArray[Any], what: str, *, labels: bool) -> NDArray[Any]:
    fractions = values.dtype.kind == "f" and not labels
    low, high = values.min(), values.max()
    most = MOST_CLASSES - 1 if labels else 255
    # Written so that NaN, which compares as false, is refused.
    if not (low >= 0 and high <= (1 if fractions else most)):
        expected = f"whole numbers from 0 to {most}" + ("" if labels else ", or fractions from 0 to 1")
        remedy = "Number the classes from 0 up." if labels else "Scale the values first."
        raise DataError(f"{what} must hold {expected}. Received: {low:g} to {high:g}. {remedy}")
    if labels and (values != np.floor(values)).any():
        raise DataError(f"{what} must hold whole numbers from 0 to {most}. Received: fractions. Number the classes.")
    return np.rint(values * 255) if fractions else values


def _hold_out(arrays: dict[str, NDArray[np.uint8]]) -> dict[str, NDArray[np.uint8]]:
    held_out = np.arange(len(arrays["x_train"])) % HELD_OUT_EVERY == HELD_OUT_EVERY - 1
    parts = {"train": ~held_out, "test": held_out}
    return {f"{key[0]}_{part}": array[rows] for key, array in arrays.items() for part, rows in parts.items()}


def _digest(arrays: dict[str, NDArray[np.uint8]]) -> str:
    digest = hashlib.sha256()
    for key in sorted(arrays):
        digest.update(f"{key} {arrays[key].shape}".encode())
        digest.update(arrays[key].data)
    return digest.hexdigest()
