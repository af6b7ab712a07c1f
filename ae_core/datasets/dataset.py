"""Sets of 28 x 28 grey images, to learn from and held out.

Each of its arrays stays on the disk until somebody asks for it: pages need the 10,000 test images of MNIST (8 MB as
bytes), hardly ever the 60,000 training ones (47 MB, or 188 as floats). Those are let go again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from threading import Lock, Timer
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ae_core.config.layers import PIXELS
from ae_core.datasets.images import as_floats, preview_indices
from ae_core.errors import ConfigError

T = TypeVar("T")

FLOAT_BYTES = 4
LARGE_BYTES = 2**24
UNUSED_SECONDS = 10.0
"""For so long an array of more than `LARGE_BYTES` is kept unused; reading it again takes a third of a second."""


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
    """A value made at the first call and kept, also when several threads call at once.

    Args:
        make: what makes it.
        unused_seconds: after so long without a call it is let go, and made anew at the next; None keeps it for good.
    """

    def __init__(self, make: Callable[[], T], *, unused_seconds: float | None = None) -> None:
        self._make = make
        self._unused_seconds = unused_seconds
        self._lock = Lock()
        self._made: list[T] = []
        self._used = 0.0

    def __call__(self) -> T:
        with self._lock:
            self._used = time.monotonic()
            if not self._made:
                self._made.append(self._make())
                self._let_go_in(self._unused_seconds)
            return self._made[0]

    def _let_go_in(self, seconds: float | None) -> None:
        if seconds is not None:
            timer = Timer(seconds, self._let_go_if_unused)
            timer.daemon = True
            timer.start()

    def _let_go_if_unused(self) -> None:
        with self._lock:
            left = self._used + (self._unused_seconds or 0) - time.monotonic()
            if left > 0:
                self._let_go_in(left)
            else:
                self._made.clear()


class Part:
    """The training or the held-out images. All arrays are read-only, since every page shares them.

    A large array that nobody has asked for in a while is read anew for the next who does.

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
        self.pixels = Once(lambda: _read_only(pixels()), unused_seconds=_patience(count * PIXELS))
        self.images = Once(
            lambda: _read_only(as_floats(self.pixels())), unused_seconds=_patience(count * PIXELS * FLOAT_BYTES)
        )
        self.labels = None if labels is None else Once(lambda: _read_only(labels()))

    def preview(self) -> NDArray[np.uint8]:
        """The images that stand for all, as `preview_indices` chooses them: (16, 28, 28) or fewer."""
        labels = None if self.labels is None else self.labels()
        return np.ascontiguousarray(self.pixels()[preview_indices(labels, self.count)])

    def rows(self, rows: slice | NDArray[np.intp], count: int) -> Part:
        """The `count` images at `rows`, loaded when asked for."""
        labels = self.labels
        return Part(count, lambda: self.pixels()[rows], None if labels is None else lambda: labels()[rows])


@dataclass(frozen=True, eq=False)
class Dataset:
    """Training and held-out images of one kind. Arrays are loaded at first use, shared and read-only; see `Part`.

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


def _patience(size: int) -> float | None:
    """For how long an array of `size` bytes is kept unused, in seconds; None for good."""
    return UNUSED_SECONDS if size > LARGE_BYTES else None


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    array.setflags(write=False)
    return array
