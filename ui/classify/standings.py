"""How the contestants of a contest stand, and what that says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from ae_core.classification.contest import CONTESTANTS, Contest, Standing
from ui.classify.charts import Row, curve_chart, curve_names, standings_chart
from ui.classify.setup import Field, Outcomes, percent

if TYPE_CHECKING:
    from ae_core.jobs.contests import ContestName, ContestProgress, Task

Standings = Mapping[str, Standing]
PICKED, ALL = "picked_curve", "All"
"""Key of the list that picks a curve out, and its first entry, which picks none."""


def show_standings(field: Field, outcomes: Outcomes, active: Mapping[ContestName, Task[ContestProgress]]) -> None:
    """The contestants with the chosen number of labels: as they are now, and what that says once all have learned."""
    contests = [contest for (labels, _), contest in outcomes.items() if labels == field.labels]
    sets = f", {len(contests)} sets of them" if len(contests) > 1 else ""
    st.markdown(f"**Accuracy with {field.labels:,} labels{sets}**")
    rows, moves = _rows(field, contests), False
    for name, task in active.items():
        moves = moves or any(labels == field.labels for labels, _ in name.rounds)
        at = task.progress
        if at.labels == field.labels and at.contestant and at.contestant not in {row.name for row in rows}:
            rows.append(Row(at.contestant, at.accuracy, None, at.share))
    if not rows and not moves:
        st.caption(f"Not held yet with {field.labels:,} labels.")
        return
    standings_chart(key="standings", rows=rows)
    done = {row.name: row.standing for row in rows if row.standing}
    if len(done) == len(CONTESTANTS):
        st.markdown(_finding(field, done, outcomes))
    elif not moves:
        left = len(CONTESTANTS) - len(done)
        st.caption(f"Stopped: {left} of {len(CONTESTANTS)} have not learned yet. Go on takes it up there.")
    st.caption(_how_to_read(field, len(contests)))


def _how_to_read(field: Field, sets: int) -> str:
    words = (
        f"Share of the {len(field.truth):,} test images that were named rightly. Circles stand on the encoder, squares "
        "do without. ± is half of the 95 % confidence interval over the test images"
    )
    if sets > 1:
        return f"{words} and over the {sets} sets of labels."
    return f"{words}; another set of labels may move the figures farther: choose 3 or 5 sets to see."


def _rows(field: Field, contests: Sequence[Contest]) -> list[Row]:
    rows = []
    for name in CONTESTANTS:
        found = [contest.outcomes[name] for contest in contests if name in contest.outcomes]
        if found:
            standing = Standing.of(found, field.truth)
            rows.append(Row(name, standing.accuracy, standing, 1.0))
    return rows


def _finding(field: Field, done: Standings, outcomes: Outcomes) -> str:
    """What the encoder was worth, in a few sentences."""
    best, other = _best(done, encoder=True), _best(done, encoder=False)
    ours, theirs = done[best], done[other]
    gain = 100 * (ours.accuracy - theirs.accuracy)
    mine = f"**{CONTESTANTS[best].title}** ({percent(ours.accuracy)})"
    rival = f"{CONTESTANTS[other].title} ({percent(theirs.accuracy)})"
    if abs(gain) < 100 * (ours.half_width + theirs.half_width):
        words = f"A draw: the best with the encoder, {mine}, and the best without it, {rival}, are as good."
    elif gain > 0:
        enough = _labels_from_scratch(field, outcomes, ours.accuracy)
        words = f"The encoder wins: {mine} is {gain:.1f} points above the best without it, {rival}."
        words += f" The same network from scratch takes about {enough:,} labels for that." if enough else ""
    else:
        words = f"The encoder loses: {mine} is {-gain:.1f} points below the best without it, {rival}."
    return (
        f"{words} Head on the frozen encoder against the same network from scratch: {percent(done['head'].accuracy)} "
        f"against {percent(done['from-scratch'].accuracy)}."
    )


def _best(done: Standings, *, encoder: bool) -> str:
    """Of those that stand on the encoder, or that do not."""
    return max((name for name in done if CONTESTANTS[name].encoder == encoder), key=lambda name: done[name].accuracy)


def _labels_from_scratch(field: Field, outcomes: Outcomes, accuracy: float) -> int | None:
    """The least number of labels so far with which the network from scratch is as good; None for none yet."""
    for count, rows in _points(field, outcomes).items():
        accuracies = {row.name: row.accuracy for row in rows}
        if (accuracies.get("from-scratch") or 0.0) >= accuracy:
            return count
    return None


def _points(field: Field, outcomes: Outcomes) -> dict[int, list[Row]]:
    """How all stand, by number of labels."""
    counts = list(dict.fromkeys(labels for labels, _ in outcomes))
    return {
        count: _rows(field, [contest for (labels, _), contest in outcomes.items() if labels == count])
        for count in counts
    }


def show_curve(field: Field, outcomes: Outcomes) -> None:
    """The errors by number of labels, for all contests that were held on the run."""
    st.markdown("**Error by number of labels**")
    published = field.run.config.dataset == "mnist" and not field.run.config.classes
    points = _points(field, outcomes)
    names = curve_names(points, published=published)
    picked = st.selectbox("Curve to pick out", [ALL, *names], key=PICKED, width=320)
    curve_chart(
        key="learning_curve", points=points, counts=field.counts, published=published,
        alone=None if picked == ALL else picked,
    )  # fmt: skip
    words = "Error: 100 % less the accuracy. Both axes are logarithmic. Dashed: without the encoder."
    if any(seed for _, seed in outcomes):
        words += " Bands: one standard deviation over the sets of labels."
    if published:
        words += (
            " Diamonds: M1+TSVM as Kingma et al. report it (2014, table 1), a support vector machine on a variational "
            "autoencoder's codes of 50 numbers, which uses the unlabelled images as well."
        )
    st.caption(words)
