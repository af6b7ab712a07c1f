from __future__ import annotations

import gzip
import pickle
import tracemalloc
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile

import numpy as np
import pytest

from ae_core.config.fields import Name
from ae_core.datasets.catalogue import list_datasets, load_dataset
from ae_core.datasets.uploads import add_images, read_images, remove_images
from ae_core.errors import DataError, StoreError

Array = np.ndarray[Any, Any]

IMAGES = np.random.default_rng(0).integers(0, 256, (50, 28, 28), np.uint8)
LABELS = np.arange(50, dtype=np.uint8) % 3


def npz(**arrays: Array) -> bytes:
    file = BytesIO()
    np.savez_compressed(file, allow_pickle=True, **arrays)
    return file.getvalue()


def zipped(member: str, content: bytes, method: int = ZIP_DEFLATED) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w", method) as archive:
        archive.writestr(member, content)
    return file.getvalue()


def header(shape: str, descr: str = "'|u1'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


def idx(array: Array) -> bytes:
    shape = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + shape + array.astype(np.uint8).tobytes()


def read(**arrays: Array) -> dict[str, Array]:
    return dict(read_images([("mine.npz", npz(**arrays))]))


def refused(data: bytes, name: str = "mine.npz") -> str:
    with pytest.raises(DataError) as caught:
        read_images([(name, data)])
    return str(caught.value)


@contextmanager
def at_most(megabytes: int) -> Iterator[None]:
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < megabytes * 1_000_000
    finally:
        tracemalloc.stop()


def test_added_images_are_a_dataset_like_any_other(tmp_path: Path) -> None:
    info = add_images({"mine.npz": npz(x_train=IMAGES, y_train=LABELS)}, title="My digits", folder=tmp_path)
    data = load_dataset(info.name, folder=tmp_path)
    assert (info.title, info.class_names, info.train_count, info.test_count) == ("My digits", ("0", "1", "2"), 45, 5)
    assert (data.test_pixels == IMAGES[9::10]).all()
    assert (data.train_pixels[9] == IMAGES[10]).all()
    assert data.test_labels is not None
    assert (data.test_labels == LABELS[9::10]).all()
    assert info in list_datasets(tmp_path)


def test_a_name_fits_the_field_of_a_config(tmp_path: Path) -> None:
    info = add_images({"mine.npz": npz(x=IMAGES)}, title="x", folder=tmp_path)
    assert Name(group="", label="", help="").read(info.name) == info.name


def test_the_same_images_added_again_are_the_first_ones(tmp_path: Path) -> None:
    first = add_images({"mine.npz": npz(x_train=IMAGES)}, title="First", folder=tmp_path)
    again = add_images([("images.idx", idx(IMAGES))], title="Again", folder=tmp_path)
    assert again == first
    assert len(list(tmp_path.iterdir())) == 1


def test_other_labels_make_another_name(tmp_path: Path) -> None:
    names = {
        add_images({"a.npz": npz(x_train=IMAGES, y_train=labels)}, title="x", folder=tmp_path).name
        for labels in (LABELS, LABELS[::-1])
    }
    assert len(names) == 2


def test_many_who_add_the_same_at_once_get_one_file(tmp_path: Path) -> None:
    data = npz(x_train=IMAGES)
    with ThreadPoolExecutor(8) as pool:
        infos = list(pool.map(lambda _: add_images({"a.npz": data}, title="x", folder=tmp_path), range(16)))
    assert len({info.name for info in infos}) == 1
    assert [path.name for path in tmp_path.iterdir()] == [f"{infos[0].name}.npz"]


def test_a_damaged_file_is_mended_by_adding_its_images_again(tmp_path: Path) -> None:
    info = add_images({"a.npz": npz(x_train=IMAGES)}, title="x", folder=tmp_path)
    (tmp_path / f"{info.name}.npz").write_bytes(b"")
    assert add_images({"a.npz": npz(x_train=IMAGES)}, title="x", folder=tmp_path).available


def test_a_folder_that_cannot_be_written_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="Cannot write"):
        add_images({"a.npz": npz(x_train=IMAGES)}, title="x", folder=tmp_path / "file")


