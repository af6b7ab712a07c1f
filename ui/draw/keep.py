"""What is done with a finished picture on the Draw page: kept as A or B, taken home, and what lies between A and B."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.config.config import Config
from ae_core.datasets.images import as_floats
from ae_core.errors import BottleneckError
from ae_core.preprocessing.corruption import Spoil, spoil
from ui.components.blend.blend import blend
from ui.components.draw.draw import Checked
from ui.selection.address import Parameter
from ui.selection.drawing import OWN
from ui.selection.open_codecs import OpenCodec
from ui.shell.pictures import png_of
from ui.shell.server import data_for

Floats = NDArray[np.float32]
End = Literal["A", "B"]
ENDS: tuple[End, ...] = ("A", "B")
THUMB = 40
"""Side of a kept picture beside its button, in pixels."""
BETWEEN = "between-two-pictures"
USUAL_DATASET = "mnist"


@dataclass(frozen=True)
class SpoiledDigit:
    """A test image, spoiled in some way: a picture that an address can name, as 17 or fashion_mnist.17~noise~0.5.

    Attributes:
        index: among all held-out images of the dataset.
    """

    dataset: str
    index: int
    how: Spoil

    @classmethod
    def of(cls, config: Config, index: int, how: Spoil) -> SpoiledDigit:
        """The `index`-th of the held-out images that `config` has."""
        labels = data_for(Config(dataset=config.dataset)).test_labels
        if config.classes and labels is not None:
            index = int(np.flatnonzero(np.isin(labels, config.classes))[index])
        return cls(config.dataset, index, how)

    @classmethod
    def read(cls, text: str) -> SpoiledDigit:
        """From an address. Raises ValueError."""
        which, _, how = text.partition("~")
        dataset, _, index = which.rpartition(".")
        digit = cls(dataset or USUAL_DATASET, int(index), Spoil.from_text(how) if how else Spoil())
        try:
            count = data_for(Config(dataset=digit.dataset)).test.count
        except BottleneckError as error:
            raise ValueError(text) from error
        if not 0 <= digit.index < count:
            raise ValueError(text)
        return digit

    def text(self) -> str:
        which = str(self.index) if self.dataset == USUAL_DATASET else f"{self.dataset}.{self.index}"
        return "~".join(part for part in (which, self.how.to_text()) if part)

    def picture(self) -> Floats:
        """(28, 28), as a network sees it."""
        return spoil(as_floats(data_for(Config(dataset=self.dataset)).test_pixels[self.index]), self.how)


def _parameter(end: End) -> Parameter[SpoiledDigit | None]:
    return Parameter(
        end.lower(),
        f"_draw_end_{end}",
        None,
        SpoiledDigit.read,
        lambda digit: digit.text() if digit else "",
        "the number of a test image, and how it is spoiled, if it is, such as 17 or 17~noise~0.5",
    )


NAMED = {end: _parameter(end) for end in ENDS}
"""Test digits that were kept, which the address names. Where it names none, a picture of the visitor's own stands."""


def show_actions(checked: Checked | None, noun: str, named: SpoiledDigit | None = None) -> None:
    """Buttons for the picture that `checked` is about, a "drawing" or "digit"; they rest where there is none.

    Args:
        named: the same picture, where an address can name it.
    """
    seen = checked.seen if checked else None
    for end in ENDS:
        NAMED[end].settle()
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
            st.button(
                f"Keep as {end}", key=f"keep_{end}", disabled=not checked, on_click=_keep, args=(end, seen, named)
            )
            kept = _kept(end)
            if kept is not None:
                st.image(png_of(kept), width=THUMB)
    _say_what_is_kept()
    made = {noun: checked.seen, "reconstruction": checked.made[0][1]} if checked else {}
    for key, name in (("drawing", noun), ("reconstruction", "reconstruction")):
        image = made.get(name)
        st.download_button(
            f"Save the {name}",
            b"" if image is None else png_of(image),
            f"{name}.png",
            "image/png",
            key=f"save_{key}",
            disabled=image is None,
            on_click="ignore",
        )


def show_between(codecs: Sequence[OpenCodec]) -> None:
    """The slider from A to B, or what is still missing for it."""
    a, b = map(_kept, ENDS)
    st.subheader("Between two pictures", anchor=BETWEEN)
    if a is None or b is None:
        kept = "Keep one picture as A and another as B" if a is None and b is None else "Now keep another picture as "
        missing = "" if a is None and b is None else "A" if a is None else "B"
        st.caption(f"{kept}{missing}, then slide between their codes.")
        return
    blend(key="blend", a=a, b=b, codecs=[(f"Codes of {codec.name}", codec.model) for codec in codecs])


def _say_what_is_kept() -> None:
    kept = [end for end in ENDS if _kept(end) is not None]
    if len(kept) == len(ENDS):
        st.caption(f"A and B are kept. [Slide between them](#{BETWEEN})")
    elif kept:
        (missing,) = set(ENDS) - set(kept)
        st.caption(f"{kept[0]} is kept. Make another picture and keep it as {missing}.")


def _keep(end: End, seen: Floats, named: SpoiledDigit | None) -> None:
    """A callback."""
    if named is None:
        st.session_state[OWN[end]] = seen
    st.session_state[NAMED[end].key] = named
    NAMED[end].change()


def _kept(end: End) -> Floats | None:
    named: SpoiledDigit | None = st.session_state.get(NAMED[end].key)
    own: Floats | None = st.session_state.get(OWN[end])
    return named.picture() if named else own
