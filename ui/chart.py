"""The live loss curve: one Vega-Lite specification that stays the same while its rows grow, so that it never jumps."""

from __future__ import annotations

from typing import Any, Literal

import pandas as pd
import streamlit as st

from ae_core.progress import History
from ui.palette import colour

Measure = Literal["mse", "loss"]
TITLES: dict[Measure, str] = {"mse": "Mean squared error per pixel", "loss": "Loss"}
TRAINING, HELD_OUT, PCA = "Training", "Held-out", "PCA"
HEIGHT = 250


def loss_chart(
    *,
    key: str,
    history: History,
    steps: int,
    measure: Measure,
    loss_title: str,
    logarithmic: bool,
    baseline: float | None,
) -> None:
    """Show training and held-out curves; called again with the same key, it grows in place and keeps its zoom.

    Args:
        steps: the right end of the axis.
        loss_title: what `measure="loss"` measures.
        baseline: PCA's held-out mean squared error, drawn as a level line; only where the axis shows that too.
    """
    rows = curve_rows(history, measure=measure, steps=steps, baseline=baseline)
    title = loss_title if measure == "loss" else TITLES[measure]
    st.vega_lite_chart(
        rows,
        _specification(title, steps=steps, logarithmic=logarithmic),
        key=key,
        width="stretch",
        height=HEIGHT,
        # Streamlit forgets a zoom with each new row, unless it is a selection of which the page wants to hear.
        on_select="rerun",
        selection_mode="zoom",
    )


def curve_rows(history: History, *, measure: Measure, steps: int, baseline: float | None) -> pd.DataFrame:
    """Columns step, value, series: one row a point."""
    training = history.mse if measure == "mse" else history.loss
    held_out = history.held_out_mse if measure == "mse" else history.held_out_loss
    with_baseline = baseline is not None and measure == "mse"
    ends, level = ([0, steps], [baseline] * 2) if with_baseline else ([], [])
    # One table from plain lists: it is built at every look of every visitor who watches.
    return pd.DataFrame(
        {
            "step": history.step * 2 + ends,
            "value": training + held_out + level,
            "series": [TRAINING] * len(training) + [HELD_OUT] * len(held_out) + [PCA] * len(level),
        }
    )


def _specification(title: str, *, steps: int, logarithmic: bool) -> dict[str, Any]:
    series = {
        "field": "series",
        "scale": {
            "domain": [TRAINING, HELD_OUT, PCA],
            "range": [colour("original"), colour("held-out"), colour("pca")],
        },
        "legend": {"orient": "top", "title": None, "labelLimit": 260, "symbolStrokeWidth": 3},
    }
    return {
        # The wheel alone must go on scrolling the page.
        "params": [
            {
                "name": "zoom",
                "select": {"type": "interval", "zoom": "wheel![event.shiftKey || event.ctrlKey]"},
                "bind": "scales",
            },
        ],
        "mark": {"type": "line", "strokeWidth": 2.2, "clip": True, "tooltip": True},
        "encoding": {
            "x": {
                "field": "step",
                "type": "quantitative",
                "title": "Step",
                "scale": {"domainMin": 0, "domainMax": steps, "nice": False},
                "axis": {"tickMinStep": 1, "tickCount": 6, "labelFlush": True},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": title,
                "scale": {"type": "log" if logarithmic else "linear", "zero": not logarithmic, "nice": True},
                "axis": {"tickCount": 5},
            },
            "color": {**series, "type": "nominal"},
            "strokeDash": {
                **series,
                "type": "nominal",
                "scale": {"domain": [TRAINING, HELD_OUT, PCA], "range": [[1, 0], [7, 3], [2, 3]]},
            },
            "tooltip": [
                {"field": "series", "title": "Curve"},
                {"field": "step", "title": "Step", "format": ","},
                {"field": "value", "title": title, "format": ".5f"},
            ],
        },
    }
