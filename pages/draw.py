"""Draw a digit and watch it being reconstructed while the finger still moves."""

from __future__ import annotations

import streamlit as st

from ui.board import show_board
from ui.codecs import codec_choice, open_chosen
from ui.errors import shown_plainly
from ui.frame import inside_app
from ui.live import carry

inside_app()

st.title("Draw a digit")
st.markdown("It is rebuilt while you draw, from a few numbers alone.")

with shown_plainly():
    codecs = open_chosen(codec_choice())
    if codecs:
        show_board(codecs)
        # Two runs may have come out the same.
        for cargo in {codec.cargo.model: codec.cargo for codec in codecs}.values():
            carry(cargo)

st.subheader("Things to try", anchor=False)
st.markdown(
    """
- Draw a 7, then add the bar of a European 7. The bar should fade in the reconstruction when few digits have one.
- Draw a letter or a face. You should get something digit-like back, and a figure that says how strange your picture is.
- Turn **Centre and scale like MNIST** off and draw a small digit in a corner: it should come back as a blur.
- Choose PCA beside a network and erase a patch of a test digit: the network should mend more of it.
- Choose **Denoising** beside **Quick start** and add noise: one should wipe it off, the other try to draw it.
"""
)