def test_removed_images_are_gone_and_may_be_removed_again(tmp_path: Path) -> None:
    info = add_images({"a.npz": npz(x_train=IMAGES)}, title="x", folder=tmp_path)
    remove_images(info.name, tmp_path)
    remove_images(info.name, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "../images-0123456789ab"])
def test_only_own_images_can_be_removed(tmp_path: Path, name: str) -> None:
    with pytest.raises(DataError, match="Only images that were added"):
        remove_images(name, tmp_path)


def test_a_file_that_cannot_be_removed_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "images-0123456789ab.npz").mkdir()
    with pytest.raises(StoreError, match="Cannot write"):
        remove_images("images-0123456789ab", tmp_path)


@pytest.mark.parametrize("title", ["", " \n ", "x" * 81])
def test_a_title_is_1_to_80_characters(title: str) -> None:
    with pytest.raises(DataError, match="title must be 1 to 80 characters"):
        add_images({"a.npz": npz(x_train=IMAGES)}, title=title)


def test_a_title_is_one_line_of_printable_letters(tmp_path: Path) -> None:
    info = add_images({"数字.npz": npz(x_train=IMAGES)}, title="手書き\n ﾃﾞ\u202eータ\x00", folder=tmp_path)
    assert info.title == "手書き ﾃﾞータ"


def test_a_test_part_is_kept_as_it_is() -> None:
    arrays = read(x_train=IMAGES, y_train=LABELS, x_test=IMAGES[:7], y_test=LABELS[:7])
    assert {key: len(array) for key, array in arrays.items()} == {
        "x_train": 50, "y_train": 50, "x_test": 7, "y_test": 7,
    }  # fmt: skip


@pytest.mark.parametrize(("images", "labels"), [("images", "labels"), ("x", "y")])
def test_other_names_of_arrays_are_understood(images: str, labels: str) -> None:
    assert set(read(**{images: IMAGES, labels: LABELS})) == {"x_train", "y_train", "x_test", "y_test"}


def test_other_arrays_in_the_file_are_left_alone() -> None:
    assert set(read(x_train=IMAGES, notes=np.array({"a": 1}, dtype=object))) == {"x_train", "x_test"}


@pytest.mark.parametrize(
    "images",
    [
        IMAGES[..., None],
        np.asfortranarray(IMAGES),
        IMAGES.astype(">i8"),
        IMAGES.astype(np.float32) / 255,
        IMAGES.astype(np.float64) / 255,
    ],
    ids=["channel", "fortran", "integers", "floats", "doubles"],
)
def test_every_way_to_write_the_same_images_reads_the_same(images: Array) -> None:
    arrays = read(x_train=images, x_test=images)
    assert arrays["x_train"].dtype == np.uint8
    assert (arrays["x_test"] == IMAGES).all()


def test_fractions_are_rounded_to_the_nearest_byte() -> None:
    arrays = read(x_train=np.full((50, 28, 28), 0.5))
    assert (arrays["x_train"] == 128).all()


def test_the_name_that_keras_uses_comes_first() -> None:
    arrays = read(images=IMAGES, x_train=255 - IMAGES)
    assert arrays["x_train"][0, 0, 0] == 255 - IMAGES[0, 0, 0]


@pytest.mark.parametrize(
    ("images", "words"),
    [
        (IMAGES[:, :27], r"shape \(n, 28, 28\)\. Received: \(50, 27, 28\)"),
        (IMAGES.reshape(50, 784), r"shape \(n, 28, 28\)"),
        (np.zeros((50, 28, 28, 3), np.uint8), r"shape \(n, 28, 28\)"),
        (np.array(7, np.uint8), r"shape \(n, 28, 28\)"),
        (IMAGES[:31], "32 to 200,000.* Received: 31 for training"),
        (IMAGES[:0], "32 to 200,000"),
        (IMAGES.astype(np.int16) * 2, "from 0 to 255"),
        (IMAGES.astype(np.int16) - 1, "Received: -1 to 254"),
        (IMAGES.astype(np.float32), "fractions from 0 to 1"),
        (np.full((50, 28, 28), np.nan), "Received: nan"),
        (np.full((50, 28, 28), np.inf), "Received: inf"),
        (IMAGES.astype(np.complex64), "hold numbers. Received: complex64"),
        (IMAGES.astype("U3"), "hold numbers"),
        (IMAGES == 0, "hold numbers. Received: bool"),
    ],
)
def test_arrays_that_are_no_images_are_refused(images: Array, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read(x_train=images)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (LABELS[:49], r"shape \(50,\), one label for each image. Received: \(49,\)"),
        (LABELS[:, None], r"shape \(50,\)"),
        (np.array(7), r"shape \(50,\)"),
        (LABELS.astype(np.int16) - 1, "whole numbers from 0 to 249. Received: -1"),
        (LABELS + 248, "whole numbers from 0 to 249. Received: 248 to 250. Number the classes from 0 up."),
        (LABELS + 0.5, "whole numbers"),
        (LABELS.astype("U3"), "hold numbers"),
    ],
)
def test_labels_that_are_none_are_refused(labels: Array, words: str) -> None:
    with pytest.raises(DataError, match=words):
        read(x_train=IMAGES, y_train=labels)


