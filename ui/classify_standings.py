"""How the contestants of a contest stand, and what that says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from ae_core.contest import CONTESTANTS, Contest, Standing
from ui.classify_charts import Row, curve_chart, standings_chart
from ui.classify_field import Field, Outcomes

if TYPE_CHECKING:
    from ae_core.contests import ContestName, ContestProgress, Task


def show_standings(field: Field, outcomes: Outcomes, active: Mapping[ContestName, Task[ContestProgress]]) -> None:
    st.markdown(f"**Accuracy with {field.labels:,} labels**")
    contests = [contest for (labels, _), contest in outcomes.items() if labels == field.labels]
    rows = _rows(field, contests)
    for task in active.values():
        at = task.progress
        if at.labels == field.labels and at.contestant and at.contestant not in {row.name for row in rows}:
            rows.append(Row(at.contestant, at.accuracy, None, at.share))
    standings_chart(key="standings", rows=rows)
    if finding := _finding(field, rows, outcomes):
        st.markdown(finding)
    repeated = " and over the sets of labels" if len(contests) > 1 else ""
    st.caption(
        f"Share of the {len(field.truth):,} test images that were named rightly. Lines: 95 % confidence interval over "
        f"these images{repeated}."
    )


def _rows(field: Field, contests: Sequence[Contest]) -> list[Row]:
    rows = []
    for name in CONTESTANTS:
        found = [contest.outcomes[name] for contest in contests if name in contest.outcomes]
        if found:
            standing = Standing.of(found, field.truth)
            rows.append(Row(name, standing.accuracy, standing, 1.0))
    return rows


def _finding(field: Field, rows: Sequence[Row], outcomes: Outcomes) -> str:
    """What the encoder was worth, in a sentence or two; empty before both sides have learned."""
    done = {row.name: row.standing for row in rows if row.standing}
    with_encoder = {name: standing for name, standing in done.items() if CONTESTANTS[name].encoder}
    if len(done) < len(CONTESTANTS):
        return ""
    best, scratch = max(with_encoder, key=lambda name: with_encoder[name].accuracy), done["from-scratch"]
    gain = 100 * (with_encoder[best].accuracy - scratch.accuracy)
    title = CONTESTANTS[best].title
    if gain < 100 * (with_encoder[best].half_width + scratch.half_width):
        return (
            f"Best with the encoder: **{title}**, {with_encoder[best].accuracy:.1%}. The same network from scratch "
            "comes as far: with so many labels the encoder saves nothing."
        )
    enough = _labels_from_scratch(field, outcomes, with_encoder[best].accuracy)
    saved = f" From scratch that takes about {enough:,} labels." if enough else ""
    return (
        f"Best with the encoder: **{title}**, {with_encoder[best].accuracy:.1%}, {gain:.1f} points above the same "
        f"network from scratch.{saved}"
    )


def _labels_from_scratch(field: Field, outcomes: Outcomes, accuracy: float) -> int | None:
    """The least number of labels so far with which the network from scratch is as good; None for none yet."""
    for count in dict.fromkeys(labels for labels, _ in outcomes):
        contests = [contest for (labels, _), contest in outcomes.items() if labels == count]
        rows = {row.name: row.accuracy for row in _rows(field, contests)}
        if (rows.get("from-scratch") or 0.0) >= accuracy:
            return count
    return None


def show_curve(field: Field, outcomes: Outcomes) -> None:
    st.markdown("**Error by number of labels**")
    counts = list(dict.fromkeys(labels for labels, _ in outcomes))
    points = {
        count: _rows(field, [contest for (labels, _), contest in outcomes.items() if labels == count])
        for count in counts
    }
    published = field.run.config.dataset == "mnist" and not field.run.config.classes
    curve_chart(key="learning_curve", points=points, counts=field.counts, published=published)
    words = "Error is what accuracy lacks to 100 %; both axes are logarithmic. Bands: spread over the sets of labels."
    if published:
        words += (
            " Diamonds: what Kingma et al. (2014, table 1) report for M1+TSVM, a support vector machine on a "
            "variational autoencoder's codes of 50 numbers, which uses the unlabelled images as well."
        )
    st.caption(words)
