"""What every codec must do, and what is particular to those that LiteRT runs."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from ae_core.codecs.codec import BATCH, Codec, LiteRtCodec, open_codec, read_network
from ae_core.codecs.pca import PcaCodec
from ae_core.datasets.dataset import Dataset
from ae_core.errors import DamagedRunError, DataError, RunNotFoundError
from ae_core.runs.run import Run, Status
from ae_core.runs.store import RunStore
from tests.unit.tiny import DENSE


@pytest.fixture(scope="module")
def images(zeros_and_ones: Dataset) -> np.ndarray[Any, Any]:
    """More than fit into one pass."""
    return zeros_and_ones.test_images[: 3 * BATCH + 7]


@pytest.fixture(scope="module", params=["dense", "conv", "pca"])
def codec(request: pytest.FixtureRequest, zeros_and_ones: Dataset) -> Codec:
    if request.param == "pca":
        return PcaCodec.fit(zeros_and_ones.train_pixels, latent_dim=4)
    return open_codec(request.getfixturevalue(f"{request.param}_run"))


def test_a_codec_turns_images_into_codes_and_back(codec: Codec, images: np.ndarray[Any, Any]) -> None:
    codes = codec.encode(images)
    decoded = codec.decode(codes)
    assert (codes.shape, codes.dtype) == ((len(images), codec.latent_dim), np.float32)
    assert (decoded.shape, decoded.dtype) == (images.shape, np.float32)
    assert codec.latent_dim == 4


def test_a_codec_takes_no_images_at_all(codec: Codec, images: np.ndarray[Any, Any]) -> None:
    codes = codec.encode(images[:0])
    assert (codes.shape, codes.dtype) == ((0, codec.latent_dim), np.float32)
    assert codec.decode(codes).shape == (0, 28, 28)


def test_a_codec_gives_each_image_the_same_code_alone_as_among_others(
    codec: Codec, images: np.ndarray[Any, Any]
) -> None:
    codes = codec.encode(images)
    for index in (0, BATCH - 1, BATCH, len(images) - 1):
        assert np.allclose(codec.encode(images[index : index + 1])[0], codes[index], atol=1e-5)
        assert np.allclose(codec.decode(codes[index : index + 1])[0], codec.decode(codes)[index], atol=1e-5)


@pytest.mark.parametrize("shape", [(28, 28), (3, 784), (3, 28, 27), (3, 28, 28, 1), (), (0,), (0, 27, 28)])
def test_a_codec_refuses_images_of_another_shape(codec: Codec, shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=r"must have the shape .* Received: "):
        codec.encode(np.zeros(shape, np.float32))


@pytest.mark.parametrize("shape", [(4,), (3, 5), (3, 3), (3, 4, 1), (0,), (0, 5)])
def test_a_codec_refuses_codes_of_another_shape(codec: Codec, shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=r"must have the shape .* Received: "):
        codec.decode(np.zeros(shape, np.float32))


def test_a_codec_takes_arrays_as_they_come_and_leaves_them_alone(codec: Codec, images: np.ndarray[Any, Any]) -> None:
    expected = codec.encode(images[10:0:-1].copy())
    doubles = images[:20].astype(np.float64)
    before = doubles.copy()
    assert np.allclose(codec.encode(images[10:0:-1]), expected, atol=1e-6)
    assert np.allclose(codec.encode(doubles[10:0:-1]), expected, atol=1e-6)
    assert np.array_equal(doubles, before)


def test_results_of_a_codec_stay_as_they_were_when_it_is_used_again(codec: Codec, images: np.ndarray[Any, Any]) -> None:
    first = codec.encode(images[:3])
    kept = first.copy()
    codec.encode(images[3:6])
    assert np.array_equal(first, kept)


def test_a_codec_may_be_used_by_several_threads_at_once(codec: Codec, images: np.ndarray[Any, Any]) -> None:
    pieces = [images[start : start + 5 + start % 7] for start in range(0, 300, 3)]
    alone = [codec.decode(codec.encode(piece)) for piece in pieces]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda piece: codec.decode(codec.encode(piece)), pieces))
    assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(alone, together, strict=True))


def test_who_brings_no_images_gets_none_back_even_beside_others(codec: Codec, images: np.ndarray[Any, Any]) -> None:
    pieces = [images[: count % 3] for count in range(200)]
    with ThreadPoolExecutor(8) as threads:
        codes = list(threads.map(codec.encode, pieces))
    assert [len(code) for code in codes] == [len(piece) for piece in pieces]


@pytest.mark.parametrize("name", ["dense_run", "conv_run"])
def test_litert_gives_what_keras_gives(name: str, images: np.ndarray[Any, Any], request: pytest.FixtureRequest) -> None:
    run: Run = request.getfixturevalue(name)
    encoder, decoder = (keras.models.load_model(run.path / f"{half}.keras") for half in ("encoder", "decoder"))
    codes = encoder.predict(images, verbose=0)
    codec = open_codec(run)
    assert np.abs(codec.encode(images) - codes).max() < 1e-5
    assert np.abs(codec.decode(codes) - decoder.predict(codes, verbose=0)).max() < 1e-5


def test_a_trained_codec_reconstructs_better_than_a_grey_image(dense_run: Run, images: np.ndarray[Any, Any]) -> None:
    codec = open_codec(dense_run)
    error = np.mean((codec.decode(codec.encode(images)) - images) ** 2)
    assert error < np.mean((images - images.mean()) ** 2)


def cut(folder: Path, name: str, kept: int) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[:kept])


CODEC_DAMAGE: dict[str, Callable[[Path], Any]] = {
    "a missing encoder": lambda folder: (folder / "encoder.tflite").unlink(),
    "a missing decoder": lambda folder: (folder / "decoder.tflite").unlink(),
    "an empty encoder": lambda folder: cut(folder, "encoder.tflite", 0),
    "half an encoder": lambda folder: cut(folder, "encoder.tflite", 4000),
    "a decoder cut short": lambda folder: cut(folder, "decoder.tflite", -1000),
    "random bytes": lambda folder: (folder / "encoder.tflite").write_bytes(np.random.default_rng(0).bytes(5000)),
    "two encoders": lambda folder: shutil.copy(folder / "encoder.tflite", folder / "decoder.tflite"),
    "two decoders": lambda folder: shutil.copy(folder / "decoder.tflite", folder / "encoder.tflite"),
}


@pytest.mark.parametrize("damage", CODEC_DAMAGE)
def test_a_damaged_codec_is_told_with_the_run_to_delete(dense_run: Run, tmp_path: Path, damage: str) -> None:
    folder = shutil.copytree(dense_run.path, tmp_path / dense_run.key)
    CODEC_DAMAGE[damage](folder)
    with pytest.raises(DamagedRunError, match=rf"Run {dense_run.key} is damaged: .* Delete the run"):
        LiteRtCodec.load(folder)


@pytest.mark.parametrize("state", ["queued", "training", "paused", "failed"])
def test_a_run_without_a_codec_is_not_opened(tmp_path: Path, state: Any) -> None:
    run = RunStore(tmp_path).create(replace(DENSE, seed=9))
    run.write_status(Status(state))
    with pytest.raises(RunNotFoundError, match=rf"run {run.key}, {state}\. Train it to its end first"):
        open_codec(run.fresh())


def test_a_run_that_was_deleted_is_not_opened(dense_run: Run, tmp_path: Path) -> None:
    shutil.copytree(dense_run.path, tmp_path / dense_run.key)
    store = RunStore(tmp_path)
    run = store.open(dense_run.key)
    store.delete(run.key)
    with pytest.raises(RunNotFoundError):
        open_codec(run.fresh())


@pytest.mark.parametrize("name", ["network.json", "network.bin"])
def test_weights_for_the_browser_that_cannot_be_read_are_damage(dense_run: Run, tmp_path: Path, name: str) -> None:
    run = Run(Path(shutil.copytree(dense_run.path, tmp_path / dense_run.key)), dense_run.config)
    assert read_network(run)[1]
    (run.path / name).unlink()
    with pytest.raises(DamagedRunError, match=r"network\.json or network\.bin"):
        read_network(run)