def test_labels_that_are_whole_floats_are_taken() -> None:
    arrays = read(x_train=IMAGES, y_train=LABELS.astype(np.float64))
    assert arrays["y_test"].tolist() == LABELS[9::10].tolist()


def test_labels_of_one_part_only_are_refused() -> None:
    with pytest.raises(DataError, match="both have labels, or neither"):
        read(x_train=IMAGES, x_test=IMAGES, y_test=LABELS)


def test_labels_without_their_images_are_refused() -> None:
    with pytest.raises(DataError, match="must come with their images"):
        read(x_train=IMAGES, y_train=LABELS, y_test=LABELS)


def test_an_empty_test_part_is_refused() -> None:
    with pytest.raises(DataError, match="50 for training and 0 for testing"):
        read(x_train=IMAGES, x_test=IMAGES[:0])


def test_a_file_without_images_says_what_it_holds() -> None:
    assert "Received: a, b." in refused(npz(b=LABELS, a=LABELS))
    assert "Received: no arrays." in refused(zipped("x_train", b"not an array"))


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (Path("pickled"),)


def test_python_objects_are_refused_and_not_unpickled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    objects = np.empty(40, dtype=object)
    objects[:] = [Bomb() for _ in objects]
    assert "Python objects" in refused(npz(x_train=objects))
    assert "begins with" in refused(pickle.dumps(Bomb()), name="mine.pkl")
    assert list(tmp_path.iterdir()) == []


