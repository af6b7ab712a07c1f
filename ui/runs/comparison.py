"""Two to four codecs side by side: what they were trained with, what they rebuild, and how well."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ae_core.config.hyperparameters import FIELDS
from ae_core.config.layers import IMAGE_SHAPE
from ae_core.datasets.catalogue import describe
from ae_core.datasets.dataset import Dataset
from ae_core.datasets.images import as_floats, preview_indices, to_pixels
from ae_core.evaluation.comparison import NONE, Figures, differing, figures
from ae_core.evaluation.metrics import Interval, squared_errors
from ae_core.preprocessing.corruption import RANGES, Spoil, spoil
from ui.components.arrival.arrival import lead_to
from ui.components.strips.strips import Strip, digit_strips
from ui.runs.comparison_charts import Curve, class_chart, curve_chart
from ui.selection.codecs import PCA, Choice, choose_codecs, codec_choice
from ui.selection.open_codecs import OpenCodec, open_chosen
from ui.selection.run import damage_mendable, told_apart
from ui.shell.errors import shown_plainly, unmarked
from ui.shell.fragment import fragment
from ui.shell.palette import colour, compared
from ui.shell.server import baseline_mse, data_for, store

Floats = NDArray[np.float32]

PLACE = "comparison"
COMPARED = Choice("compare", "Compare", 4, "four", with_pca=True, each_pca=True)
WAYS = {
    "Noise": ("noise", 0.4, 0.05),
    "Patch": ("patch", 10, 1),
    "Rotation": ("rotate", 30.0, 5.0),
    "Shift": ("shift_x", 5.0, 1.0),
    "Stroke": ("thicken", 1.0, 0.25),
}
"""Ways to spoil a digit: the field of `Spoil`, how much at first, and steps of the slider."""
WAY = "compare_way"
INTERVAL_WORDS = (
    "± is half of the 95 % interval, 1.96 standard errors of the mean over the test images: how far other test images "
    "might move the figure, not how far another training would. PSNR is the mean over images. SSIM is that of Wang et "
    "al. (2004)."
)


@dataclass(frozen=True, eq=False)
class _Side:
    """One of the codecs that are compared, with its name and colour among them."""

    name: str
    colour: str
    codec: OpenCodec


def compare(keys: Sequence[str]) -> None:
    """Choose these runs, and PCA where there is but one, and show them; a callback."""
    st.session_state[COMPARED.key] = [*keys, *([PCA] if len(keys) == 1 else [])]
    choose_codecs(COMPARED, st.session_state[COMPARED.key])
    lead_to(PLACE)


def show_comparison() -> None:
    """The choice of codecs and all that is compared, what is ready at once first."""
    with st.container(key=PLACE):
        st.subheader("Compare", anchor=False)
    # What comes and goes stands in containers, so that what is below keeps its place.
    with st.container():
        chosen = codec_choice(COMPARED)
        sides = _sides(open_chosen(chosen)) if len(chosen) > 1 else []
    if len(sides) < 2:
        st.caption("Choose two to four to see them side by side. PCA can be one of them.")
        return
    with st.container():
        _settings(sides)
    if len({_images(side) for side in sides}) > 1:
        st.info(
            "These learned from different images, so that they cannot be shown the same digits. Each figure below is "
            "of a network's own held-out images."
        )
        alike = False
    else:
        alike = True
        data = data_for(sides[0].codec.config)
        _digits(sides, data)
        fragment(_spoiled)(sides, data)
    _curves(sides)
    _figures(sides, alike=alike)


def _sides(codecs: Sequence[OpenCodec]) -> list[_Side]:
    names = told_apart(codec.run for codec in codecs if codec.run)
    # Of several PCAs, the first has the colour that PCA has everywhere.
    first = next((codec for codec in codecs if not codec.run), None)
    return [
        _Side(
            names[codec.run.key] if codec.run else codec.name,
            colour("pca") if codec is first else compared(place),
            codec,
        )
        for place, codec in enumerate(codecs)
    ]


def _images(side: _Side) -> tuple[str, tuple[int, ...]]:
    """What tells held-out images apart."""
    return side.codec.config.dataset, side.codec.config.classes


def _settings(sides: Sequence[_Side]) -> None:
    configs = [side.codec.config for side in sides if side.codec.run]
    rows = differing(configs)
    if "dataset" in rows:
        rows["dataset"] = [describe(config.dataset, store().root / "datasets").title for config in configs]
    if not rows:
        st.caption("One network beside PCA, which has no settings but its number of dimensions.")
        return
    table = {}
    for name, texts in rows.items():
        left = iter(texts)
        table[FIELDS[name].label] = [next(left) if side.codec.run else _of_pca(name, side) for side in sides]
    st.markdown("**Settings that differ**")
    st.dataframe(pd.DataFrame(table, index=[side.name for side in sides]).T, key="compare_settings")


def _of_pca(name: str, side: _Side) -> str:
    return str(side.codec.latent_dim) if name == "latent_dim" else NONE


def _curves(sides: Sequence[_Side]) -> None:
    curves, levels = [], []
    for side in sides:
        run = side.codec.run
        if run is None:
            error = baseline_mse(side.codec.config, side.codec.latent_dim)
            levels += [] if error is None else [Curve(side.name, side.colour, [], [error])]
            continue
        with damage_mendable(run.key, run.title):
            history = run.history()
            curves.append(Curve(side.name, side.colour, history.step, history.held_out_mse))
    st.markdown("**Held-out error while training**")
    curve_chart(key="compare_curves", curves=curves, levels=levels)


def _digits(sides: Sequence[_Side], data: Dataset) -> None:
    indices = preview_indices(data.test_labels, data.test.count)
    images = as_floats(data.test_pixels[indices])
    st.markdown("**The same test digits**")
    digit_strips(
        key="compare_digits",
        strips=[Strip("Original", data.test_pixels[indices], _labels(data, indices)), *_rebuilt(sides, images, images)],
    )
    st.caption("Below each: the mean squared error per pixel.")


def _labels(data: Dataset, indices: Sequence[int]) -> list[str]:
    labels = data.test_labels
    return [f"no. {index}" if labels is None else data.class_names[labels[index]] for index in indices]


def _rebuilt(sides: Sequence[_Side], seen: Floats, clean: Floats) -> list[Strip]:
    """What each codec makes of `seen` (n, 28, 28), with its error against `clean`."""
    strips = []
    for side in sides:
        made = side.codec.codec.decode(side.codec.codec.encode(seen))
        errors = [f"{error:.4f}" for error in squared_errors(clean, made)]
        strips.append(Strip(side.name, to_pixels(made), errors, side.colour))
    return strips


def _spoiled(sides: Sequence[_Side], data: Dataset) -> None:
    with shown_plainly():
        st.markdown("**The same digits, spoiled**")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            way = st.segmented_control("Spoil with", list(WAYS), default=next(iter(WAYS)), required=True, key=WAY)
            field, usual, step = WAYS[way]
            low, high = RANGES[field]
            kind = type(usual)
            amount = st.slider("How much", kind(low), kind(high), usual, kind(step), key=f"compare_{field}", width=320)
        indices = preview_indices(data.test_labels, data.test.count)
        clean = as_floats(data.test_pixels[indices])
        how = Spoil.from_json({field: amount})
        seen = np.stack([spoil(image, how) for image in clean])
        errors = [f"{error:.4f}" for error in squared_errors(clean, seen)]
        digit_strips(
            key="compare_spoiled",
            strips=[Strip("What they see", to_pixels(seen), errors), *_rebuilt(sides, seen, clean)],
        )
        st.caption("Below each: the mean squared error against the clean digit.")


def _figures(sides: Sequence[_Side], *, alike: bool) -> None:
    st.markdown("**On all held-out images**")
    table, chart = st.container(), st.container()
    measured = []
    for side in sides:
        data = data_for(side.codec.config)
        with table, st.spinner(f"{unmarked(side.name)} rebuilds {data.test.count:,} images…"):
            measured.append(_measured(side, data))
    with table:
        rows = [_row(side, found) for side, found in zip(sides, measured, strict=True)]
        st.dataframe(
            pd.DataFrame(rows, index=[side.name for side in sides]),
            key="compare_figures",
            # Names that begin alike are told apart by their ends. On a phone they make way for the figures.
            column_config={"_index": st.column_config.Column(width=290, pinned=False)},
        )
        st.caption(INTERVAL_WORDS)
    if alike and measured[0].by_class:
        with chart:
            _by_class(sides, measured)


def _measured(side: _Side, data: Dataset) -> Figures:
    """Worked out once for all visitors. Raises DataError."""
    return _cached(side.codec.model, *_images(side), side.codec, data)


@st.cache_resource(max_entries=200, show_spinner=False)
def _cached(
    model: str,  # noqa: ARG001 the name of a network's weights
    dataset: str,  # noqa: ARG001
    classes: tuple[int, ...],  # noqa: ARG001
    _codec: OpenCodec,
    _data: Dataset,
) -> Figures:
    return figures(_codec.codec, _data.test_pixels, _data.test_labels)


def _row(side: _Side, found: Figures) -> dict[str, str]:
    """A row of the table of figures."""
    run = side.codec.run
    # PCA's are the mean image and an image for each dimension.
    params = run.status.params if run else prod(IMAGE_SHAPE) * (1 + side.codec.latent_dim)
    return {
        "MSE": _with_interval(found.mse, 5),
        "PSNR (dB)": _with_interval(found.psnr, 2),
        "SSIM": _with_interval(found.ssim, 4),
        "Cross-entropy": _with_interval(found.cross_entropy, 4),
        "Neg. ELBO": f"{run.status.neg_elbo:.1f}" if run and run.status.neg_elbo is not None else NONE,
        "Parameters": f"{params:,}",
        "Training": f"{run.status.seconds:,.1f} s" if run else NONE,
        "Images": f"{found.images:,}",
    }


def _with_interval(value: Interval, digits: int) -> str:
    return f"{value.mean:.{digits}f} ± {value.half:.{digits}f}"


def _by_class(sides: Sequence[_Side], measured: Sequence[Figures]) -> None:
    names = data_for(sides[0].codec.config).class_names
    st.markdown("**Error by class**")
    class_chart(
        key="compare_classes",
        names=[side.name for side in sides],
        colours=[side.colour for side in sides],
        errors=[{names[label]: error for label, error in found.by_class.items()} for found in measured],
    )
