"""Sums of codes: the average of one class, minus that of another, plus a third or a digit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from ae_core.datasets.images import to_pixels
from ae_core.latent.arithmetic import class_means, combine
from ui.components.equation.equation import Term, equation
from ui.generate.codes import training_codes
from ui.selection.address import Parameter
from ui.selection.drawing import DRAWING, NO_DRAWING, drawn_digit
from ui.selection.open_codecs import OpenCodec
from ui.shell.errors import unmarked
from ui.shell.fragment import fragment
from ui.shell.server import data_for

Floats = NDArray[np.float32]
Place = Literal["first", "minus", "plus"]

BEGIN: dict[Place, int] = {"first": 7, "minus": 1, "plus": 4}
"""The label that each place begins with, where there is one."""
LABELS: dict[Place, str] = {"first": "Take", "minus": "minus", "plus": "plus"}
PARAMETERS: dict[Place, str] = {"first": "take", "minus": "minus", "plus": "plus"}
"""Names in the address."""
SIGNS = ("", "−", "+", "=")


def show_sum(codecs: Sequence[OpenCodec]) -> None:
    """The sum with its choices, for each codec of the images of the first. Raises DataError or ConfigError."""
    st.subheader("Arithmetic with codes", anchor=False)
    labels = training_codes(codecs[0]).labels
    if labels is None:
        st.caption("These images have no labels, so there is no class to take an average of.")
    elif len(np.unique(labels)) < 2:
        st.caption("All these images are of one class. Averages of two classes at least can be taken from each other.")
    else:
        st.caption(
            "An average is the mean of the codes of a class. What the first has and the second has not is added to the "
            "third, and the sum is decoded. It works as far as directions mean the same everywhere in the latent space."
        )
        fragment(_sum)(tuple(codec for codec in codecs if _has_labels(codec, labels)))


def _has_labels(codec: OpenCodec, labels: NDArray[np.int64]) -> bool:
    known = training_codes(codec).labels
    return known is not None and np.array_equal(known, labels)


def _sum(codecs: tuple[OpenCodec, ...]) -> None:
    notice = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", key="sum_terms"):
        names = [_choice(codecs[0], place, notice) for place in LABELS]
    if DRAWING in names and drawn_digit() is None:
        st.info(NO_DRAWING)
        return
    for place, (column, codec) in enumerate(zip(st.columns(2), codecs, strict=False)):
        with column:
            st.caption(f"Codes of {unmarked(codec.name)}")
            equation(key=f"equation_{place}", terms=_terms(codec, names))


def _terms(codec: OpenCodec, names: Sequence[str]) -> list[Term]:
    known = training_codes(codec)
    assert known.labels is not None
    means = class_means(known.codes, known.labels)
    codes = {_name(codec, label): code for label, code in means.items()}
    drawn = drawn_digit()
    if drawn is not None:
        codes[DRAWING] = codec.codec.encode(drawn[None])[0]
    first, minus, plus = (codes[name] for name in names)
    images = to_pixels(codec.codec.decode(np.stack([first, minus, plus, combine(first, minus, plus)])))
    return [Term(*term) for term in zip(SIGNS, [*names, "the sum"], images, strict=True)]


def _choice(codec: OpenCodec, place: Place, notice: DeltaGenerator) -> str:
    """The name of what stands at one place: the average of a class, or the drawing."""
    labels = training_codes(codec).labels
    assert labels is not None
    names = data_for(codec.config).class_names
    averages = {names[label]: _name(codec, int(label)) for label in np.unique(labels)}
    begin = _name(codec, BEGIN[place])
    if begin not in averages.values():
        # Of two classes there are two: the first and the last, so that the sum is not at once nothing.
        begin = list(averages.values())[-1 if place == "minus" else 0]
    drawing = {"drawing": DRAWING} if place == "plus" else {}
    parameter = Parameter.one_of(PARAMETERS[place], f"sum_{place}", {**averages, **drawing}, usual=begin)
    chosen = parameter.settle(notice)
    there = [DRAWING] if drawing and (drawn_digit() is not None or chosen == DRAWING) else []
    options = [*averages.values(), *there]
    return str(st.selectbox(LABELS[place], options, key=parameter.key, on_change=parameter.change, width=190))


def _name(codec: OpenCodec, label: int) -> str:
    names = data_for(codec.config).class_names
    return f"average {names[label]}" if label < len(names) else ""
