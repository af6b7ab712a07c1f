from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ae_core.codecs.pca import PcaBasis, PcaCodec
from ae_core.datasets.catalogue import load_dataset
from ae_core.datasets.dataset import Dataset
from ae_core.errors import DataError, StoreError

Array = np.ndarray[Any, Any]

IMAGES = np.random.default_rng(0).integers(0, 256, (40, 28, 28), np.uint8)
FLOATS: Array = np.divide(IMAGES, 255, dtype=np.float32)


@pytest.fixture(scope="module")
def mnist() -> Dataset:
    return load_dataset()


@pytest.fixture(scope="module")
def basis(mnist: Dataset) -> PcaBasis:
    return PcaBasis.fit(mnist.train_pixels)


@pytest.fixture(scope="module")
def of_few() -> PcaBasis:
    return PcaBasis.fit(IMAGES)


@pytest.mark.parametrize(("latent_dim", "error"), [(2, 0.0557), (16, 0.02686), (32, 0.0168), (128, 0.0042)])
def test_held_out_error_on_mnist_is_the_known_one(
    mnist: Dataset, basis: PcaBasis, latent_dim: int, error: float
) -> None:
    digits = len(str(error)) - 2
    assert round(float(basis.held_out_mse(mnist.test_pixels)[latent_dim]), digits) == error


def test_held_out_error_is_that_of_the_codec(mnist: Dataset, basis: PcaBasis) -> None:
    images = mnist.test_images[:500]
    errors = basis.held_out_mse(images)
    for latent_dim in (1, 7, 256):
        codec = basis.codec(latent_dim)
        difference = codec.decode(codec.encode(images)) - images
        assert np.square(difference).mean() == pytest.approx(errors[latent_dim], rel=1e-4)
    assert errors.shape == (257,)
    assert errors[0] == pytest.approx(np.square(images - basis.mean.reshape(28, 28)).mean(), rel=1e-4)


def test_components_are_orthonormal_and_their_largest_entry_is_positive(basis: PcaBasis) -> None:
    assert np.allclose(basis.components @ basis.components.T, np.eye(256), atol=1e-5)
    assert (basis.components.max(axis=1) >= -basis.components.min(axis=1)).all()


def test_codes_vary_most_in_the_first_dimension(mnist: Dataset, basis: PcaBasis) -> None:
    spread = basis.codec(32).encode(mnist.test_images).std(axis=0)
    assert spread[0] == max(spread)
    assert spread[0] > 2 * spread[31]


def test_bytes_are_fitted_without_becoming_floats_as_a_whole(mnist: Dataset) -> None:
    pixels = mnist.train_pixels
    tracemalloc.start()
    try:
        PcaBasis.fit(pixels[:20_000])
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("grey", [0, 255])
def test_sums_of_bytes_are_exact_so_what_never_changes_has_no_component(grey: int) -> None:
    basis = PcaBasis.fit(np.full((3000, 28, 28), grey, np.uint8))
    assert not basis.components.any()
    assert basis.mean.tolist() == [grey / 255] * 784


def test_bytes_and_floats_give_the_same_basis(of_few: PcaBasis) -> None:
    of_floats = PcaBasis.fit(FLOATS)
    assert np.allclose(of_few.mean, of_floats.mean, atol=1e-6)
    assert np.allclose(of_few.components, of_floats.components, atol=1e-4)


def test_beyond_the_rank_of_few_images_components_are_zero(of_few: PcaBasis) -> None:
    assert np.allclose(np.linalg.norm(of_few.components[:39], axis=1), 1, atol=1e-5)
    assert not of_few.components[39:].any()
    assert of_few.held_out_mse(IMAGES)[39] == pytest.approx(0, abs=1e-9)


def test_images_that_are_all_the_same_are_their_mean() -> None:
    codec = PcaCodec.fit(np.repeat(FLOATS[:1], 20, axis=0), latent_dim=2)
    assert np.allclose(codec.decode(codec.encode(FLOATS[:1])), FLOATS[:1], atol=1e-6)


def test_a_codec_turns_images_into_codes_and_back() -> None:
    codec = PcaCodec.fit(FLOATS, latent_dim=39)
    codes = codec.encode(FLOATS)
    assert (codec.latent_dim, codes.shape) == (39, (40, 39))
    assert codes.dtype == np.float32
    decoded = codec.decode(codes)
    assert decoded.dtype == np.float32
    assert decoded.shape == FLOATS.shape
    assert np.allclose(decoded, FLOATS, atol=1e-5)


