"""What a benchmark says, and how it is shown: as a table, or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from statistics import median
from typing import Any, Literal


class BenchmarkError(Exception):
    """A benchmark could not be carried out; the text says why and, where there is one, the remedy."""


@dataclass(frozen=True)
class Bar:
    """What a ratio has to reach, or a figure that stands alone.

    Attributes:
        limit: what is just good enough.
        side: whether it must be at least or at most that.
    """

    limit: float
    side: Literal["least", "most"]

    def reached_by(self, figure: float) -> bool:
        """Whether `figure` is good enough."""
        return figure >= self.limit if self.side == "least" else figure <= self.limit

    def __str__(self) -> str:
        return f"{'>=' if self.side == 'least' else '<='} {self.limit:g}"


@dataclass(frozen=True)
class Row:
    """One measured figure.

    Attributes:
        benchmark: the benchmark's name in the table of names.
        name: what was measured, and against what.
        value: the measured figure, in `unit`.
        against: the same of the other side, or a fixed limit, in the same unit; None for a figure that stands alone.
        bar: what the ratio has to reach, or the value itself where it stands alone; None where nothing is asked.
    """

    benchmark: str
    name: str
    value: float
    unit: str
    against: float | None = None
    bar: Bar | None = None

    @property
    def ratio(self) -> float | None:
        """Value by against; None when there is nothing to compare with."""
        return self.value / self.against if self.against else None

    @property
    def judged(self) -> float | None:
        """What a bar is about: the ratio, or the value where that stands alone. None for a ratio that cannot be had."""
        return self.value if self.against is None else self.ratio

    @property
    def reached(self) -> bool | None:
        """Whether the bar is reached; None when there is none. A ratio that could not be had reaches no bar."""
        if self.bar is None:
            return None
        return self.judged is not None and self.bar.reached_by(self.judged)

    def to_json(self) -> dict[str, Any]:
        """As values that JSON can hold; `bar` is the limit alone, since `reached` says on which side it lies.

        Where `against` is null, the bar is about the value.
        """
        return {
            "benchmark": self.benchmark,
            "name": self.name,
            "value": _rounded(self.value),
            "unit": self.unit,
            "against": _rounded(self.against),
            "ratio": _rounded(self.ratio),
            "bar": self.bar.limit if self.bar else None,
            "reached": self.reached,
        }


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}")


def as_json(rows: Sequence[Row]) -> str:
    """One object, {"rows": [...]}."""
    return json.dumps({"rows": [row.to_json() for row in rows]})


HEADINGS = ("benchmark", "measured", "value", "against", "unit", "ratio", "bar", "")
RIGHT = ("value", "against", "ratio")
"""Columns of numbers, which are set flush right."""


def as_table(rows: Sequence[Row]) -> str:
    """A table for people, and a last line that names each bar that was missed."""
    lines = [HEADINGS, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    texts = [
        "  ".join(
            cell.rjust(width) if heading in RIGHT else cell.ljust(width)
            for heading, cell, width in zip(HEADINGS, line, widths, strict=True)
        ).rstrip()
        for line in lines
    ]
    return "\n".join([*texts, "", verdict(rows)])


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.benchmark,
        row.name,
        _figure(row.value),
        _figure(row.against),
        row.unit,
        _figure(row.ratio),
        str(row.bar or ""),
        {True: "reached", False: "MISSED", None: ""}[row.reached],
    )


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def verdict(rows: Sequence[Row]) -> str:
    """A sentence: how many bars there were, and which were missed."""
    bars = [row for row in rows if row.bar]
    missed = [f"{row.benchmark}: {row.name} ({_figure(row.judged)}, {row.bar})" for row in bars if not row.reached]
    if not missed:
        return f"All {len(bars)} bars reached." if bars else "No bars here."
    return f"{len(missed)} of {len(bars)} bars missed: {'; '.join(missed)}."


def alternate(
    first: Callable[[], float],
    second: Callable[[], float],
    *,
    rounds: int,
    summary: Callable[[list[float]], float] = median,
) -> tuple[float, float]:
    """Measure both by turns; the medians of each, or another `summary`."""
    value, against = take_turns({"this side": first, "the other": second}, rounds=rounds).values()
    return summary(value), summary(against)


def take_turns(sides: Mapping[str, Callable[[], float]], *, rounds: int) -> dict[str, list[float]]:
    """Measure all by turns; what each came to in each round.

    The order turns round every time (ABC CBA ABC ...), so that neither a machine that slowly changes its pace nor what
    one side leaves behind for the next favours any.
    """
    results: dict[str, list[float]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in [*sides][:: 1 if number % 2 == 0 else -1]:
            results[name].append(sides[name]())
        told = ", ".join(f"{name} {values[-1]:.3g}" for name, values in results.items())
        say(f"  round {number + 1} of {rounds}: {told}")
    return results


def percentile(values: Sequence[float], percent: float) -> float:
    """The least of `values` that at least `percent` of a hundred do not exceed. Raises BenchmarkError for none."""
    if not values:
        raise BenchmarkError("There is no percentile of nothing: nothing was measured.")
    ordered = sorted(values)
    return ordered[max(0, ceil(percent / 100 * len(ordered)) - 1)]


def say(text: str) -> None:
    """Tell those who wait, without touching stdout, which belongs to the result."""
    print(text, file=sys.stderr, flush=True)
