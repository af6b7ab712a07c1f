"""What is done with a finished picture on the Draw page: kept as A or B, taken home, and what lies between A and B."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ui.components import Checked, blend
from ui.selection.open_codecs import OpenCodec
from ui.shell.pictures import png_of

Floats = NDArray[np.float32]
ENDS = ("A", "B")
THUMB = 40
"""Side of a kept picture beside its button, in pixels."""
BETWEEN = "between-two-pictures"


def show_actions(checked: Checked | None, noun: str) -> None:
    """Buttons for the picture that `checked` is about, a "drawing" or "digit"; they rest where there is none."""
    seen = checked.seen if checked else None
    for end in ENDS:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", width="content"):
            st.button(f"Keep as {end}", key=f"keep_{end}", disabled=not checked, on_click=_keep, args=(end, seen))
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
    blend(key="blend", a=a, b=b, codecs=[(f"Codes of {codec.name}", codec.cargo.model) for codec in codecs])


def _say_what_is_kept() -> None:
    kept = [end for end in ENDS if _kept(end) is not None]
    if len(kept) == len(ENDS):
        st.caption(f"A and B are kept. [Slide between them](#{BETWEEN})")
    elif kept:
        (missing,) = set(ENDS) - set(kept)
        st.caption(f"{kept[0]} is kept. Make another picture and keep it as {missing}.")


def _keep(end: str, seen: Floats) -> None:
    st.session_state[_name(end)] = seen


def _kept(end: str) -> Floats | None:
    kept: Floats | None = st.session_state.get(_name(end))
    return kept


def _name(end: str) -> str:
    return f"_draw_end_{end}"
