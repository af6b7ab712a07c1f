"""The digits behind a contest's figures: who was taken for whom, and where a classifier was sure and wrong."""

from __future__ import annotations

from functools import partial

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.classification.contest import CONTESTANTS, Outcome, confusion
from ae_core.classification.kept_contests import kept_contests
from ui.classify.charts import chosen_cell, confusion_chart
from ui.classify.setup import Field, percent
from ui.components.strips.strips import Strip, digit_strips
from ui.selection.address import Parameter
from ui.shell.errors import shown_plainly
from ui.shell.fragment import fragment
from ui.shell.session import settle_control

CONTESTANT = "answers_of"
_ANSWERS: Parameter[str | None] = Parameter.one_of(
    "answers", "_answers_chosen", {name: name for name in CONTESTANTS}, usual=None
)
"""Whose answers the visitor chose to see; None for nobody's in particular."""
MOST_IN_CELL = 48
MOST_WRONG = 32


def show_answers(field: Field) -> None:
    """The answers of one contestant at a time, once there are any for this number of labels."""
    contest = kept_contests(field.run).get((field.labels, 0))
    if contest:
        fragment(_answers)(field, contest.outcomes)


def _answers(field: Field, outcomes: dict[str, Outcome]) -> None:
    with shown_plainly():
        st.subheader("What they took for what", anchor=False)
        accuracies = {name: outcome.accuracy(field.truth) for name, outcome in outcomes.items()}
        # The best one, unless the visitor has chosen another.
        best = max(accuracies, key=lambda name: accuracies[name])
        asked = _ANSWERS.settle()
        settle_control(CONTESTANT, asked if asked in outcomes else best)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.selectbox(
                "Classifier", list(outcomes), key=CONTESTANT, width=320, on_change=_choose,
                format_func=lambda each: CONTESTANTS[each].title,
            )  # fmt: skip
            first = "" if field.times == 1 else " With the first set of labels."
            st.caption(f"{percent(accuracies[name])} with {field.labels:,} labels.{first}", width="content")
        outcome = outcomes[name]
        left, right = st.columns([1, 1], gap="large")
        with left:
            counts = confusion(outcome.predictions, field.truth, classes=len(field.classes))
            key = f"confusion_{name}"
            chosen = _choose_cell(field, key, _commonest(counts, field.names))
            confusion_chart(
                key=key, counts=counts, names=field.names, chosen=chosen,
                on_choose=partial(_take_cell, key),
            )  # fmt: skip
            st.caption(
                "Blue: right. The stronger the orange, the more of a class were taken for that one. Press a cell, or "
                "choose it above, to see its digits."
            )
        with right:
            _cell(field, outcome, chosen)
        _most_wrong(field, outcome)


def _choose() -> None:
    st.session_state[_ANSWERS.key] = st.session_state[CONTESTANT]
    _ANSWERS.change()


def _choose_cell(field: Field, key: str, commonest: tuple[str, str]) -> tuple[str, str]:
    """Two lists that choose a cell of the matrix `key` without a mouse; returns the class and the answer."""
    kept = st.session_state.get(f"{key}_chosen", commonest)
    now = kept if set(kept) <= set(field.names) else commonest
    with st.container(horizontal=True):
        for name, label, part in zip(_lists(key), ("Class", "Taken for"), now, strict=True):
            settle_control(name, part)
            st.selectbox(label, field.names, key=name, width=150, on_change=_keep_cell, args=(key,))
    return now


def _keep_cell(key: str) -> None:
    """Note the cell that the lists say; a callback."""
    st.session_state[f"{key}_chosen"] = tuple(st.session_state[name] for name in _lists(key))


def _take_cell(key: str) -> None:
    """Note the cell that was pressed; a callback."""
    if pressed := chosen_cell(key):
        st.session_state[f"{key}_chosen"] = pressed


def _lists(key: str) -> tuple[str, str]:
    return f"{key}_class", f"{key}_answer"


def _commonest(counts: NDArray[np.int64], names: list[str]) -> tuple[str, str]:
    """The class that was taken for another one most often, and that one."""
    wrong = counts - np.diag(np.diag(counts))
    row, column = np.unravel_index(wrong.argmax(), wrong.shape)
    return names[row], names[column]


def _cell(field: Field, outcome: Outcome, chosen: tuple[str, str]) -> None:
    kind, answer = (field.names.index(part) for part in chosen)
    found = np.flatnonzero((field.truth == kind) & (outcome.predictions == answer))
    found = found[np.argsort(-outcome.confidences[found], kind="stable")]
    taken = "named rightly" if kind == answer else f"taken for **{chosen[1]}**"
    some = f"; the {MOST_IN_CELL} it was surest of" if len(found) > MOST_IN_CELL else ""
    st.markdown(f"**{chosen[0]}** {taken}: {len(found):,} images{some}")
    if len(found):
        _digits(field, outcome, found[:MOST_IN_CELL], key="cell_digits", name="Surest first")
        st.caption("Below each digit: the probability that it gave this answer.")


def _most_wrong(field: Field, outcome: Outcome) -> None:
    wrong = np.flatnonzero((outcome.predictions != field.truth) & (field.truth >= 0))
    wrong = wrong[np.argsort(-outcome.confidences[wrong], kind="stable")][:MOST_WRONG]
    if not len(wrong):
        st.success("It named every test image rightly.")
        return
    st.markdown("**Surest and wrong**")
    _digits(field, outcome, wrong, key="wrong_digits", name="Label → answer", answers=True)
    st.caption(
        "The mistakes that it gave the highest probabilities, which differ in kind: a network is soon sure, spread "
        "labels never are. A few of MNIST's labels are wrong themselves."
    )


def _digits(
    field: Field, outcome: Outcome, indices: NDArray[np.intp], *, key: str, name: str, answers: bool = False
) -> None:
    names = field.names
    captions = [
        f"{names[field.truth[index]]} → {names[outcome.predictions[index]]}" if answers
        else f"{outcome.confidences[index]:.0%}"
        for index in indices
    ]  # fmt: skip
    digit_strips(key=key, strips=[Strip(name, field.data.test_pixels[indices], captions)])
