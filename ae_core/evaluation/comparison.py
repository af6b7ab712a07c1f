"""What codecs are compared by: each measure over the held-out images, with how sure it is, and by class; settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ae_core.config.config import Config
from ae_core.config.hyperparameters import FIELDS
from ae_core.errors import ConfigError
from ae_core.evaluation.metrics import Interval, cross_entropies, interval, psnrs, reconstructed, squared_errors, ssims

if TYPE_CHECKING:
    from ae_core.codecs.codec import Codec


NONE = "–"
"""Stands where there is nothing to say."""


@dataclass(frozen=True)
class Figures:
    """How well a codec rebuilds a set of images: means over the images, with 95 % intervals.

    Attributes:
        images: how many.
        mse: mean squared error per pixel.
        psnr: peak signal-to-noise ratio in decibels, the mean over images, which is not that of the mean error.
        ssim: structural similarity, at most 1.
        cross_entropy: binary cross-entropy per pixel in nats.
        by_class: the mean squared error per pixel of each label that occurs; empty without labels.
    """

    images: int
    mse: Interval
    psnr: Interval
    ssim: Interval
    cross_entropy: Interval
    by_class: dict[int, Interval]


def figures(
    codec: Codec, images: NDArray[np.float32] | NDArray[np.uint8], labels: NDArray[np.integer[Any]] | None = None
) -> Figures:
    """Encode and decode all images in batches, once, and measure what is lost.

    Args:
        images: (n, 28, 28), as floats in [0, 1] or as bytes.
        labels: (n,), or None for images without labels.

    Raises:
        DataError: there are no images.
    """
    measured = [
        (squared_errors(original, made), ssims(original, made), cross_entropies(original, made))
        for original, made in reconstructed(codec, images)
    ]
    errors, similarities, entropies = (np.concatenate(values) for values in zip(*measured, strict=True))
    return Figures(
        images=len(images),
        mse=interval(errors),
        psnr=interval(psnrs(errors)),
        ssim=interval(similarities),
        cross_entropy=interval(entropies),
        by_class={} if labels is None else by_class(errors, labels),
    )


def by_class(errors: NDArray[np.float64], labels: NDArray[np.integer[Any]]) -> dict[int, Interval]:
    """The mean of `errors` (n,) for each value in `labels` (n,), the smallest label first."""
    return {int(label): interval(errors[labels == label]) for label in np.unique(labels)}


def differing(configs: Sequence[Config]) -> dict[str, list[str]]:
    """The fields in which `configs` differ, each with one text a config; `NONE` where a training ignores the field."""
    rows = {}
    for name, field in FIELDS.items():
        values = [getattr(config.canonical, name) for config in configs]
        texts = [NONE if _ignores(config, name, values) else field.words(getattr(config, name)) for config in configs]
        if len(set(texts)) > 1:
            rows[name] = texts
    return rows


def _ignores(config: Config, name: str, values: Iterable[Any]) -> bool:
    """Whether it is the same training with each of `values` in its field `name`, though they are not all its own."""
    others = [value for value in values if value != getattr(config.canonical, name)]
    try:
        return bool(others) and all(replace(config, **{name: value}).key == config.key for value in others)
    except ConfigError:
        # It does not go with the other fields: so it counts.
        return False
