from __future__ import annotations

import time
import tracemalloc
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ae_core.datasets import catalogue, dataset
from ae_core.datasets.catalogue import load_dataset
from ae_core.datasets.dataset import Part
from ae_core.errors import ConfigError, DataError
from ae_core.npz import write_npz
from tests.unit.datasets.stored import OWN, own_images
from tests.unit.waiting import wait_until


def test_images_are_floats_from_0_to_1_and_labels_are_int64() -> None:
    mnist = load_dataset()
    assert mnist.test_images.dtype == np.float32
    assert (mnist.test_images.min(), mnist.test_images.max()) == (0, 1)
    assert mnist.test_labels is not None
    assert mnist.test_labels.dtype == np.int64


def test_images_are_the_pixels_divided_by_255(tmp_path: Path) -> None:
    data = own_images(tmp_path)
    assert data.train_images[5, 0, 0] == np.float32(5) / np.float32(255)


def test_arrays_cannot_be_written_to() -> None:
    mnist = load_dataset()
    for array in (mnist.test_pixels, mnist.test_images, mnist.test_labels, mnist.select(classes=(1,)).test_images):
        assert array is not None
        assert not array.flags.writeable


def test_the_training_images_are_not_read_for_the_test_images(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 28, 28), np.uint8)
    path = tmp_path / f"{OWN}.npz"
    write_npz(path, {"x_train": noise, "x_test": noise[:10]})
    content = bytearray(path.read_bytes())
    content[40_000:50_000] = bytes(10_000)  # In the middle of the training images, which come first.
    path.write_bytes(content)

    data = load_dataset(OWN, folder=tmp_path)
    assert (data.test_pixels == noise[:10]).all()
    with pytest.raises(DataError, match="damaged"):
        _ = data.train_pixels


def test_test_images_of_mnist_cost_less_than_50_megabytes() -> None:
    tracemalloc.start()
    try:
        assert len(catalogue._open(catalogue._file("mnist", None)).test_images) == 10_000
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


def test_a_large_array_is_let_go_once_nobody_has_asked_for_it_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "LARGE_BYTES", 1000)
    monkeypatch.setattr(dataset, "UNUSED_SECONDS", 0.2)
    reads: list[int] = []

    def read() -> NDArray[np.uint8]:
        reads.append(len(reads))
        return np.full((10, 28, 28), len(reads), np.uint8)

    part = Part(10, read, None)
    kept = weakref.ref(part.pixels())
    wait_until(lambda: kept() is None, "the array to be let go")
    assert part.pixels()[0, 0, 0] == 2


def test_a_large_array_in_use_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dataset, "LARGE_BYTES", 1000)
    monkeypatch.setattr(dataset, "UNUSED_SECONDS", 0.5)
    reads: list[None] = []
    part = Part(10, lambda: reads.append(None) or np.zeros((10, 28, 28), np.uint8), None)
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        part.pixels()
    assert len(reads) == 1


def test_small_arrays_and_labels_are_kept() -> None:
    data = load_dataset()
    assert data.test.pixels._unused_seconds is None
    assert data.train.labels is not None
    assert data.train.labels._unused_seconds is None
    assert data.train.pixels._unused_seconds == dataset.UNUSED_SECONDS


def test_classes_are_selected_in_both_parts(tmp_path: Path) -> None:
    chosen = own_images(tmp_path).select(classes=(1, 3))
    assert chosen.train_labels is not None
    assert chosen.test_labels is not None
    assert set(chosen.train_labels) == set(chosen.test_labels) == {1, 3}
    assert chosen.train_pixels[:4, 0, 0].tolist() == [1, 3, 5, 7]
    assert (chosen.train.count, chosen.test.count) == (len(chosen.train_pixels), len(chosen.test_pixels)) == (20, 4)


def test_train_size_takes_the_first_images_after_the_classes(tmp_path: Path) -> None:
    chosen = own_images(tmp_path).select(classes=(2,), train_size=3)
    assert chosen.train_pixels[:, 0, 0].tolist() == [2, 6, 10]
    assert chosen.train_images.shape == (3, 28, 28)
    assert chosen.test.count == 2


def test_a_smaller_training_set_shares_the_test_images(tmp_path: Path) -> None:
    data = own_images(tmp_path)
    assert data.select(train_size=16).test_images is data.test_images


def test_selecting_everything_is_the_dataset_itself(tmp_path: Path) -> None:
    data = own_images(tmp_path)
    assert data.select() is data


def test_the_same_selection_is_the_same_object(tmp_path: Path) -> None:
    data = own_images(tmp_path)
    assert data.select(classes=(3, 1, 1)) is data.select(classes=(1, 3))


@pytest.mark.parametrize(
    ("choice", "field", "words"),
    [
        ({"classes": (1, 9)}, "classes", "among 0, 1, 2, 3 .* Received: 1-9"),
        ({"train_size": 41}, "train_size", "at most 40.* Received: 41"),
        ({"train_size": 0}, "train_size", "Received: 0"),
        ({"train_size": 11, "classes": (0,)}, "train_size", "at most 10"),
    ],
)
def test_a_choice_the_data_cannot_give_names_its_field(
    tmp_path: Path, choice: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        own_images(tmp_path).select(**choice)
    assert caught.value.field == field


def test_classes_of_images_without_labels_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no labels"):
        own_images(tmp_path, labels=False).select(classes=(1,))


def test_classes_that_leave_no_test_image_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="held-out"):
        own_images(tmp_path, test=2).select(classes=(3,))


def test_images_without_labels_have_none(tmp_path: Path) -> None:
    data = own_images(tmp_path, labels=False)
    assert data.train_labels is None
    assert data.test_labels is None
