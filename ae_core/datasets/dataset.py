"""Sets of 28 x 28 grey images: MNIST, which is shipped, and those in the datasets folder.

A dataset is one `.npz` file in the layout of `keras.datasets`, and each of its arrays stays on the disk until somebody
asks for it: pages need the 10,000 test images (8 MB as bytes), hardly ever the 60,000 training ones (188 MB as floats).
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray

from ae_core.config.config import MOST_CLASSES, Config
from ae_core.config.layers import IMAGE_SHAPE
from ae_core.errors import ConfigError, DataError
from ae_core.npz import read_array, read_header, readable

T = TypeVar("T")

MNIST_PATH = Path(__file__).parent / "data" / "mnist.npz"
GARMENTS = "T-shirt/top,Trouser,Pullover,Dress,Coat,Sandal,Shirt,Sneaker,Bag,Ankle boot"
CLASS_NAMES = {"mnist": tuple("0123456789"), "fashion_mnist": tuple(GARMENTS.split(","))}
TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}
REMEDIES = {"mnist": "Restore ae_core/datasets/data/mnist.npz from the project.", "fashion_mnist": "Fetch it again."}
OWN_NAME = re.compile(r"images-[0-9a-f]{12}")
"""Names of the visitors' own images: a hash of their content."""

PREVIEW_SIZE = 16

_opening = Lock()


@dataclass(frozen=True)
class DatasetInfo:
    """What a list of datasets says of one, without loading it.

    Attributes:
        class_names: name of each label, from label 0 up; empty for images without labels.
        available: False when it has to be fetched first or cannot be read; `note` then says why.
    """

    name: str
    title: str
    train_count: int
    test_count: int
    class_names: tuple[str, ...]
    available: bool = True
    note: str = ""


class Once(Generic[T]):
    """A value made at the first call and kept, also when several threads call at once."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = Lock()
        self._made: list[T] = []

    def __call__(self) -> T:
        with self._lock:
            if not self._made:
                self._made.append(self._make())
            return self._made[0]


class Part:
    """The training or the held-out images. All arrays are read-only, since every page shares them.

    Attributes:
        count: number of images, known without loading them.
        pixels: call it for (count, 28, 28) uint8.
        images: call it for (count, 28, 28) float32 in [0, 1].
        labels: call it for (count,) int64; None for images without labels.
    """

    def __init__(
        self, count: int, pixels: Callable[[], NDArray[np.uint8]], labels: Callable[[], NDArray[np.int64]] | None
    ) -> None:
        self.count = count
        self.pixels = Once(lambda: _read_only(pixels()))
        self.images = Once(lambda: _read_only(as_floats(self.pixels())))
        self.labels = None if labels is None else Once(lambda: _read_only(labels()))

    def rows(self, rows: slice | NDArray[np.intp], count: int) -> Part:
        """The `count` images at `rows`, loaded when asked for."""
        labels = self.labels
        return Part(count, lambda: self.pixels()[rows], None if labels is None else lambda: labels()[rows])


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and held-out images of one kind. Arrays are loaded at first use, kept, shared and read-only.

    Attributes:
        class_names: name of each label, from label 0 up; empty for images without labels.
    """

    name: str
    title: str
    class_names: tuple[str, ...]
    train: Part
    test: Part

    @property
    def train_pixels(self) -> NDArray[np.uint8]:
        """(n, 28, 28) uint8: a quarter of the memory of `train_images`, so training uses these."""
        return self.train.pixels()

    @property
    def test_pixels(self) -> NDArray[np.uint8]:
        """(n, 28, 28) uint8, held out from training."""
        return self.test.pixels()

    @property
    def train_images(self) -> NDArray[np.float32]:
        """(n, 28, 28) float32 in [0, 1]; 188 MB for all of MNIST."""
        return self.train.images()

    @property
    def test_images(self) -> NDArray[np.float32]:
        """(n, 28, 28) float32 in [0, 1], held out from training."""
        return self.test.images()

    @property
    def train_labels(self) -> NDArray[np.int64] | None:
        """(n,) int64, or None for images without labels."""
        return None if self.train.labels is None else self.train.labels()

    @property
    def test_labels(self) -> NDArray[np.int64] | None:
        """(n,) int64, or None for images without labels."""
        return None if self.test.labels is None else self.test.labels()

    @property
    def info(self) -> DatasetInfo:
        """Names and counts, without loading images."""
        return DatasetInfo(self.name, self.title, self.train.count, self.test.count, self.class_names)

    def select(self, *, classes: Sequence[int] = (), train_size: int | None = None) -> Dataset:
        """Only these classes, in both parts, and of them the first `train_size` training images; loaded when asked for.

        Raises:
            ConfigError: its `field` is "classes" or "train_size", whichever this dataset cannot give.
        """
        if not classes and train_size is None:
            return self
        return _selected(self, tuple(sorted(set(classes))), train_size)


