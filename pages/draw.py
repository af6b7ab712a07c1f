"""Draw a digit and watch it being reconstructed while the finger still moves."""

from __future__ import annotations

import streamlit as st

from ui.components.network_carrier.network_carrier import carry
from ui.draw.board import STYLE, show_board
from ui.draw.tries import show_tries
from ui.selection.codecs import codec_choice
from ui.selection.heads import carry_heads
from ui.selection.open_codecs import open_chosen
from ui.shell.errors import shown_plainly
from ui.shell.frame import inside_app, page_head

inside_app()

page_head("Draw a digit", "Rebuilt while you draw, from a few numbers.")
st.html(STYLE)

with shown_plainly():
    # Whatever is said of the codecs, the board keeps its place below.
    with st.container():
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