def test_no_images_give_no_codes(of_few: PcaBasis) -> None:
    codec = of_few.codec(3)
    assert codec.encode(np.zeros((0, 28, 28), np.float32)).shape == (0, 3)
    assert codec.decode(np.zeros((0, 3), np.float32)).shape == (0, 28, 28)


@pytest.mark.parametrize("latent_dim", [0, -1, 257])
def test_latent_dim_is_1_to_256(of_few: PcaBasis, latent_dim: int) -> None:
    with pytest.raises(DataError, match=rf"latent_dim must be 1 to 256\. Received: {latent_dim}"):
        of_few.codec(latent_dim)


@pytest.mark.parametrize(
    "images",
    [IMAGES[0], IMAGES.reshape(40, 784), IMAGES[:, :27], IMAGES.astype(np.int64), IMAGES[:0]],
    ids=["one", "flat", "small", "integers", "none"],
)
def test_a_basis_of_something_else_than_images_is_refused(of_few: PcaBasis, images: Array) -> None:
    for use in (PcaBasis.fit, of_few.held_out_mse):
        with pytest.raises(DataError, match="Received: "):
            use(images)


def test_values_that_are_not_finite_are_refused() -> None:
    with pytest.raises(DataError, match="finite"):
        PcaBasis.fit(np.full((40, 28, 28), np.nan, np.float32))


def test_bytes_cannot_be_encoded(of_few: PcaBasis) -> None:
    pixels: Array = IMAGES
    with pytest.raises(DataError, match="Divide them by 255"):
        of_few.codec(3).encode(pixels)


@pytest.mark.parametrize("shape", [(3,), (2, 4), (1, 2, 3)])
def test_codes_of_another_shape_are_refused(of_few: PcaBasis, shape: tuple[int, ...]) -> None:
    with pytest.raises(DataError, match=r"shape \(n, 3\)"):
        of_few.codec(3).decode(np.zeros(shape, np.float32))


def test_a_saved_basis_loads_the_same(of_few: PcaBasis, tmp_path: Path) -> None:
    of_few.save(tmp_path / "pca.npz")
    loaded = PcaBasis.load(tmp_path / "pca.npz")
    assert (loaded.mean == of_few.mean).all()
    assert (loaded.components == of_few.components).all()
    assert [path.name for path in tmp_path.iterdir()] == ["pca.npz"]


def test_a_missing_or_damaged_basis_is_told_in_plain_words(of_few: PcaBasis, tmp_path: Path) -> None:
    path = tmp_path / "pca.npz"
    with pytest.raises(DataError, match="cannot be read"):
        PcaBasis.load(path)
    of_few.save(path)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match="cannot be read"):
        PcaBasis.load(path)


@pytest.mark.parametrize(
    "arrays",
    [
        {"mean": np.zeros(784, np.float32)},
        {"mean": np.zeros(784, np.float32), "components": np.zeros((3, 785), np.float32)},
        {"mean": np.zeros(784), "components": np.zeros((3, 784))},
        {"mean": np.full(784, np.nan, np.float32), "components": np.zeros((3, 784), np.float32)},
    ],
    ids=["half", "shape", "doubles", "nan"],
)
def test_a_file_with_other_arrays_is_no_basis(tmp_path: Path, arrays: dict[str, Any]) -> None:
    np.savez(tmp_path / "pca.npz", **arrays)
    with pytest.raises(DataError, match="cannot be read"):
        PcaBasis.load(tmp_path / "pca.npz")


def test_a_basis_that_cannot_be_saved_is_told_in_plain_words(of_few: PcaBasis, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="Cannot write"):
        of_few.save(tmp_path / "file" / "pca.npz")


def test_the_browser_gets_pca_as_two_linear_layers(of_few: PcaBasis) -> None:
    codec = of_few.codec(7)
    spec, content = codec.browser_network()
    weights = np.frombuffer(content, "<f4")

    def dense(layer: dict[str, Any], values: Array) -> Array:
        (kernel, count), (bias, units) = layer["kernel"], layer["bias"]
        assert (layer["kind"], layer["activation"], layer["shape"]) == ("dense", "linear", [units])
        return values @ weights[kernel : kernel + count].reshape(-1, units) + weights[bias : bias + units]

    assert spec["schema"] == 1
    codes = dense(spec["encoder"][0], FLOATS.reshape(-1, 784))
    assert np.allclose(codes, codec.encode(FLOATS), atol=1e-5)
    images = dense(spec["decoder"][0], codes)
    assert np.allclose(images, codec.decode(codes).reshape(-1, 784), atol=1e-5)
    assert (spec["decoder"][1]["kind"], spec["decoder"][1]["shape"]) == ("reshape", [28, 28])
    assert len(weights) == 784 * 7 * 2 + 7 + 784
