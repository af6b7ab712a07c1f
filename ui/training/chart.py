"""The live loss curve: one Vega-Lite specification that stays the same while curves grow, so that it never jumps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from ae_core.config.layers import PIXELS
from ae_core.runs.history import History
from ui.shell.legend import legend_of
from ui.shell.palette import Role, colour

Measure = Literal["mse", "loss", "terms"]
TITLES: dict[Measure, str] = {
    "mse": "Mean squared error per pixel", "loss": "Loss", "terms": "Nats an image",
}  # fmt: skip
TRAINING, HELD_OUT, PCA = "Training", "Held-out", "PCA"
RECONSTRUCTION, KL = "Reconstruction", "KL term"
HELD_OUT_TERMS = ("Reconstruction, held-out", "KL term, held-out")
FIRST_STEPS = 6
BARS_HEIGHT = 180
"""In pixels, with all that stands around the plot, 85. The curves are as high as what stands beside them."""
SOLID, DASHED, DOTTED = [1, 0], [7, 3], [2, 3]
LOOKS: dict[str, tuple[Role, list[int]]] = {
    TRAINING: ("original", SOLID),
    HELD_OUT: ("held-out", DASHED),
    PCA: ("pca", DOTTED),
    RECONSTRUCTION: ("reconstruction", SOLID),
    HELD_OUT_TERMS[0]: ("reconstruction", DASHED),
    KL: ("kl", SOLID),
    HELD_OUT_TERMS[1]: ("kl", DASHED),
}
"""Colour and dashes of each curve."""


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
    if measure == "terms":
        rows, names = term_rows(history), [RECONSTRUCTION, HELD_OUT_TERMS[0], KL, HELD_OUT_TERMS[1]]
    else:
        rows = curve_rows(history, measure=measure, steps=steps, baseline=baseline)
        names = [TRAINING, HELD_OUT, PCA]
    title = loss_title if measure == "loss" else TITLES[measure]
    st.vega_lite_chart(
        rows,
        _specification(rows, title, names, steps=steps, logarithmic=logarithmic),
        key=key,
        width="stretch",
        height="stretch",
        # Streamlit forgets a zoom with each new row, unless it is a selection of which the page wants to hear.
        on_select="rerun",
        selection_mode="zoom",
    )


def term_rows(history: History) -> pd.DataFrame:
    """Both terms of a variational autoencoder's loss in nats an image: columns step, value, series.

    Their sum is the negative ELBO, with beta left out. Of a training that is on its way, the first steps are not shown:
    they are so far above all others that those would lie flat.
    """
    begin = FIRST_STEPS if len(history.step) > 2 * FIRST_STEPS else 0
    columns = {
        RECONSTRUCTION: [loss * PIXELS for loss in history.loss[begin:]],
        HELD_OUT_TERMS[0]: [loss * PIXELS for loss in history.held_out_loss[begin:]],
        KL: history.kl[begin:],
        HELD_OUT_TERMS[1]: history.held_out_kl[begin:],
    }
    return pd.DataFrame(
        {
            "step": history.step[begin:] * len(columns),
            "value": [value for column in columns.values() for value in column],
            "series": [name for name, column in columns.items() for _ in column],
        }
    )


def kl_chart(*, key: str, kl_by_dimension: Sequence[float]) -> None:
    """Show what each dimension of a variational code costs, (latent_dim,) in nats; updated in place as `loss_chart`."""
    rows = pd.DataFrame({"dimension": range(1, len(kl_by_dimension) + 1), "kl": kl_by_dimension})
    dimension = {"field": "dimension", "type": "ordinal", "title": "Dimension of the code"}
    specification = {
        "mark": {"type": "bar", "color": colour("kl"), "tooltip": True},
        "encoding": {
            "x": {**dimension, "axis": {"labelAngle": 0, "labelOverlap": True}},
            "y": {"field": "kl", "type": "quantitative", "title": "KL, nats", "axis": {"tickCount": 3}},
            "tooltip": [dimension, {"field": "kl", "title": "KL term in nats", "format": ".3f"}],
        },
    }
    st.vega_lite_chart(rows, specification, key=key, width="stretch", height=BARS_HEIGHT)


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


def step_axis(steps: int) -> dict[str, Any]:
    """The horizontal axis of curves over a training, from 0 to `steps`."""
    return {
        "field": "step",
        "type": "quantitative",
        "title": "Step",
        "scale": {"domainMin": 0, "domainMax": steps, "nice": False},
        "axis": {"tickMinStep": 1, "tickCount": 6, "labelFlush": True},
    }


def curve_tooltip(title: str) -> list[dict[str, str]]:
    """What pointing at a curve says; `title` is what it measures."""
    return [
        {"field": "series", "title": "Curve"},
        {"field": "step", "title": "Step", "format": ","},
        {"field": "value", "title": title, "format": ".5f"},
    ]


def _specification(
    rows: pd.DataFrame, title: str, names: list[str], *, steps: int, logarithmic: bool
) -> dict[str, Any]:
    # Four in a row are too many for a phone.
    columns = 2 if len(names) > 3 else len(names)
    look = {"orient": "top", "title": None, "labelLimit": 260, "symbolStrokeWidth": 3, "columns": columns}
    series = {
        "field": "series",
        "scale": {"domain": names, "range": [colour(LOOKS[name][0]) for name in names]},
        "legend": legend_of(rows, names, look),
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
            "x": step_axis(steps),
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
                "scale": {"domain": names, "range": [LOOKS[name][1] for name in names]},
            },
            "tooltip": curve_tooltip(title),
        },
    }