def test_a_pickle_called_an_array_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "damaged" in refused(zipped("x_train.npy", pickle.dumps(Bomb())))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "data", [npz(x_train=IMAGES), gzip.compress(idx(IMAGES)), idx(IMAGES)], ids=["npz", "gz", "idx"]
)
def test_a_file_cut_short_anywhere_is_refused(data: bytes) -> None:
    for length in (5, 17, 20, len(data) // 2, len(data) - 30, len(data) - 1):
        refused(data[:length])


@pytest.mark.parametrize("data", [npz(x_train=IMAGES), gzip.compress(idx(IMAGES))], ids=["npz", "gz"])
def test_a_changed_byte_is_noticed(data: bytes) -> None:
    changed = bytearray(data)
    changed[len(data) // 2] ^= 0xFF
    assert "damaged" in refused(bytes(changed))


@pytest.mark.parametrize(
    "content",
    [
        header("(10**12, 28, 28)"),
        header("(1000000000000, 28, 28)"),
        header("(-1, 28, 28)") + bytes(784),
        header("(50, 28, 28)") + bytes(50 * 784 - 1),
        header("(50, 28, 28)") + bytes(50 * 784 + 1),
        header("(" * 300),
        header("(50, 28, 28)", descr="'|V784'"),
        header("-" * 9000 + "1"),
        b"\x93NUMPY\x09\x00" + bytes(200),
        b"\x93NUMPY",
        b"",
    ],
)
def test_a_header_that_does_not_fit_its_content_is_refused(content: bytes) -> None:
    with at_most(10):
        assert "damaged" in refused(zipped("x_train.npy", content))


def test_a_giant_header_is_not_read() -> None:
    data = zipped("x_train.npy", b"\x93NUMPY\x02\x00" + (50_000_000).to_bytes(4, "little") + b" " * 50_000_000)
    with at_most(10):
        assert "damaged" in refused(data)


def test_more_images_than_the_limit_are_refused_before_they_are_unpacked() -> None:
    data = zipped("x_train.npy", header("(200001, 28, 28)") + bytes(200_001 * 784))
    with at_most(10):
        assert "Received: 200,001 for training" in refused(data)


def test_a_gzip_bomb_is_not_unpacked() -> None:
    beyond = gzip.compress(idx(IMAGES) + bytes(200_000_000), 1)
    claimed = gzip.compress(bytes([0, 0, 8, 3]) + b"\xff\xff\xff\xff" + b"\0\0\0\x1c" * 2 + bytes(100_000_000), 1)
    with at_most(10):
        assert "damaged" in refused(beyond, name="a.gz")
        assert "Received: 4,294,967,295 for training" in refused(claimed, name="a.gz")


def test_an_archive_of_countless_members_is_not_listed() -> None:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        for number in range(1001):
            archive.writestr(str(number), b"")
    assert "at most 1000 arrays" in refused(file.getvalue())


def test_other_compressions_are_refused() -> None:
    assert "another compression" in refused(zipped("x_train.npy", header("(50, 28, 28)"), ZIP_LZMA))


def test_more_than_100_megabytes_are_refused() -> None:
    assert "at most 100 MB" in refused(bytes(100_000_001))


def test_no_files_are_refused() -> None:
    with pytest.raises(DataError, match="Received: 0 files"):
        read_images([])


@pytest.mark.parametrize("squeeze", [bytes, gzip.compress], ids=["plain", "gz"])
def test_idx_files_are_told_apart_by_their_content_and_name(squeeze: Any) -> None:
    arrays = read_images(
        [
            ("train-labels-idx1-ubyte", squeeze(idx(LABELS))),
            ("t10k-labels-idx1-ubyte", squeeze(idx(LABELS[:5]))),
            ("train-images-idx3-ubyte", squeeze(idx(IMAGES))),
            ("t10k-images-idx3-ubyte", squeeze(idx(IMAGES[:5]))),
        ]
    )
    assert (arrays["x_train"] == IMAGES).all()
    assert (arrays["y_train"] == LABELS).all()
    assert (arrays["x_test"] == IMAGES[:5]).all()
    assert (arrays["y_test"] == LABELS[:5]).all()


def test_idx_images_alone_are_split() -> None:
    arrays = read_images([("latest.idx", idx(IMAGES))])
    assert (len(arrays["x_train"]), len(arrays["x_test"])) == (45, 5)


def test_two_idx_files_of_one_kind_are_refused_by_name() -> None:
    with pytest.raises(DataError, match=r"one file of each kind. Received: a and b\?"):
        read_images([("a", idx(IMAGES)), ("b\n", idx(IMAGES))])


def test_idx_files_without_training_images_are_refused() -> None:
    with pytest.raises(DataError, match=r"must hold training images\. Received: test, labels"):
        read_images([("test", idx(IMAGES)), ("labels", idx(LABELS))])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "an empty file"),
        (b"\x00\x00\x08", "begins with 00 00 08"),
        (b"\x00\x00\x0d" + idx(IMAGES)[3:], "begins with 00 00 0d 03"),
        (b"\x00\x00\x08\x02" + idx(IMAGES)[4:], "begins with 00 00 08 02"),
        (b"\x00\x00\x08\x03\x00\x00", "begins with 00 00 08 03"),
        (b"\x89PNG", "begins with 89 50 4e 47"),
        (b"PK\x05\x06" + bytes(18), "begins with 50 4b 05 06"),
    ],
)
def test_a_file_of_another_kind_is_refused(data: bytes, words: str) -> None:
    assert words in refused(data, name="train")


def test_idx_images_of_another_size_are_refused() -> None:
    assert "Received: (50, 32, 32)" in refused(idx(np.zeros((50, 32, 32))), name="train")


def test_an_npz_file_comes_alone() -> None:
    with pytest.raises(DataError, match="must come alone"):
        read_images([("a.idx", idx(IMAGES)), ("a.npz", npz(x_train=IMAGES))])
