from __future__ import annotations

import errno
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ae_core.config.config import Config
from ae_core.datasets import dataset as datasets
from ae_core.datasets import fashion_mnist
from ae_core.datasets.dataset import Dataset, dataset_for, datasets_folder, is_here, list_datasets, load_dataset
from ae_core.datasets.fashion_mnist import fetch_fashion_mnist
from ae_core.errors import ConfigError, DataError, StoreError
from ae_core.npz import write_npz

OWN = "images-0123456789ab"


def arrays(*, train: int = 40, test: int = 8, labels: bool = True) -> dict[str, np.ndarray[Any, Any]]:
    """Image i is filled with the value i, and has label i % 4."""
    made: dict[str, np.ndarray[Any, Any]] = {}
    for part, count in (("train", train), ("test", test)):
        values = np.arange(count, dtype=np.uint8)
        made[f"x_{part}"] = np.tile(values[:, None, None], (1, 28, 28))
        if labels:
            made[f"y_{part}"] = values % 4
    return made


def own_images(folder: Path, **changes: Any) -> Dataset:
    write_npz(folder / f"{OWN}.npz", arrays(**changes))
    return load_dataset(OWN, folder=folder)


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


def test_everybody_gets_the_same_object() -> None:
    with ThreadPoolExecutor(8) as pool:
        loaded = list(pool.map(lambda _: load_dataset(), range(32)))
        images = list(pool.map(lambda data: data.test_images, loaded))
    assert all(data is loaded[0] for data in loaded)
    assert all(array is images[0] for array in images)


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


def test_counts_are_known_without_loading_images(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasets, "read_array", lambda *_: pytest.fail("read an array"))
    assert datasets.describe("mnist").train_count == 60_000


def test_test_images_of_mnist_cost_less_than_50_megabytes() -> None:
    tracemalloc.start()
    try:
        assert len(datasets._open(datasets._file("mnist", None)).test_images) == 10_000
        assert tracemalloc.get_traced_memory()[1] < 50_000_000
    finally:
        tracemalloc.stop()


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
    monkeypatch.setattr(datasets, "MNIST_PATH", tmp_path / "mnist.npz")
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


def idx(array: np.ndarray[Any, Any]) -> bytes:
    shape = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + shape + array.astype(np.uint8).tobytes()


def write_fashion(home: Path) -> None:
    made = arrays()
    (home / "datasets").mkdir()
    for file, key in (("train", "train"), ("t10k", "test")):
        (home / "datasets" / f"{file}-images-idx3-ubyte.gz").write_bytes(idx(made[f"x_{key}"]))
        (home / "datasets" / f"{file}-labels-idx1-ubyte.gz").write_bytes(idx(made[f"y_{key}"]))


def test_fashion_mnist_is_there_once_it_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "_download", write_fashion)
    info = fetch_fashion_mnist(tmp_path)
    assert (info.available, info.title, info.train_count, info.test_count) == (True, "Fashion-MNIST", 40, 8)
    assert load_dataset("fashion_mnist", folder=tmp_path).class_names[0] == "T-shirt/top"


def test_fashion_mnist_is_fetched_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "_download", write_fashion)
    fetch_fashion_mnist(tmp_path)
    monkeypatch.setattr(fashion_mnist, "_download", lambda _: pytest.fail("fetched twice"))
    assert fetch_fashion_mnist(tmp_path).available


def test_no_network_is_told_in_plain_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fashion_mnist, "FETCH", "raise SystemExit('URL fetch failure')")
    with pytest.raises(DataError, match="could not be downloaded"):
        fetch_fashion_mnist(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_child_process_downloads_into_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        fashion_mnist, "FETCH", "import os, pathlib; (pathlib.Path(os.environ['KERAS_HOME']) / 'a').touch()"
    )
    fashion_mnist._download(tmp_path)
    assert (tmp_path / "a").exists()
