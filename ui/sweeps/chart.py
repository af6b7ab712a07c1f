"""The curve of a sweep: a value across, the error up, beside PCA's; its points appear while the runs come to an end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from ae_core.config.config import FIELDS
from ae_core.config.fields import Integer, Number
from ae_core.runs.sweep import Sweep
from ui.shell.legend import legend_of
from ui.shell.palette import colour
from ui.shell.server import baseline_mse
from ui.sweeps.state import Trial

Axis = Literal["linear", "log", "ordinal"]
TRAINED, SO_FAR, PCA = "Trained", "Not trained to its end", "PCA"
SERIES = [TRAINED, SO_FAR, PCA]
HEIGHT = 380
WIDE = 8
"""From this ratio of the largest value to the least on, the axis is logarithmic."""


def sweep_chart(*, key: str, sweep: Sweep, trials: Sequence[Trial], logarithmic: bool) -> None:
    """Show the curve; called again with the same key, it grows in place.

    Args:
        trials: one for each value of `sweep`.
        logarithmic: whether errors are.
    """
    rows = chart_rows(sweep, trials)
    st.vega_lite_chart(
        rows,
        _specification(rows, sweep, logarithmic=logarithmic),
        key=key,
        width="stretch",
        height=HEIGHT,
    )


def chart_rows(sweep: Sweep, trials: Sequence[Trial]) -> pd.DataFrame:
    """Columns place, label, mse, series: one row a point. `place` is None where values have no size."""
    ordinal = axis_of(sweep) == "ordinal"
    places = [None if ordinal else float(value) for value in sweep.values]
    rows = []
    for place, trial in zip(places, trials, strict=True):
        own, pca = trial.mse, baseline_mse(trial.config, trial.config.latent_dim)
        if own is not None:
            rows.append((place, trial.label, own, TRAINED if trial.trained else SO_FAR))
        if pca is not None:
            rows.append((place, trial.label, pca, PCA))
    return pd.DataFrame(rows, columns=["place", "label", "mse", "series"])


def axis_of(sweep: Sweep) -> Axis:
    """How the values stand along the axis: by size where they have one and it can be seen."""
    values = sweep.values
    if not isinstance(FIELDS[sweep.field], (Integer, Number)) or None in values or sweep.field == "seed":
        return "ordinal"
    positive = [value for value in values if value > 0]
    if max(values) / min(positive) < WIDE:
        return "linear"
    # Zero has no place on a logarithmic axis, and on a linear one all but the largest would stand on top of it.
    return "log" if len(positive) == len(values) else "ordinal"


def _specification(rows: pd.DataFrame, sweep: Sweep, *, logarithmic: bool) -> dict[str, Any]:
    legend = legend_of(rows, SERIES, {"orient": "top", "title": None, "labelLimit": 260, "symbolStrokeWidth": 0})
    y = {
        "field": "mse",
        "type": "quantitative",
        "title": "Held-out mean squared error",
        "scale": {"type": "log" if logarithmic else "linear", "zero": not logarithmic, "nice": True},
        "axis": {"tickCount": 5},
    }
    tooltip = [
        {"field": "series", "title": "Curve"},
        {"field": "label", "title": FIELDS[sweep.field].label, "type": "nominal"},
        {"field": "mse", "title": "Held-out mean squared error", "format": ".5f"},
    ]
    return {
        "encoding": {
            "x": _across(sweep),
            "y": y,
            "color": _by_series([colour("held-out"), colour("held-out"), colour("pca")], legend),
            "tooltip": tooltip,
        },
        "layer": [
            {
                "transform": [{"filter": {"field": "series", "oneOf": [TRAINED, PCA]}}],
                "mark": {"type": "line", "strokeWidth": 2.2},
                "encoding": {"strokeDash": _by_series([[1, 0], [1, 0], [2, 3]], None)},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
                "encoding": {"shape": _by_series(["circle", "triangle-down", "square"], legend)},
            },
        ],
    }


def _across(sweep: Sweep) -> dict[str, Any]:
    axis = axis_of(sweep)
    shared = {"title": FIELDS[sweep.field].label}
    if axis == "ordinal":
        return {
            **shared, "field": "label", "type": "ordinal", "sort": sweep.labels, "scale": {"domain": sweep.labels},
            "axis": {"labelAngle": 0, "labelLimit": 90, "labelOverlap": "greedy"},
        }  # fmt: skip
    values = list(sweep.values)
    return {
        **shared,
        "field": "place",
        "type": "quantitative",
        # The whole axis from the start, so that no point moves when another one comes.
        "scale": {"type": axis, "domain": [values[0], values[-1]], "nice": False, "zero": False, "padding": 14},
        "axis": {"values": values, "format": ",~g", "labelOverlap": "greedy"},
    }


def _by_series(values: list[Any], legend: dict[str, Any] | None) -> dict[str, Any]:
    return {"field": "series", "type": "nominal", "scale": {"domain": SERIES, "range": values}, "legend": legend}
