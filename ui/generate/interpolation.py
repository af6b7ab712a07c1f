"""From one digit to another through the latent space: on the straight line and on the arc."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from ae_core.datasets.dataset import Dataset
from ae_core.datasets.images import as_floats
from ae_core.latent.arithmetic import lerp, slerp
from ui.components.blend.blend import blend
from ui.selection.address import Parameter
from ui.selection.drawing import DRAWING, NO_DRAWING, drawn_digit
from ui.selection.open_codecs import OpenCodec
from ui.shell.errors import unmarked
from ui.shell.fragment import fragment
from ui.shell.server import data_for
from ui.shell.session import settle_control

Floats = NDArray[np.float32]

ANY = "any"


@dataclass(frozen=True)
class _Choice:
    """What stands at one end: a test image and the kind among which another is looked for; or the drawing, its kind."""

    kind: str
    index: int


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

    def parameter(self, data: Dataset) -> Parameter[_Choice]:
        """In the address: 3-30, any-30 or drawing."""
        kinds = [ANY, *(data.class_names if data.test_labels is not None else ())]
        usual = self._usual(data)

        def read(text: str) -> _Choice:
            kind, _, index = text.rpartition("-")
            if text == "drawing":
                return _Choice(DRAWING, usual.index)
            if kind not in kinds or not 0 <= int(index) < data.test.count:
                raise ValueError(text)
            return _Choice(kind, int(index))

        def text(choice: _Choice) -> str:
            return "drawing" if choice.kind == DRAWING else f"{choice.kind}-{choice.index}"

        expected = f"drawing, or a kind and the number of a test image below {data.test.count:,}, such as {text(usual)}"
        return Parameter(self.letter.lower(), f"between_{self.letter}", usual, read, text, expected)

    def _usual(self, data: Dataset) -> _Choice:
        labels = data.test_labels
        if labels is None or not (found := np.flatnonzero(labels == self.begins_with)).size:
            return _Choice(ANY, 0 if self.letter == "A" else data.test.count - 1)
        return _Choice(data.class_names[self.begins_with], int(found[0]))


ENDS = (_End("A", 3), _End("B", 8))


def show_between(codecs: Sequence[OpenCodec]) -> None:
    """Ways between two digits, for each codec. The page must carry their networks. Raises DataError or ConfigError."""
    st.subheader("Between two digits", anchor=False)
    st.caption(
        "Each code on the way from A to B, decoded. The straight line mixes the two codes; the arc turns from one to "
        "the other about the origin and keeps their length (slerp: Shoemake 1985; White 2016)."
    )
    fragment(_between)(tuple(codecs))


def _between(codecs: tuple[OpenCodec, ...]) -> None:
    data = data_for(codecs[0].config)
    a, b = (_end_beside(column, end, data) for column, end in zip(st.columns(2), ENDS, strict=True))
    if a is None or b is None:
        st.info(NO_DRAWING)
        return
    named = [(f"Codes of {codec.name}" if len(codecs) > 1 else "Codes", codec.model) for codec in codecs]
    blend(key="between", a=a, b=b, codecs=named, arcs=codecs[0].codec.latent_dim > 1)
    st.caption("Distance of the code from the origin. " + " ".join(_length_words(codec, a, b) for codec in codecs))


def _end_beside(column: DeltaGenerator, end: _End, data: Dataset) -> Floats | None:
    with column:
        notice = st.container()
        with st.container(horizontal=True, vertical_alignment="bottom"):
            return _end(end, data, notice)


def _end(end: _End, data: Dataset, notice: DeltaGenerator) -> Floats | None:
    """The chosen digit of one end, (28, 28); None for a drawing that is not there."""
    drawn = drawn_digit()
    chosen = end.parameter(data).settle(notice)
    settle_control(end.kind, chosen.kind)
    settle_control(end.index, chosen.index)
    kinds = [ANY, *(data.class_names if data.test_labels is not None else ())]
    there = [DRAWING] if drawn is not None or chosen.kind == DRAWING else []
    st.selectbox(end.letter, [*kinds, *there], key=end.kind, on_change=_to_kind, args=(end, data), width=110)
    if chosen.kind == DRAWING:
        return drawn
    last = data.test.count - 1
    st.number_input("Test image", 0, last, key=end.index, on_change=_take, args=(end, data), width=126)
    st.button("Another", key=f"between_another_{end.letter}", on_click=_another, args=(end, data))
    return as_floats(data.test_pixels[chosen.index])


def _take(end: _End, data: Dataset) -> None:
    """Take what the widgets say; a callback."""
    parameter = end.parameter(data)
    before: _Choice = st.session_state[parameter.key]
    kind = st.session_state[end.kind]
    # The number has no widget while the drawing is chosen, and the address then names none.
    index = parameter.usual.index if kind == DRAWING else st.session_state.get(end.index, before.index)
    st.session_state[parameter.key] = _Choice(kind, index)
    parameter.change()


def _to_kind(end: _End, data: Dataset) -> None:
    """Go to a test image of the kind that was chosen, unless this is one; a callback."""
    index = st.session_state.get(end.index, 0)
    labels, kind = data.test_labels, st.session_state[end.kind]
    if kind in (ANY, DRAWING) or labels is None or data.class_names[labels[index]] == kind:
        _take(end, data)
    else:
        _another(end, data)


def _another(end: _End, data: Dataset) -> None:
    """Go to the next test image of the chosen kind, after the last one to the first; a callback."""
    kind, labels = st.session_state[end.kind], data.test_labels
    among = np.arange(data.test.count)
    if labels is not None and kind in data.class_names:
        among = np.flatnonzero(labels == data.class_names.index(kind))
    if len(among):
        later = among[among > st.session_state.get(end.index, 0)]
        st.session_state[end.index] = int(later[0] if len(later) else among[0])
    _take(end, data)


def _length_words(codec: OpenCodec, a: Floats, b: Floats) -> str:
    """How long the code is halfway, against its ends."""
    from_code, to_code = codec.codec.encode(np.stack([a, b]))
    half = np.array([0.5], np.float32)
    ends = [float(np.linalg.norm(code)) for code in (from_code, to_code)]
    line, arc = (float(np.linalg.norm(way(from_code, to_code, half)[0])) for way in (lerp, slerp))
    words = f"{unmarked(codec.name)}: {ends[0]:.1f} at A, {ends[1]:.1f} at B, halfway {line:.1f} on the straight line"
    return words + ("." if len(from_code) == 1 else f" and {arc:.1f} on the arc.")
