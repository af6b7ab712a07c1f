"""The datasets that are here, found by their names: MNIST, which is shipped, and those in the datasets folder.

Each is one `.npz` file in the layout of `keras.datasets`.
"""

from __future__ import annotations

import os
import re
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from ae_core.config.config import Config
from ae_core.config.hyperparameters import MOST_CLASSES
from ae_core.config.layers import IMAGE_SHAPE
from ae_core.datasets.dataset import Dataset, DatasetInfo, Part
from ae_core.errors import ConfigError, DataError
from ae_core.npz import read_array, read_header, readable

MNIST_PATH = Path(__file__).parent / "data" / "mnist.npz"
GARMENTS = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot"
CLASS_NAMES = {"mnist": tuple("0123456789"), "fashion_mnist": tuple(GARMENTS.split(","))}
TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}
REMEDIES = {"mnist": "Restore ae_core/datasets/data/mnist.npz from the project.", "fashion_mnist": "Fetch it again."}
OWN_NAME = re.compile(r"images-[0-9a-f]{12}")
"""Names of the visitors' own images: a hash of their content."""

_opening = Lock()


def datasets_folder() -> Path:
    """Where fetched and own datasets are: `datasets` in the runs folder, which `AE_RUNS` may name."""
    return Path(os.environ.get("AE_RUNS") or "runs") / "datasets"


def load_dataset(name: str = "mnist", *, folder: Path | str | None = None) -> Dataset:
    """The dataset of this name, the same object for every caller in this process.

    Args:
        name: "mnist", "fashion_mnist" once it is fetched, or the name of own images.
        folder: where fetched and own datasets are; `datasets_folder()` unless given.

    Raises:
        ConfigError: there is no such dataset here; its `field` is "dataset".
        DataError: its file is missing from the project, or damaged.
    """
    file = _file(name, folder)
    with _opening:
        return _opened(file)


def dataset_for(config: Config, *, folder: Path | str | None = None) -> Dataset:
    """The images that `config` trains with. Raises as `load_dataset` and `Dataset.select` do."""
    dataset = load_dataset(config.dataset, folder=folder)
    return dataset.select(classes=config.classes, train_size=config.train_size)


def list_datasets(folder: Path | str | None = None) -> list[DatasetInfo]:
    """MNIST, Fashion-MNIST and the own images in `folder`. A damaged file is listed as not available; never raises."""
    own = Path(folder or datasets_folder()).glob("images-*.npz")
    names = sorted(path.stem for path in own if OWN_NAME.fullmatch(path.stem))
    return [describe(name, folder) for name in (*TITLES, *names)]


def describe(name: str, folder: Path | str | None = None) -> DatasetInfo:
    """One entry of `list_datasets`."""
    try:
        return _described(_file(name, folder))
    except (ConfigError, DataError) as error:
        return DatasetInfo(name, TITLES.get(name, name), 0, 0, CLASS_NAMES.get(name, ()), False, str(error))


def is_here(name: str, folder: Path | str | None = None) -> bool:
    """Whether the file of this dataset exists, without opening it; never raises."""
    try:
        _file(name, folder)
    except (ConfigError, DataError):
        return False
    return True


class _File(NamedTuple):
    """A dataset's file; `stamp` differs once it has been replaced, so that it is then opened anew."""

    name: str
    path: Path
    stamp: tuple[int, ...]


def _file(name: str, folder: Path | str | None) -> _File:
    if name not in TITLES and not OWN_NAME.fullmatch(name):
        raise _missing(name)
    path = MNIST_PATH if name == "mnist" else Path(folder or datasets_folder()).absolute() / f"{name}.npz"
    try:
        stat = path.stat()
    except OSError as error:
        raise _missing(name) from error
    return _File(name, path, (stat.st_mtime_ns, stat.st_ino, stat.st_size))


# A page asks for all of them at each of its runs.
@lru_cache(maxsize=1000)
def _described(file: _File) -> DatasetInfo:
    return _open(file).info


def _open(file: _File) -> Dataset:
    name, path, _ = file
    what, remedy = TITLES.get(name, name), REMEDIES.get(name, "Remove it and add the images again.")
    with readable(what, remedy=remedy), ZipFile(path) as archive:
        members = set(archive.namelist())
        train, test = (_part(archive, path, part, what=what, remedy=remedy) for part in ("train", "test"))
        if (train.labels is None) != (test.labels is None):
            raise ValueError("one part has labels and the other has none")
        title = str(read_array(path, "title")) if "title.npy" in members else what
        names = CLASS_NAMES.get(name, ())
        if "class_names.npy" in members:
            names = tuple(str(text) for text in read_array(path, "class_names"))
        if len(names) > MOST_CLASSES:
            raise DataError(
                f"{what} must have at most {MOST_CLASSES} classes, with labels from 0 to {MOST_CLASSES - 1}. "
                f"Received: {len(names)}. {remedy}"
            )
    return Dataset(name, title, names, train, test)


def _part(archive: ZipFile, path: Path, part: str, *, what: str, remedy: str) -> Part:
    header = read_header(archive, f"x_{part}.npy")
    count = header.shape[0]
    if header.dtype != np.uint8 or header.shape[1:] != IMAGE_SHAPE or not count:
        raise ValueError(f"x_{part} must be uint8 (n, 28, 28)")

    def read(member: str, dtype: type[np.generic]) -> NDArray[Any]:
        with readable(what, remedy=remedy):
            return read_array(path, member).astype(dtype, copy=False)

    labels = None
    if f"y_{part}.npy" in archive.namelist():
        if read_header(archive, f"y_{part}.npy").shape != (count,):
            raise ValueError(f"y_{part} must be ({count},)")
        labels = partial(read, f"y_{part}", np.int64)
    return Part(count, partial(read, f"x_{part}", np.uint8), labels)


def _missing(name: str) -> ConfigError | DataError:
    if name == "mnist":
        return DataError(f"MNIST cannot be read: its file is missing. {REMEDIES[name]}")
    if name == "fashion_mnist":
        return ConfigError("dataset", "Fashion-MNIST is not here yet. Fetch it first (30 MB), or choose mnist.")
    return ConfigError(
        "dataset",
        "dataset must be mnist, fashion_mnist or the name of own images that are still here. "
        f"Received: {str(name)[:80]}. Choose another dataset.",
    )


_opened = lru_cache(maxsize=4)(_open)
