"""What a contest on a run is about: how many labels, how often, and which digits have one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.contest import LABEL_COUNTS, Contest, labelled, positions
from ae_core.datasets import Dataset, evenly
from ae_core.store import Run
from ui.live import Strip, digit_strips
from ui.server import data_for

LABELS, TIMES = "labels", "times"
"""Keys of the two choices, and their names in the address."""
TIMES_OFFERED = (1, 3, 5)
USUAL_LABELS = 100
SHOWN_LABELLED = 32

Outcomes = Mapping[tuple[int, int], Contest]
"""By number of labels and seed."""


@dataclass(frozen=True, eq=False)
class Field:
    """What a contest on a run is about.

    Attributes:
        labels: how many labelled images.
        times: how often, with other labels each time.
        classes: (k,) the labels that there are, rising.
        truth: (m,) of each held-out image, its place in `classes`.
    """

    run: Run
    data: Dataset
    labels: int
    times: int
    classes: NDArray[np.int64]
    truth: NDArray[np.int64]

    @property
    def counts(self) -> list[int]:
        """Numbers of labels that make a curve."""
        return [count for count in LABEL_COUNTS if len(self.classes) <= count <= self.data.train.count]

    @property
    def names(self) -> list[str]:
        """Of the classes."""
        return [self.data.class_names[label] for label in self.classes]


def choose_field(run: Run) -> Field | None:
    data = data_for(run.config)
    given, held_out = data.train_labels, data.test_labels
    if given is None or held_out is None:
        st.info(
            "The images of this run have no labels, so there is nothing that a classifier could learn from. "
            "Choose a run of images with labels, such as MNIST."
        )
        return None
    classes = np.unique(given)
    if len(classes) < 2:
        st.info(
            f"This run knows one class only, {data.class_names[classes[0]]}: there is nothing to tell apart. "
            "Choose a run of at least two classes."
        )
        return None
    offered = [count for count in LABEL_COUNTS if len(classes) <= count < data.train.count] + [data.train.count]
    usual = min(offered, key=lambda count: abs(count - USUAL_LABELS))
    count = _from_address(LABELS, offered, usual)
    labels = st.selectbox(
        "Labelled images", offered, index=offered.index(count), format_func=lambda each: f"{each:,}", key=LABELS,
        on_change=_remember, args=(LABELS,), width=170,
    )  # fmt: skip
    times = st.segmented_control(
        "Times, with other labels each", TIMES_OFFERED, default=_from_address(TIMES, TIMES_OFFERED, 1), required=True,
        key=TIMES, on_change=_remember, args=(TIMES,),
        help="How much a result depends on which images happen to have a label. Mean and spread are shown.",
    )  # fmt: skip
    return Field(run, data, labels, times, classes, positions(held_out, classes))


def _from_address(name: str, offered: Sequence[int], usual: int) -> int:
    """What the address asks for, or what is usual; says so when it asks for something else than is offered."""
    asked = st.query_params.get(name)
    if asked is None:
        return usual
    if asked in map(str, offered):
        return int(asked)
    st.warning(
        f"{name} must be one of {', '.join(f'{count:,}' for count in offered)}. Received: {asked[:40]}. "
        f"Showing {usual:,}."
    )
    return usual


def _remember(name: str) -> None:
    st.query_params[name] = str(st.session_state[name])


def show_labelled(field: Field) -> None:
    """Some of the labelled images: all that the contestants are told."""
    given = field.data.train_labels
    assert given is not None
    known = labelled(given, field.labels, seed=0)
    known = known[np.argsort(given[known], kind="stable")]
    shown = known[evenly(len(known), SHOWN_LABELLED)]
    some = "" if len(shown) == len(known) else f", {len(shown)} of them"
    digit_strips(
        key="labelled",
        strips=[
            Strip(
                f"{field.labels:,} labelled images{some}",
                field.data.train_pixels[shown],
                [field.data.class_names[given[index]] for index in shown],
            )
        ],
    )
