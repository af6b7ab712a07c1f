"""The chart of a sweep: the error of each value, beside PCA's; its points appear while the runs come to an end.

Values that have an order make a curve. Others, such as optimizers, are rows with a dot each: between them is nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from ae_core.config.fields import Integer, Number
from ae_core.config.hyperparameters import FIELDS
from ae_core.runs.sweep import Sweep
from ui.shell.legend import legend_of
from ui.shell.palette import colour
from ui.shell.server import baseline_mse
from ui.sweeps.state import Trial

Axis = Literal["linear", "log", "ordinal"]
TRAINED, SO_FAR, PCA = "Trained", "Not trained to its end", "PCA"
SERIES = [TRAINED, SO_FAR, PCA]
HEIGHT = 380
ROW_HEIGHT = 46
"""Of a value that has a row to itself."""
AXES_HEIGHT = 110
"""Of all that stands around the rows."""
LABEL_LIMIT = 190
"""Pixels for the name of a value: more than the longest takes."""
UPRIGHT = 28
"""As many characters of all values together stand side by side on a phone."""
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
        height=HEIGHT if is_ordered(sweep) else AXES_HEIGHT + ROW_HEIGHT * len(sweep.values),
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


def is_ordered(sweep: Sweep) -> bool:
    """Whether its values are more and less of something, so that a line from one to the next means something."""
    return isinstance(FIELDS[sweep.field], (Integer, Number)) and sweep.field != "seed"


def axis_of(sweep: Sweep) -> Axis:
    """How the values stand along the axis: by size where they have one and it can be seen."""
    values = sweep.values
    if not is_ordered(sweep) or None in values:
        return "ordinal"
    positive = [value for value in values if value > 0]
    if max(values) / min(positive) < WIDE:
        return "linear"
    # Zero has no place on a logarithmic axis, and on a linear one all but the largest would stand on top of it.
    return "log" if len(positive) == len(values) else "ordinal"


def _specification(rows: pd.DataFrame, sweep: Sweep, *, logarithmic: bool) -> dict[str, Any]:
    legend = legend_of(rows, SERIES, {"orient": "top", "title": None, "labelLimit": 260, "symbolStrokeWidth": 0})
    error = {
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
    ordered = is_ordered(sweep)
    return {
        "encoding": {
            **({"x": _across(sweep), "y": error} if ordered else {"x": error, "y": _rows(sweep)}),
            "color": _by_series([colour("held-out"), colour("held-out"), colour("pca")], legend),
            "tooltip": tooltip,
        },
        "layer": _curves(legend) if ordered else _dots(legend),
    }


def _curves(legend: dict[str, Any]) -> list[dict[str, Any]]:
    line = {
        "transform": [{"filter": {"field": "series", "oneOf": [TRAINED, PCA]}}],
        "mark": {"type": "line", "strokeWidth": 2.2},
        "encoding": {"strokeDash": _by_series([[1, 0], [1, 0], [2, 3]], None)},
    }
    return [line, _points(legend)]


def _dots(legend: dict[str, Any]) -> list[dict[str, Any]]:
    """PCA, which is the same for all, as one line through all rows."""
    level = {
        "transform": [
            {"filter": {"field": "series", "equal": PCA}},
            {"aggregate": [{"op": "mean", "field": "mse", "as": "mse"}], "groupby": ["series"]},
        ],
        "mark": {"type": "rule", "strokeWidth": 2.2, "strokeDash": [2, 3]},
        "encoding": {"y": None},
    }
    own = {"filter": {"not": {"field": "series", "equal": PCA}}}
    return [level, {"transform": [own], **_points(legend)}]


def _points(legend: dict[str, Any]) -> dict[str, Any]:
    return {
        "mark": {"type": "point", "filled": True, "size": 70, "opacity": 1},
        "encoding": {"shape": _by_series(["circle", "triangle-down", "square"], legend)},
    }


def _rows(sweep: Sweep) -> dict[str, Any]:
    return {
        "field": "label", "type": "nominal", "sort": sweep.labels, "scale": {"domain": sweep.labels},
        "title": FIELDS[sweep.field].label, "axis": {"labelLimit": LABEL_LIMIT, "grid": True},
    }  # fmt: skip


def _across(sweep: Sweep) -> dict[str, Any]:
    axis = axis_of(sweep)
    # On a phone, many numbers have room for themselves only when they lean.
    leaning = {"labelAngle": -45} if sum(map(len, sweep.labels)) > UPRIGHT else {"labelAngle": 0}
    shared = {"title": FIELDS[sweep.field].label}
    if axis == "ordinal":
        return {
            **shared, "field": "label", "type": "ordinal", "sort": sweep.labels, "scale": {"domain": sweep.labels},
            "axis": {**leaning, "labelLimit": LABEL_LIMIT, "labelOverlap": False},
        }  # fmt: skip
    values = list(sweep.values)
    return {
        **shared,
        "field": "place",
        "type": "quantitative",
        # The whole axis from the start, so that no point moves when another one comes.
        "scale": {"type": axis, "domain": [values[0], values[-1]], "nice": False, "zero": False, "padding": 14},
        "axis": {**leaning, "values": values, "format": ",~g", "labelOverlap": "greedy"},
    }


def _by_series(values: list[Any], legend: dict[str, Any] | None) -> dict[str, Any]:
    return {"field": "series", "type": "nominal", "scale": {"domain": SERIES, "range": values}, "legend": legend}
