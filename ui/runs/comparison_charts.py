"""Charts of codecs side by side: their curves while training, and their errors by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from ae_core.evaluation.metrics import Interval
from ui.shell.legend import legend_of
from ui.training.chart import TITLES, curve_tooltip, step_axis

HEIGHT = 310
LINE = 20
"""Pixels by which each name in the legend makes a chart higher."""
DASHES = ([1, 0], [8, 3], [14, 3, 3, 3], [5, 6])
"""Curves are told apart by these as well as by their colours; PCA's has its own, as on the Train page."""
PCA_DASH = [2, 3]


@dataclass(frozen=True)
class Curve:
    """Values by step, with the name and colour of what they are of; a level line has a value and no step."""

    name: str
    colour: str
    steps: Sequence[int]
    values: Sequence[float]


def curve_chart(*, key: str, curves: Sequence[Curve], levels: Sequence[Curve]) -> None:
    """Curves against steps on one chart, with logarithmic errors; each of `levels` is a line across all of it."""
    last = max((curve.steps[-1] for curve in curves if curve.steps), default=1)
    drawn = [*curves, *(Curve(level.name, level.colour, [0, last], [level.values[0]] * 2) for level in levels)]
    rows = pd.DataFrame(
        {
            "step": [step for curve in drawn for step in curve.steps],
            "value": [value for curve in drawn for value in curve.values],
            "series": [curve.name for curve in drawn for _ in curve.steps],
        }
    )
    dashes = [*DASHES[: len(curves)], *([PCA_DASH] * len(levels))]
    specification = _curves(rows, drawn, dashes, last)
    st.vega_lite_chart(rows, specification, key=key, width="stretch", height=_height(drawn))


def _curves(rows: pd.DataFrame, drawn: Sequence[Curve], dashes: Sequence[Sequence[int]], last: int) -> dict[str, Any]:
    names = [curve.name for curve in drawn]
    legend = legend_of(rows, names, LEGEND)
    colours = {"domain": names, "range": [curve.colour for curve in drawn]}
    return {
        "mark": {"type": "line", "strokeWidth": 2.2, "clip": True, "tooltip": True},
        "encoding": {
            "x": step_axis(last),
            "y": _error_axis(),
            "color": {"field": "series", "type": "nominal", "scale": colours, "legend": legend},
            "strokeDash": {
                "field": "series",
                "type": "nominal",
                "scale": {"domain": names, "range": list(dashes)},
                "legend": legend,
            },
            "tooltip": curve_tooltip(TITLES["mse"]),
        },
    }


LEGEND = {"orient": "top", "direction": "vertical", "title": None, "labelLimit": 320, "symbolStrokeWidth": 3}


def _height(named: Sequence[object]) -> int:
    return HEIGHT + LINE * len(named)


def _error_axis() -> dict[str, Any]:
    return {
        "field": "value",
        "type": "quantitative",
        "title": TITLES["mse"],
        "scale": {"type": "log", "nice": True},
        "axis": {"tickCount": 5},
    }


def class_chart(
    *, key: str, names: Sequence[str], colours: Sequence[str], errors: Sequence[Mapping[str, Interval]]
) -> None:
    """Bars of errors, a group for each class, with their 95 % intervals.

    Args:
        names, colours, errors: one a codec; errors by the class's name.
    """
    rows = pd.DataFrame(
        [
            {"class": kind, "series": name, "value": error.mean, "low": error.low, "high": error.high}
            for name, found in zip(names, errors, strict=True)
            for kind, error in found.items()
        ]
    )
    kinds = list(dict.fromkeys(rows["class"]))
    st.vega_lite_chart(rows, _classes(kinds, names, colours), key=key, width="stretch", height=_height(names))


def _classes(kinds: Sequence[str], names: Sequence[str], colours: Sequence[str]) -> dict[str, Any]:
    value = {"type": "quantitative", "title": TITLES["mse"]}
    return {
        "encoding": {
            "x": {
                "field": "class",
                "type": "nominal",
                "sort": list(kinds),
                "title": "Class",
                "axis": {"labelAngle": 0 if max(map(len, kinds)) < 3 else -40},
            },
            "xOffset": {"field": "series", "sort": list(names)},
        },
        "layer": [
            {
                "mark": {"type": "bar", "tooltip": True},
                "encoding": {
                    "y": {"field": "value", **value},
                    "color": {
                        "field": "series",
                        "type": "nominal",
                        "scale": {"domain": list(names), "range": list(colours)},
                        "legend": {**LEGEND, "symbolType": "square"},
                    },
                    "tooltip": [
                        {"field": "series", "title": "Codec"},
                        {"field": "class", "title": "Class"},
                        *(
                            {"field": field, "title": title, "format": ".5f", "type": "quantitative"}
                            for field, title in (("value", "Error"), ("low", "From"), ("high", "To"))
                        ),
                    ],
                },
            },
            {
                "mark": {"type": "rule", "strokeWidth": 1.5, "color": "gray"},
                "encoding": {"y": {"field": "low", **value}, "y2": {"field": "high"}},
            },
        ],
    }
