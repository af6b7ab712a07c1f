"""The board: each run as a dot, its number of dimensions against its held-out error, above the curve of PCA."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from ae_core.config.config import Config
from ae_core.config.hyperparameters import FIELDS
from ae_core.runs.run import Run
from ui.selection.codecs import images_title
from ui.selection.run import told_apart
from ui.shell.errors import shown_plainly
from ui.shell.legend import legend_of
from ui.shell.palette import FAMILY, colour, family_colour
from ui.shell.server import baseline_errors, has_data
from ui.training.chart import TITLES

HEIGHT = 380
IMAGES = "board_images"
PCA_NAME = "PCA"
SHAPES = {"autoencoder": "circle", "variational": "triangle-up"}


def show_scoreboard(runs: Sequence[Run]) -> None:
    """The board of those `runs` that have been measured, all of the same images; nothing when there are none."""
    measured = [run for run in runs if run.usable and run.status.test_mse is not None]
    if not measured:
        return
    st.subheader("The board", anchor=False)
    kinds = {images_of(run.config): run for run in measured}
    chosen = next(iter(kinds))
    if len(kinds) > 1:
        titles = {images.key: images_title(images) for images in kinds}
        key = st.selectbox("Images", list(titles), format_func=lambda key: titles.get(key, key), key=IMAGES)
        chosen = next((images for images in kinds if images.key == key), chosen)
    shown = [run for run in measured if images_of(run.config) == chosen]
    curve = None
    with shown_plainly():
        curve = baseline_errors(chosen) if has_data(chosen) else None
    rows = board_rows(shown, curve)
    st.vega_lite_chart(rows, _specification(rows), key="scoreboard", width="stretch", height=HEIGHT)
    st.caption(
        "One dot a run, further down is better. "
        + ("The line is PCA, the best that a linear network can do." if curve else "PCA is being fitted.")
    )


def images_of(config: Config) -> Config:
    """The settings that say which held-out images a run is measured on, all others being usual."""
    return Config(dataset=config.dataset, classes=config.classes)


def board_rows(runs: Sequence[Run], curve: Sequence[float] | None) -> pd.DataFrame:
    """Columns kind, name, dimensions, error: a row a run, and a row for each of PCA's dimensions from 1.

    Args:
        curve: PCA's held-out errors with 0, 1, ... dimensions.
    """
    names = told_apart(runs)
    dots: list[dict[str, object]] = [
        {
            "kind": FIELDS["family"].words(run.config.family),
            "name": names[run.key],
            "dimensions": run.config.latent_dim,
            "error": run.status.test_mse,
        }
        for run in runs
    ]
    line: list[dict[str, object]] = [
        {"kind": PCA_NAME, "name": PCA_NAME, "dimensions": dim, "error": error}
        for dim, error in enumerate(curve or ())
        # A logarithmic axis has no place for an error of nothing.
        if dim > 0 and error > 0
    ]
    return pd.DataFrame(dots + line)


def _specification(rows: pd.DataFrame) -> dict[str, Any]:
    titles = {family: FIELDS["family"].words(family) for family in FAMILY}
    there = [family for family, title in titles.items() if title in set(rows["kind"])]
    kinds = [titles[family] for family in there]
    colours = {"domain": [*kinds, PCA_NAME], "range": [*map(family_colour, there), colour("pca")]}
    # Three in a row are too many for a phone.
    look = {"orient": "top", "title": None, "labelLimit": 260, "columns": 2}
    legend = legend_of(rows, [*kinds, PCA_NAME], look, field="kind")
    return {
        "encoding": {
            "x": {
                "field": "dimensions",
                "type": "quantitative",
                "title": "Latent dimensions",
                "scale": {"type": "log", "base": 2, "domain": [1, 256], "nice": False, "padding": 12},
                "axis": {"values": [1, 2, 4, 8, 16, 32, 64, 128, 256], "format": "d"},
            },
            "y": {
                "field": "error",
                "type": "quantitative",
                "title": TITLES["mse"],
                "scale": {"type": "log", "nice": True},
                "axis": {"tickCount": 6},
            },
            "color": {"field": "kind", "type": "nominal", "scale": colours, "legend": legend},
            "tooltip": [
                {"field": "name", "title": "Run"},
                {"field": "dimensions", "title": "Dimensions", "type": "quantitative"},
                {"field": "error", "title": TITLES["mse"], "type": "quantitative", "format": ".5f"},
            ],
        },
        "layer": [
            {
                "transform": [{"filter": {"field": "kind", "equal": PCA_NAME}}],
                "mark": {"type": "line", "strokeWidth": 2, "strokeDash": [2, 3], "tooltip": True},
            },
            {
                "transform": [{"filter": {"not": {"field": "kind", "equal": PCA_NAME}}}],
                "mark": {"type": "point", "filled": True, "size": 140, "opacity": 0.9, "tooltip": True},
                "encoding": {
                    "shape": {
                        "field": "kind",
                        "type": "nominal",
                        "scale": {"domain": [*kinds, PCA_NAME], "range": [*(SHAPES[f] for f in there), "stroke"]},
                        "legend": legend,
                    }
                },
            },
        ],
    }
