"""Draw a digit and watch it being reconstructed while the finger still moves."""

from __future__ import annotations

import streamlit as st

from ui.board import STYLE, show_board
from ui.codecs import codec_choice, open_chosen
from ui.errors import shown_plainly
from ui.frame import inside_app
from ui.live import carry
from ui.tries import show_tries

inside_app()

st.html(STYLE)
with st.container(horizontal=True, vertical_alignment="bottom", key="draw_title"):
    st.title("Draw a digit", width="content")
    st.markdown("It is rebuilt while you draw, from a few numbers alone.", width="content")

with shown_plainly():
    chosen = codec_choice()
    codecs = open_chosen(chosen)
    if codecs:
        show_board(codecs)
        # Two runs may have come out the same.
        for cargo in {codec.cargo.model: codec.cargo for codec in codecs}.values():
            carry(cargo)
    elif not chosen:
        st.info("Nothing to draw with is chosen. Choose a network in the list above, or PCA; your drawing is kept.")

with shown_plainly():
    show_tries()
