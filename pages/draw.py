"""Draw a digit and watch it being reconstructed while the finger still moves."""

from __future__ import annotations

import streamlit as st

from ui.board import STYLE, show_board
from ui.choosing import codec_choice
from ui.codecs import open_chosen
from ui.errors import shown_plainly
from ui.frame import inside_app, page_head
from ui.guessing import carry_heads
from ui.live import carry
from ui.tries import show_tries

inside_app()

page_head("Draw a digit", "It is rebuilt while you draw, from a few numbers alone.")
st.html(STYLE)

with shown_plainly():
    chosen = codec_choice()
    codecs = open_chosen(chosen)
    if codecs:
        show_board(codecs)
        carry(*(codec.cargo for codec in codecs))
        carry_heads(codecs)
    elif not chosen:
        st.info("Nothing to draw with is chosen. Choose a network in the list above, or PCA; your drawing is kept.")

with shown_plainly():
    show_tries()
