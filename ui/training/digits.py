"""Digits that the network was not shown, and some of those it learns from: originals above their reconstructions."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.datasets.dataset import Dataset, Part
from ae_core.datasets.images import as_floats, preview_indices, to_pixels
from ae_core.runs.run import PreviewOf
from ui.components.rows.rows import digit_rows
from ui.shell.server import codec, data_for
from ui.training.snapshot import View

SHOWN = 10
"""Of the preview digits: one of each class of MNIST, as large as fits."""
TITLES: dict[PreviewOf, str] = {"held-out": "Held-out images", "training": "Training images"}


def show_digits(view: View) -> None:
    """Both kinds, painted in place while the training runs. Raises DamagedRunError, DataError or ConfigError."""
    data = data_for(view.config)
    errors = {of: _show(view, of, data) for of in TITLES}
    st.caption(_words(errors))


def _show(view: View, of: PreviewOf, data: Dataset) -> NDArray[np.float64] | None:
    """One kind; returns the mean squared error of each, None as long as nothing was reconstructed."""
    part = data.test if of == "held-out" else data.train
    indices = _preview(part)[:SHOWN]
    originals = part.pixels()[indices]
    made = _reconstructions(view, of, originals)
    errors = _errors(originals, originals if made is None else made)
    digit_rows(
        key=f"preview_{of}",
        title=TITLES[of],
        originals=originals,
        # Black, and no error beside it, as long as nothing was reconstructed.
        reconstructions=np.zeros_like(originals) if made is None else made,
        labels=_labels(part, data.class_names, indices),
        captions=["–" if made is None else f"{error:.3f}" for error in errors],
    )
    return None if made is None else errors


def _words(errors: dict[PreviewOf, NDArray[np.float64] | None]) -> str:
    held_out, training = errors["held-out"], errors["training"]
    below = "Below each: the mean squared error per pixel."
    if held_out is None or training is None:
        return f"{below} What a network learned by heart, it rebuilds better here than what it was not shown."
    return (
        f"{below} On average {held_out.mean():.4f} for these {len(held_out)} held-out images, {training.mean():.4f} "
        f"for these {len(training)} training images."
    )


def _reconstructions(view: View, of: PreviewOf, originals: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    made = view.reconstructions(of)
    if made is None and of == "training" and view.run and view.run.usable and not view.active:
        # An earlier version trained this run and kept none.
        opened = codec(view.run)
        return to_pixels(opened.decode(opened.encode(as_floats(originals))))
    return None if made is None else made[: len(originals)]


@lru_cache(maxsize=8)
def _preview(part: Part) -> NDArray[np.intp]:
    labels = None if part.labels is None else part.labels()
    return np.array(preview_indices(labels, part.count), np.intp)


def _labels(part: Part, names: tuple[str, ...], indices: NDArray[np.intp]) -> list[str]:
    if part.labels is None:
        return [""] * len(indices)
    return [names[label] for label in part.labels()[indices]]


def _errors(originals: NDArray[np.uint8], made: NDArray[np.uint8]) -> NDArray[np.float64]:
    difference = originals.astype(np.float64) - made
    return np.asarray(np.mean(np.square(difference / 255), axis=(1, 2)))
