"""Features of images by a network that was never trained."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from ae_core.datasets.catalogue import load_dataset
from ae_core.evaluation.random_features import CHUNK, LAYERS, random_features

DIGITS = load_dataset("mnist").test_images[: CHUNK + 3]


def test_each_image_has_its_features_whatever_stands_beside_it() -> None:
    together = random_features(DIGITS)
    assert together.shape == (len(DIGITS), 7 * 7 * LAYERS[-1][1])
    assert together.dtype == np.float32
    assert np.allclose(together[-2:], random_features(DIGITS[-2:]), atol=1e-5)


def test_they_are_those_of_convolutions_with_halving() -> None:
    from scipy.signal import correlate2d

    from ae_core.evaluation.random_features import _kernels

    values = DIGITS[:1].transpose(1, 2, 0)  # (28, 28, 1)
    for kernel in _kernels():
        maps = []
        for which in range(kernel.shape[-1]):
            parts = [correlate2d(values[..., c], kernel[c, :, :, which], "same") for c in range(len(kernel))]
            maps.append(np.maximum(sum(parts), 0))
        side = len(maps[0]) // 2
        values = np.stack([one.reshape(side, 2, side, 2).max(axis=(1, 3)) for one in maps], axis=-1)
    assert np.allclose(random_features(DIGITS[:1])[0], values.ravel(), atol=1e-4)


def test_even_grey_is_nothing_to_the_first_layer_but_at_the_edge() -> None:
    grey, black = (random_features(np.full((1, 28, 28), level, np.float32)) for level in (0.5, 0.0))
    assert not black.any()
    inside = grey.reshape(7, 7, -1)[2:5, 2:5]
    assert np.abs(inside).max() < 1e-5


def test_they_are_the_same_in_another_process() -> None:
    code = (
        "import numpy as np; from ae_core.evaluation.random_features import random_features; "
        "print(repr(float(random_features(np.eye(28, dtype=np.float32)[None]).sum())))"
    )
    root = Path(__file__).parents[3]
    said = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True).stdout
    assert float(said) == float(random_features(np.eye(28, dtype=np.float32)[None]).sum())
