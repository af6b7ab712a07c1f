from __future__ import annotations

import errno
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.datasets import catalogue
from ae_core.datasets.catalogue import dataset_for, datasets_folder, describe, is_here, list_datasets, load_dataset
from ae_core.errors import ConfigError, DataError, StoreError
from ae_core.npz import write_npz
from tests.unit.datasets.stored import OWN, arrays, own_images


def test_a_dataset_is_here_as_long_as_its_file_is(tmp_path: Path) -> None:
    assert is_here("mnist", tmp_path)
    assert not is_here("fashion_mnist", tmp_path)
    assert not is_here("../../etc/passwd", tmp_path)
    own_images(tmp_path)
    assert is_here(OWN, tmp_path)
    (tmp_path / f"{OWN}.npz").unlink()
    assert not is_here(OWN, tmp_path)


def test_mnist_has_60000_training_and_10000_test_images() -> None:
    mnist = load_dataset()
    assert (mnist.train.count, mnist.test.count) == (60_000, 10_000)
    assert mnist.test_images.shape == (10_000, 28, 28)
    assert mnist.test_labels is not None
    assert mnist.test_labels[:5].tolist() == [7, 2, 1, 0, 4]


def test_everybody_gets_the_same_object() -> None:
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: load_dataset(), range(32)))
        images = list(pool.map(lambda data: data.test_images, loaded))
    assert all(data is loaded[0] for data in loaded)
    assert all(array is images[0] for array in images)


def test_a_config_chooses_its_images(tmp_path: Path) -> None:
    own_images(tmp_path, train=80)
    data = dataset_for(Config(dataset=OWN, classes=(1,), train_size=16), folder=tmp_path)
    assert (data.name, data.train.count, data.test.count) == (OWN, 16, 2)


@pytest.mark.parametrize("name", ["cifar", "../mnist", "images-0123456789ab", "fashion_mnist", "images-0123456789AB"])
def test_a_dataset_that_is_not_here_names_its_field(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_dataset(name, folder=tmp_path)
    assert caught.value.field == "dataset"


def test_a_name_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    write_npz(tmp_path / "mine.npz", arrays())
    (tmp_path / "datasets").mkdir()
    with pytest.raises(ConfigError):
        load_dataset("../mine", folder=tmp_path / "datasets")


def test_mnist_that_is_missing_is_told_in_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "MNIST_PATH", tmp_path / "mnist.npz")
    with pytest.raises(DataError, match=r"Restore ae_core/datasets/data/mnist\.npz"):
        load_dataset()


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)], ids=["empty", "text", "no members"])
def test_a_damaged_file_is_told_in_plain_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / f"{OWN}.npz").write_bytes(content)
    with pytest.raises(DataError, match="damaged"):
        load_dataset(OWN, folder=tmp_path)


@pytest.mark.parametrize(
    "change",
    [
        {"x_train": np.zeros((40, 32, 32), np.uint8)},
        {"x_train": np.zeros((40, 28, 28), np.float32)},
        {"x_train": np.zeros((0, 28, 28), np.uint8), "y_train": np.zeros(0, np.uint8)},
        {"y_train": np.zeros(39, np.uint8)},
    ],
    ids=["shape", "type", "none", "labels"],
)
def test_a_stored_file_with_other_arrays_is_damaged(tmp_path: Path, change: dict[str, np.ndarray[Any, Any]]) -> None:
    write_npz(tmp_path / f"{OWN}.npz", {**arrays(), **change})
    with pytest.raises(DataError, match="damaged"):
        load_dataset(OWN, folder=tmp_path)


def test_a_stored_file_with_more_classes_than_can_be_shown_says_so(tmp_path: Path) -> None:
    names = np.array([str(label) for label in range(256)])
    write_npz(tmp_path / f"{OWN}.npz", {**arrays(), "class_names": names})
    with pytest.raises(DataError, match=r"at most 250 classes, with labels from 0 to 249\. Received: 256\. Remove it"):
        load_dataset(OWN, folder=tmp_path)


def test_a_file_with_labels_in_one_part_only_is_damaged(tmp_path: Path) -> None:
    made = arrays()
    del made["y_test"]
    write_npz(tmp_path / f"{OWN}.npz", made)
    with pytest.raises(DataError, match="damaged"):
        load_dataset(OWN, folder=tmp_path)


def test_a_file_that_was_replaced_is_opened_anew(tmp_path: Path) -> None:
    assert own_images(tmp_path).train.count == 40
    assert own_images(tmp_path, train=50).train.count == 50


def test_what_a_list_says_of_a_file_is_read_once_until_it_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_images(tmp_path)
    assert list_datasets(tmp_path)[-1].train_count == 40
    with monkeypatch.context() as patch:
        patch.setattr(catalogue, "_open", lambda _: pytest.fail("read again"))
        assert list_datasets(tmp_path)[-1].train_count == 40
    own_images(tmp_path, train=50)
    assert list_datasets(tmp_path)[-1].train_count == 50


def test_the_list_has_damaged_and_unfetched_datasets_with_a_note(tmp_path: Path) -> None:
    (tmp_path / f"{OWN}.npz").write_bytes(b"damaged")
    (tmp_path / "images-other.npz").write_bytes(b"not one of ours")
    mnist, fashion, own = list_datasets(tmp_path)
    assert (mnist.name, mnist.available, mnist.class_names[9]) == ("mnist", True, "9")
    assert (fashion.name, fashion.available, fashion.class_names[9]) == ("fashion_mnist", False, "Ankle boot")
    assert (own.name, own.available) == (OWN, False)
    assert fashion.note
    assert own.note


def test_the_list_of_a_folder_that_is_not_there_is_that_of_the_shipped(tmp_path: Path) -> None:
    assert [info.name for info in list_datasets(tmp_path / "none")] == ["mnist", "fashion_mnist"]


def test_the_datasets_folder_is_in_the_runs_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AE_RUNS", "elsewhere")
    assert datasets_folder() == Path("elsewhere/datasets")
    monkeypatch.delenv("AE_RUNS")
    assert datasets_folder() == Path("runs/datasets")


def test_a_full_disk_leaves_no_half_file_and_the_old_one_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own_images(tmp_path)

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full)
    with pytest.raises(StoreError, match="No space left"):
        write_npz(tmp_path / f"{OWN}.npz", {})
    assert [path.name for path in tmp_path.iterdir()] == [f"{OWN}.npz"]
    assert load_dataset(OWN, folder=tmp_path).train.count == 40


def test_counts_are_known_without_loading_images(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue._described.cache_clear()
    monkeypatch.setattr(catalogue, "read_array", lambda *_: pytest.fail("read an array"))
    assert describe("mnist").train_count == 60_000
