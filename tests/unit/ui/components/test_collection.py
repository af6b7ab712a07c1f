"""Images, codes and what is known of them: what is sent, what is refused."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from ae_core.config.config import Config
from ae_core.config.hyperparameters import MOST_CLASSES
from ae_core.datasets.catalogue import dataset_for
from ae_core.datasets.uploads import add_images
from tests.unit.ui.components.blocks import unpack
from ui.components.collection.collection import Collection, usual_distance

COUNT = 5
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (COUNT, 28, 28), dtype=np.uint8)
CODES = RNG.normal(size=(COUNT, 3)).astype(np.float32)
LABELS = np.array([0, 1, 1, 0, 1])
ERRORS = np.linspace(0, 1, COUNT, dtype=np.float32)


def collection(**changes: Any) -> Collection:
    arguments: dict[str, Any] = {
        "images": IMAGES,
        "codes": CODES,
        "labels": LABELS,
        "class_names": ["a", "b"],
        "errors": ERRORS,
    }
    return Collection.of(**(arguments | changes))


def test_a_collection_carries_its_images_as_rows_of_an_atlas() -> None:
    header, blobs = unpack(collection().block)
    picture = np.asarray(Image.open(io.BytesIO(blobs["atlas0"])))
    assert picture.shape == (28, 2800)
    assert (picture[:, : COUNT * 28] == np.concatenate(IMAGES, axis=1)).all()
    assert (header["count"], header["latentDim"], header["classNames"]) == (COUNT, 3, ["a", "b"])
    assert list(blobs["labels"]) == LABELS.tolist()
    assert np.frombuffer(blobs["codes"], "<f4").tolist() == CODES.ravel().tolist()


def test_images_beyond_ten_thousand_go_into_a_second_atlas() -> None:
    count = 10_101
    images = np.zeros((count, 28, 28), np.uint8)
    images[-1] = 7
    zeros = np.zeros(count, np.float32)
    _, blobs = unpack(Collection.of(images, zeros[:, None], None, [], zeros).block)
    second = np.asarray(Image.open(io.BytesIO(blobs["atlas1"])))
    assert second.shape == (56, 2800)
    assert (second[28:, :28] == 7).all()
    assert "atlas2" not in blobs


def test_codes_of_many_numbers_travel_as_half_floats() -> None:
    codes = RNG.normal(size=(COUNT, 33)).astype(np.float32)
    codes[0, 0] = 1e6
    header, blobs = unpack(collection(codes=codes).block)
    assert header["half"]
    halves = np.frombuffer(blobs["codes"], "<f2").astype(np.float32)
    assert np.allclose(halves[1:], codes.ravel()[1:], rtol=1e-3, atol=1e-3)
    assert np.isfinite(halves).all()


def test_a_collections_name_stands_for_all_that_is_in_it() -> None:
    names = [
        collection().name,
        collection(images=IMAGES[::-1]).name,
        collection(codes=CODES + 1).name,
        collection(labels=None).name,
        collection(class_names=["a", "c"]).name,
        collection(errors=ERRORS * 2).name,
    ]
    assert len(set(names)) == len(names)
    assert collection().name == names[0]


def test_the_usual_distance_is_the_median_to_the_nearest_other() -> None:
    assert usual_distance(np.array([[0], [1], [4], [100]], np.float32)) == pytest.approx((1 + 3) / 2)
    assert usual_distance(np.ones((20, 4), np.float32)) == 0
    assert usual_distance(np.ones((1, 4), np.float32)) == 0


def test_the_usual_distance_of_codes_far_from_zero_is_exact() -> None:
    codes = (1000 + np.arange(50)[:, None] / 64).astype(np.float32)
    assert usual_distance(codes) == pytest.approx(1 / 64)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": IMAGES[:0]}, "images must hold at least one image. Received: none."),
        ({"images": IMAGES.astype(float)}, "images must be uint8"),
        ({"codes": CODES[:2]}, r"codes must be of shape \(5, latent_dim\). Received: \(2, 3\)."),
        ({"codes": CODES[:, 0]}, r"codes must be of shape \(5, latent_dim\). Received: \(5,\)."),
        ({"codes": CODES * np.float32(np.nan)}, "codes must be finite"),
        ({"errors": ERRORS[:2]}, r"errors must be of shape \(5,\). Received: \(2,\)."),
        ({"labels": LABELS[:2]}, r"labels must be of shape \(5,\). Received: \(2,\)."),
        ({"labels": LABELS + 1}, "labels must be places in the 2 class_names. Received: 1 to 2."),
        ({"class_names": [str(name) for name in range(300)]}, "class_names must be at most 250. Received: 300."),
    ],
)
def test_a_collection_refuses_what_does_not_fit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        collection(**changes)


def test_the_largest_labels_that_can_be_added_go_into_a_config_and_onto_the_map(tmp_path: Path) -> None:
    content, images = io.BytesIO(), RNG.integers(0, 256, (40, 28, 28), np.uint8)
    np.savez(content, x_train=images, y_train=np.arange(40) % 3 + MOST_CLASSES - 3)
    added = add_images({"mine.npz": content.getvalue()}, title="mine", folder=tmp_path)
    config = Config(dataset=added.name, classes=(MOST_CLASSES - 3, MOST_CLASSES - 1))
    part = dataset_for(config, folder=tmp_path)
    assert part.train_labels is not None
    codes = np.zeros((part.train.count, 2), np.float32)
    made = Collection.of(part.train_pixels, codes, part.train_labels, part.class_names, codes[:, 0])
    assert max(unpack(made.block)[1]["labels"]) == MOST_CLASSES - 1
