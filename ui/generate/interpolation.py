"""From one digit to another through the latent space: on the straight line and on the arc."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from ae_core.datasets.dataset import Dataset
from ae_core.latent.arithmetic import lerp, slerp
from ui.components import blend
from ui.selection.drawing import drawn_digit
from ui.selection.open_codecs import OpenCodec
from ui.selection.run import unmarked
from ui.shell.kept_choices import keep
from ui.shell.server import data_for

Floats = NDArray[np.float32]

ANY, DRAWING = "any", "your drawing"


@dataclass(frozen=True)
class _End:
    """One end of the way: its letter, and which class it begins with."""

    letter: str
    begins_with: int

    @property
    def kind(self) -> str:
        return f"between_kind_{self.letter}"

    @property
    def index(self) -> str:
        return f"between_index_{self.letter}"


ENDS = (_End("A", 3), _End("B", 8))


def show_between(codecs: Sequence[OpenCodec]) -> None:
    """Ways between two digits, for each codec. The page must carry their networks. Raises DataError or ConfigError."""
    st.subheader("Between two digits", anchor=False)
    st.caption(
        "Each code on the way from A to B, decoded. The straight line mixes the two codes; the arc turns from one to "
        "the other about the origin and keeps their length (slerp: Shoemake 1985; White 2016)."
    )
    st.fragment(_between)(tuple(codecs))


def _between(codecs: tuple[OpenCodec, ...]) -> None:
    data = data_for(codecs[0].config)
    a, b = (_end_beside(column, end, data) for column, end in zip(st.columns(2), ENDS, strict=True))
    named = [(f"Codes of {codec.name}" if len(codecs) > 1 else "Codes", codec.cargo.model) for codec in codecs]
    blend(key="between", a=a, b=b, codecs=named, arcs=codecs[0].codec.latent_dim > 1)
    st.caption("Distance of the code from the origin. " + " ".join(_length_words(codec, a, b) for codec in codecs))


def _end_beside(column: DeltaGenerator, end: _End, data: Dataset) -> Floats:
    with column, st.container(horizontal=True, vertical_alignment="bottom"):
        return _end(end, data)


def _end(end: _End, data: Dataset) -> Floats:
    """The chosen digit of one end, (28, 28)."""
    drawn = drawn_digit()
    kinds = [*data.class_names] if data.test_labels is not None else []
    kinds = [ANY, *kinds, *([DRAWING] if drawn is not None else [])]
    keep(end.kind, end.index)
    _begin(end, data, kinds)
    kind = st.selectbox(end.letter, kinds, key=end.kind, on_change=_to_kind, args=(end, data), width=110)
    if kind == DRAWING and drawn is not None:
        return drawn
    st.number_input("Test image", 0, data.test.count - 1, key=end.index, width=126)
    st.button("Another", key=f"between_another_{end.letter}", on_click=_another, args=(end, data))
    return data.test_images[st.session_state[end.index]]


def _begin(end: _End, data: Dataset, kinds: Sequence[str]) -> None:
    """Mend what is chosen, which other images, or no drawing any more, may have made impossible."""
    if st.session_state.get(end.kind) not in kinds:
        labels = data.test_labels
        known = labels is not None and bool((labels == end.begins_with).any())
        st.session_state[end.kind] = data.class_names[end.begins_with] if known else ANY
        st.session_state[end.index] = -1 if known else (0 if end.letter == "A" else data.test.count - 1)
        if known:
            _another(end, data)
    st.session_state[end.index] = min(st.session_state.get(end.index, 0), data.test.count - 1)


def _to_kind(end: _End, data: Dataset) -> None:
    """Go to a test image of the kind that was chosen, unless this is one."""
    kind, labels = st.session_state[end.kind], data.test_labels
    if kind in (ANY, DRAWING) or labels is None:
        return
    if data.class_names[labels[st.session_state.get(end.index, 0)]] != kind:
        _another(end, data)


def _another(end: _End, data: Dataset) -> None:
    """Go to the next test image of the chosen kind; after the last one, to the first."""
    kind, labels = st.session_state[end.kind], data.test_labels
    among = np.arange(data.test.count)
    if labels is not None and kind in data.class_names:
        among = np.flatnonzero(labels == data.class_names.index(kind))
    if len(among):
        later = among[among > st.session_state[end.index]]
        st.session_state[end.index] = int(later[0] if len(later) else among[0])


def _length_words(codec: OpenCodec, a: Floats, b: Floats) -> str:
    """How long the code is halfway, against its ends."""
    from_code, to_code = codec.codec.encode(np.stack([a, b]))
    half = np.array([0.5], np.float32)
    ends = [float(np.linalg.norm(code)) for code in (from_code, to_code)]
    line, arc = (float(np.linalg.norm(way(from_code, to_code, half)[0])) for way in (lerp, slerp))
    words = f"{unmarked(codec.name)}: {ends[0]:.1f} at A, {ends[1]:.1f} at B, halfway {line:.1f} on the straight line"
    return words + ("." if len(from_code) == 1 else f" and {arc:.1f} on the arc.")
