"""What a contest on a run is about: how many labels, how often, and which digits have one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.classification.contest import LABEL_COUNTS, Contest, labelled, positions
from ae_core.datasets.dataset import Dataset
from ae_core.datasets.images import evenly
from ae_core.runs.run import Run
from ui.components.strips.strips import Strip, digit_strips
from ui.selection.address import Parameter
from ui.selection.run import run_choice
from ui.shell.server import data_for

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
        times: how many sets of labels: a contest for each.
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
        return _counts(self.data, self.classes)

    @property
    def names(self) -> list[str]:
        """Of the classes."""
        return [self.data.class_names[label] for label in self.classes]


def choose_field(run: Run) -> Field | None:
    """The choices of a contest; None where there can be none, which is said. Raises ConfigError or DataError."""
    messages = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run_choice(run)
        with messages:
            known = _classes(run)
        if known is None:
            return None
        data, classes, truth = known
        offered = list(dict.fromkeys([*_counts(data, classes), data.train.count]))
        usual = min(offered, key=lambda count: abs(count - USUAL_LABELS))
        labels = _number(LABELS, offered, usual)
        times = _number(TIMES, TIMES_OFFERED, 1)
        labels.settle(messages)
        times.settle(messages)
        st.selectbox(
            "Labelled images", offered, format_func=lambda each: f"{each:,}", key=LABELS, width=170,
            on_change=labels.change,
        )  # fmt: skip
        st.segmented_control(
            "Sets of labels", TIMES_OFFERED, required=True, key=TIMES, on_change=times.change,
            help="So many contests, each with other labelled images: how much depends on which ones they are.",
        )  # fmt: skip
    return Field(run, data, st.session_state[LABELS], st.session_state[TIMES], classes, truth)


def _number(name: str, offered: Sequence[int], usual: int) -> Parameter[int]:
    return Parameter.one_of(name, name, {str(count): count for count in offered}, usual=usual)


def _classes(run: Run) -> tuple[Dataset, NDArray[np.int64], NDArray[np.int64]] | None:
    """The run's images, their classes, and the class of each held-out image; None, which is said, for less than two."""
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
    return data, classes, positions(held_out, classes)


def _counts(data: Dataset, classes: NDArray[np.int64]) -> list[int]:
    return [count for count in LABEL_COUNTS if len(classes) <= count <= data.train.count]


def percent(share: float) -> str:
    """A share of 0 to 1 as people read it."""
    return f"{100 * share:.1f} %"


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