def evenly(count: int, most: int) -> NDArray[np.intp]:
    """Indices of at most `most` of `count` images, evenly spaced over all, rising."""
    return np.linspace(0, count - 1, min(most, count)).round().astype(np.intp)


def as_floats(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Grey levels 0 to 255, of whatever shape, as floats in [0, 1]."""
    return np.divide(pixels, np.float32(255), dtype=np.float32)


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
        return _open(_file(name, folder)).info
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


@lru_cache(maxsize=4)
def _selected(dataset: Dataset, classes: tuple[int, ...], train_size: int | None) -> Dataset:
    """Kept for the last few choices, so that pages which show the same run share its arrays."""
    train, test = _of_classes(dataset, classes) if classes else (dataset.train, dataset.test)
    if train_size is not None:
        if not 1 <= train_size <= train.count:
            raise ConfigError(
                "train_size",
                f"train_size must be at most {train.count}, all that {dataset.title} has of these classes, or 'all'. "
                f"Received: {train_size}.",
            )
        train = train.rows(slice(train_size), train_size)
    return replace(dataset, train=train, test=test)


def _of_classes(dataset: Dataset, classes: tuple[int, ...]) -> tuple[Part, Part]:
    def wrong(expected: str) -> ConfigError:
        return ConfigError("classes", f"classes must {expected}. Received: {'-'.join(map(str, classes))}.")

    train_labels, test_labels = dataset.train_labels, dataset.test_labels
    if train_labels is None or test_labels is None:
        raise wrong(f"be 'all' for {dataset.title}, which has no labels")
    present = np.union1d(train_labels, test_labels).tolist()
    if not set(classes) <= set(present):
        raise wrong(f"be among {', '.join(map(str, present))} for {dataset.title}")
    train_rows, test_rows = (np.flatnonzero(np.isin(labels, classes)) for labels in (train_labels, test_labels))
    if not (train_rows.size and test_rows.size):
        raise wrong(f"leave a training and a held-out image of {dataset.title}")
    return dataset.train.rows(train_rows, train_rows.size), dataset.test.rows(test_rows, test_rows.size)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array


def preview_indices(labels: NDArray[np.integer[Any]] | None, count: int) -> list[int]:
    """Indices of the sixteen (or fewer) images that stand for all: one of each class in turn.

    Args:
        labels: (count,) labels of the images, or None for data without any.
        count: how many images there are.
    """
    if labels is None:
        return list(range(min(PREVIEW_SIZE, count)))
    by_class = [np.flatnonzero(labels == label)[:PREVIEW_SIZE].tolist() for label in np.unique(labels)]
    chosen: list[int] = []
    for rank in range(PREVIEW_SIZE):
        chosen += [indices[rank] for indices in by_class if rank < len(indices)]
    return chosen[:PREVIEW_SIZE]


def preview_pixels(part: Part) -> NDArray[np.uint8]:
    """The images that stand for all of `part`, as `preview_indices` chooses them: (16, 28, 28) or fewer."""
    labels = None if part.labels is None else part.labels()
    return np.ascontiguousarray(part.pixels()[preview_indices(labels, part.count)])


def to_pixels(images: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Images in [0, 1] as grey levels 0 to 255; values outside are clipped, NaN becomes black."""
    clean = np.nan_to_num(images, nan=0.0, posinf=1.0, neginf=0.0)
    return np.round(np.clip(clean, 0, 1) * 255).astype(np.uint8)
