"""Charts of a contest: how the contestants stand, their error by number of labels, and who was taken for whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from ae_core.classification.contest import CONTESTANTS, PUBLISHED, Standing
from ui.shell.legend import legend_of
from ui.shell.palette import is_light, series_colour

M1 = "M1+TSVM, 2014"
COLOURS = {
    "head": 0, "fine-tuned": 2, "from-scratch": 7, "logistic-codes": 6, "logistic-pca": 3, "logistic-pixels": 9,
    "neighbours": 4, "spreading": 1, "spreading-pca": 8,
}  # fmt: skip
"""Of the theme's colours, that of each contestant."""
ROW_HEIGHT = 44
CURVE_HEIGHT = 500
LEAST_ERROR = 0.1
"""In %: where a band that goes below zero ends on a logarithmic axis."""
CELL = 38
CHOSEN = "cell"
STRONG = 0.068
"""From such a share of a class on the colour of a mistake is so strong that black is read on it better than white."""


@dataclass(frozen=True)
class Row:
    """A contestant for one number of labels.

    Attributes:
        accuracy: 0 to 1; None before it is known.
        standing: None while it learns.
        share: of its training that is done.
    """

    name: str
    accuracy: float | None
    standing: Standing | None
    share: float


def standings_chart(*, key: str, rows: Sequence[Row]) -> None:
    """A line for each contestant, in their order; called again with the same key, dots move in place."""
    by_name = {row.name: row for row in rows}
    values = pd.DataFrame([_standing_values(name, by_name.get(name)) for name in CONTESTANTS])
    # Whole tens, so that the axis stays as it is while most dots move. Dots, unlike bars, need no zero.
    lowest = values[["low", "accuracy"]].min().min()
    least = 0.0 if pd.isna(lowest) else min(90.0, 10 * (lowest // 10))
    st.vega_lite_chart(values, _standings(least), key=key, width="stretch", height=ROW_HEIGHT * len(CONTESTANTS) + 40)


def _standing_values(name: str, row: Row | None) -> dict[str, Any]:
    one = CONTESTANTS[name]
    values: dict[str, Any] = {
        "title": one.title, "note": one.note, "accuracy": None, "low": None, "high": None, "words": "", "state": "done",
        "seconds": None, "spread": None, "encoder": one.encoder,
    }  # fmt: skip
    if row is None or row.accuracy is None:
        return values | {"words": "" if row is None else "learning"}
    percent = 100 * row.accuracy
    if row.standing is None:
        return values | {"accuracy": percent, "words": f"{percent:.1f} …", "state": "learning"}
    half = 100 * row.standing.half_width
    return values | {
        "accuracy": percent,
        "low": max(0.0, percent - half),
        "high": min(100.0, percent + half),
        "words": f"{percent:.1f} ± {half:.1f}",
        "seconds": row.standing.seconds,
        "spread": 100 * row.standing.spread or None,
    }


def _standings(least: float) -> dict[str, Any]:
    titles = [one.title for one in CONTESTANTS.values()]
    colours = [series_colour(COLOURS[name]) for name in CONTESTANTS]
    y = {"field": "title", "type": "nominal", "sort": titles, "axis": None}
    x = {
        "type": "quantitative", "scale": {"domain": [least, 100], "nice": False}, "title": "Accuracy (%)",
        "axis": {"grid": False, "tickCount": 6},
    }  # fmt: skip
    colour = {"field": "title", "type": "nominal", "scale": {"domain": titles, "range": colours}, "legend": None}
    tooltip = [
        {"field": "title", "title": "Classifier"},
        {"field": "note", "title": "How"},
        {"field": "words", "title": "Accuracy (%)"},
        {"field": "spread", "title": "Deviation over sets", "type": "quantitative", "format": ".2f"},
        {"field": "seconds", "title": "Seconds", "type": "quantitative", "format": ".1f"},
    ]

    def words(field: str, align: str, at: Any) -> dict[str, Any]:
        # Above its line, so that a phone has room for names and dots.
        mark = {"type": "text", "align": align, "x": at, "dy": -15, "fontSize": 13, "color": _text_colour()}
        return {"mark": mark, "encoding": {"text": {"field": field}}}

    return {
        "encoding": {"y": y},
        "layer": [
            {"mark": {"type": "rule", "strokeWidth": 7, "opacity": 0.16, "color": "gray", "x": 0, "x2": "width"}},
            {
                "mark": {"type": "rule", "strokeWidth": 7, "opacity": 0.5, "clip": True},
                "encoding": {"x": {"field": "low", **x}, "x2": {"field": "high"}, "color": colour},
            },
            {
                "mark": {"type": "point", "size": 90, "opacity": 1, "strokeWidth": 2},
                "encoding": {
                    "x": {"field": "accuracy", **x},
                    "color": colour,
                    "fill": colour,
                    "fillOpacity": {"condition": {"test": "datum.state === 'learning'", "value": 0}, "value": 1},
                    "shape": {"condition": {"test": "datum.encoder", "value": "circle"}, "value": "square"},
                    "tooltip": tooltip,
                },
            },
            words("title", "left", 0),
            words("words", "right", "width"),
        ],
    }


def _text_colour() -> str:
    return series_colour(9)


def curve_names(points: Mapping[int, Sequence[Row]], *, published: bool) -> list[str]:
    """What `curve_chart` draws of the same arguments, by the names in its legend."""
    held = {row.name for rows in points.values() for row in rows if row.standing}
    return [one.short for name, one in CONTESTANTS.items() if name in held] + ([M1] if published else [])


def curve_chart(
    *,
    key: str,
    points: Mapping[int, Sequence[Row]],
    counts: Sequence[int],
    published: bool,
    alone: str | None = None,
) -> None:
    """Errors against numbers of labels; called again with the same key, it grows in place.

    Args:
        counts: where the axis has its ticks, from its one end to the other.
        points: the contestants by number of labels.
        published: whether what is known from the literature belongs beside them.
        alone: the name of a curve beside which the others fade; a click on the legend does the same.
    """
    names = [*CONTESTANTS, *([M1] if published else [])]
    rows = [
        _point(CONTESTANTS[row.name].short, count, 100 - 100 * row.standing.accuracy, 100 * row.standing.spread)
        for count, all_rows in points.items()
        for row in all_rows
        if row.standing
    ]
    if published:
        rows += [_point(M1, count, error, 0.0) for count, error in PUBLISHED.items()]
    values = pd.DataFrame(rows, columns=["series", "labels", "error", "low", "high", "spread"])
    specification = _curve(values, names, counts, alone)
    st.vega_lite_chart(values, specification, key=key, width="stretch", height=CURVE_HEIGHT)


def _point(series: str, labels: int, error: float, spread: float) -> tuple[Any, ...]:
    low, high = max(LEAST_ERROR, error - spread), error + spread
    return series, labels, max(LEAST_ERROR, error), low, high, spread or None


def _curve(values: pd.DataFrame, names: Sequence[str], counts: Sequence[int], alone: str | None) -> dict[str, Any]:
    titles = [CONTESTANTS[name].short if name in CONTESTANTS else name for name in names]
    colours = [series_colour(COLOURS.get(name, 8)) for name in names]
    # Those that know nothing of the encoder are dashed.
    dashes = [[1, 0] if name in CONTESTANTS and CONTESTANTS[name].encoder else [6, 4] for name in names]
    look = {
        "orient": "bottom", "direction": "vertical", "columns": 2, "title": None, "labelLimit": 150,
        # Without a stroke: the dashes of the lines would tear these small symbols.
        "symbolOpacity": 1, "symbolStrokeWidth": 0,
        "rowPadding": 1,
    }  # fmt: skip
    legend = legend_of(values, titles, look)
    picked: dict[str, Any] = {"name": "alone", "select": {"type": "point", "fields": ["series"]}, "bind": "legend"}
    if alone:
        picked["value"] = [{"series": alone}]
    by_name = {"field": "series", "type": "nominal"}
    colour = {**by_name, "scale": {"domain": titles, "range": colours}, "legend": legend}
    y = {"type": "quantitative", "title": "Error (%)", "scale": {"type": "log", "nice": True},
         "axis": {"values": [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50]}}  # fmt: skip
    shapes = ["diamond" if name == M1 else "circle" if CONTESTANTS[name].encoder else "square" for name in names]
    faded = {"condition": {"param": "alone", "value": 1}, "value": 0.12}
    return {
        "encoding": {
            "x": {
                "field": "labels", "type": "quantitative", "title": "Labelled images",
                "scale": {"type": "log", "nice": False, "padding": 12, "domain": [counts[0], counts[-1]]},
                "axis": {"format": "~s", "values": counts},
            },
            "color": colour,
        },
        "layer": [
            {
                "transform": [{"filter": "datum.high > datum.low"}],
                "mark": {"type": "area", "line": False},
                "encoding": {
                    "y": {"field": "low", **y},
                    "y2": {"field": "high"},
                    "opacity": {"condition": {"param": "alone", "value": 0.22}, "value": 0},
                },
            },
            {
                "transform": [{"filter": {"not": {"field": "series", "equal": M1}}}],
                "mark": {"type": "line", "strokeWidth": 2},
                "encoding": {
                    "y": {"field": "error", **y},
                    "strokeDash": {**by_name, "scale": {"domain": titles, "range": dashes}, "legend": None},
                    "opacity": faded,
                },
            },
            {
                "params": [picked],
                "mark": {"type": "point", "filled": True, "size": 60},
                "encoding": {
                    "y": {"field": "error", **y},
                    "shape": {**by_name, "scale": {"domain": titles, "range": shapes}, "legend": legend},
                    "opacity": faded,
                    "tooltip": [
                        {"field": "series", "title": "Classifier"},
                        {"field": "labels", "title": "Labels", "type": "quantitative", "format": ","},
                        {"field": "error", "title": "Error (%)", "type": "quantitative", "format": ".2f"},
                        {"field": "spread", "title": "Deviation over sets", "type": "quantitative", "format": ".2f"},
                    ],
                },
            },
        ],
    }  # fmt: skip


def confusion_chart(
    *, key: str, counts: NDArray[np.int64], names: Sequence[str], chosen: tuple[str, str], on_choose: Callable[[], None]
) -> None:
    """How many images of each class were taken for which; one cell is framed.

    Args:
        counts: (k, k), classes by answers.
        names: k.
        chosen: the class and the answer of the framed cell.
        on_choose: called when a cell is pressed, or pressed again; `chosen_cell(key)` then tells which.
    """
    sums = counts.sum(axis=1, keepdims=True).clip(min=1)
    values = pd.DataFrame(
        [
            {"class": names[row], "answer": names[column], "count": int(counts[row, column]),
             "share": float(counts[row, column] / sums[row, 0]), "right": row == column,
             "chosen": (names[row], names[column]) == chosen}
            for row in range(len(names)) for column in range(len(names))
        ]
    )  # fmt: skip
    height = CELL * len(names) + 60
    st.vega_lite_chart(
        values, _confusion(list(names)), key=key, width="stretch", height=height, on_select=on_choose,
        selection_mode=CHOSEN,
    )  # fmt: skip


def chosen_cell(key: str) -> tuple[str, str] | None:
    """The class and the answer of the cell that was pressed last; None when it was pressed again."""
    pressed = st.session_state[key]["selection"].get(CHOSEN) or []
    return (pressed[0]["class"], pressed[0]["answer"]) if pressed else None


def _confusion(names: list[str]) -> dict[str, Any]:
    axis = {"labelAngle": 0, "labelLimit": 90, "orient": "top", "ticks": False, "domain": False}
    x = {"field": "answer", "type": "nominal", "sort": names, "title": "Taken for", "axis": axis}
    y = {"field": "class", "type": "nominal", "sort": names, "title": "Class",
         "axis": {**axis, "orient": "left"}}  # fmt: skip
    tooltip = [
        {"field": "class", "title": "Class"},
        {"field": "answer", "title": "Taken for"},
        {"field": "count", "title": "Images", "type": "quantitative"},
        {"field": "share", "title": "Of the class", "type": "quantitative", "format": ".1%"},
    ]
    # What is right would outshine all mistakes, if both had the same scale.
    wrong = {
        "field": "share", "type": "quantitative", "legend": None,
        # The root, or all but the worst would look alike.
        "scale": {"type": "sqrt", "domain": [0, 0.12], "range": ["transparent", series_colour(1)], "clamp": True},
    }  # fmt: skip
    return {
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "params": [{"name": CHOSEN, "select": {"type": "point", "fields": ["class", "answer"]}}],
                "mark": {"type": "rect", "cursor": "pointer"},
                "encoding": {
                    "color": {"condition": {"test": "datum.right", "value": series_colour(0)}, **wrong},
                    "opacity": {"condition": {"test": "datum.right", "value": 0.35}, "value": 0.85},
                    "stroke": {"condition": {"test": "datum.chosen", "value": _text_colour()}, "value": "gray"},
                    "strokeOpacity": {"condition": {"test": "datum.chosen", "value": 1}, "value": 0.25},
                    "strokeWidth": {"condition": {"test": "datum.chosen", "value": 3}, "value": 1},
                    "tooltip": tooltip,
                },
            },
            {
                "transform": [{"filter": "datum.count > 0"}],
                "mark": {"type": "text", "fontSize": 12, "tooltip": False},
                "encoding": {
                    "text": {"field": "count", "type": "quantitative", "format": ","},
                    "color": {
                        "condition": {"test": f"!datum.right && datum.share > {STRONG}", "value": "black"},
                        "value": _text_colour() if is_light() else "white",
                    },
                },
            },
        ],
    }
