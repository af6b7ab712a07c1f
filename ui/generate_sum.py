"""Sums of codes: the average of one class, minus that of another, plus a third or a digit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.generating import class_means, combine
from ae_core.progress import to_pixels
from ui.board import drawn_digit
from ui.codecs import OpenCodec
from ui.generate import training_codes
from ui.live import Term, equation
from ui.runs import unmarked
from ui.server import data_for

Floats = NDArray[np.float32]
Place = Literal["first", "minus", "plus"]

DRAWING = "your drawing"
BEGIN: dict[Place, int] = {"first": 7, "minus": 1, "plus": 4}
"""The label that each place begins with, where there is one."""
LABELS: dict[Place, str] = {"first": "Take", "minus": "minus", "plus": "plus"}


@dataclass(frozen=True, eq=False)
class _Choice:
    """What stands at one place: its name, and its code (latent_dim,)."""

    name: str
    code: Floats


def show_sum(codec: OpenCodec) -> None:
    """The sum with its choices. Raises DataError or ConfigError."""
    st.subheader("Arithmetic with codes", anchor=False)
    labels = training_codes(codec).labels
    if labels is None:
        st.caption("These images have no labels, so there is no class to take an average of.")
    elif len(np.unique(labels)) < 2:
        st.caption("All these images are of one class. Averages of two classes at least can be taken from each other.")
    else:
        st.caption(
            f"With codes of {unmarked(codec.name)}. An average is the mean of the codes of a class. What the first has "
            "and the second has not is added to the third, and the sum is decoded. "
            "It works as far as directions mean the same everywhere in the latent space."
        )
        st.fragment(_sum)(codec)


def _sum(codec: OpenCodec) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="sum_terms"):
        averages = _averages(codec)
        terms = {place: _choice(codec, place, averages) for place in LABELS}
    result = combine(terms["first"].code, terms["minus"].code, terms["plus"].code)
    codes = np.stack([*(term.code for term in terms.values()), result])
    images = to_pixels(codec.codec.decode(codes))
    names = [*(term.name for term in terms.values()), "the sum"]
    signs = ("", "−", "+", "=")
    shown = [Term(sign, name, image) for sign, name, image in zip(signs, names, images, strict=True)]
    equation(key="equation", terms=shown)


def _averages(codec: OpenCodec) -> dict[int, Floats]:
    """The mean code of each class, by its label."""
    known = training_codes(codec)
    assert known.labels is not None
    return class_means(known.codes, known.labels)


def _choice(codec: OpenCodec, place: Place, averages: dict[int, Floats]) -> _Choice:
    names = {label: f"average {data_for(codec.config).class_names[label]}" for label in averages}
    choices = {names[label]: code for label, code in averages.items()}
    drawn = drawn_digit() if place == "plus" else None
    if drawn is not None:
        choices[DRAWING] = codec.codec.encode(drawn[None])[0]
    key = f"sum_{place}"
    if st.session_state.get(key) not in choices:
        # Of two classes there are two: the first and the last, so that the sum is not at once nothing.
        st.session_state[key] = names.get(BEGIN[place]) or list(choices)[-1 if place == "minus" else 0]
    name = st.selectbox(LABELS[place], list(choices), key=key, width=190)
    return _Choice(name, choices[name])
