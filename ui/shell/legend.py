"""Legends of charts: an entry stands for a mark that is there, and for no other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd


def legend_of(rows: pd.DataFrame, names: Sequence[str], look: dict[str, Any], *, field: str = "series") -> Any:
    """The legend of a Vega-Lite encoding whose domain is `names`: only those with a row that has a value to draw.

    Args:
        rows: what the chart is given.
        look: the legend's other properties.
        field: the column that holds the names.

    Returns:
        A value for "legend"; None, which is no legend, when there is nothing to draw.
    """
    there = set(rows[field])
    named = [name for name in names if name in there]
    return {**look, "values": named} if named else None
