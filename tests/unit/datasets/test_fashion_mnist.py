from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ae_core.datasets import fashion_mnist
from ae_core.datasets.catalogue import load_dataset
from ae_core.datasets.fashion_mnist import fetch_fashion_mnist
from ae_core.errors import DataError
from tests.unit.datasets.stored import arrays


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
