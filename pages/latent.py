"""The latent space as a map to walk in: where the codes lie, what is between them, and how it came to be so."""

from __future__ import annotations

import streamlit as st

from ui.codecs import await_first
from ui.errors import shown_plainly
from ui.forming import show_forming
from ui.frame import inside_app
from ui.runs import chosen_run, damage_mendable, run_choice
from ui.space import show_space
from ui.walking import show_traversal

inside_app()

st.title("Walk through the latent space")
st.markdown(
    "Every image becomes a **code**, a point in the latent space. Here is a map of it. Point at a digit to see it and "
    "its reconstruction; point between the digits, and the decoder draws what would be there."
)

run = chosen_run()
with shown_plainly():
    if run is None:
        await_first("There is a map as soon as it is trained.")
    else:
        run_choice(run)
        with damage_mendable(run.key):
            codec = show_space(run)
            show_traversal(codec)
            show_forming(run, codec)

st.subheader("Things to try", anchor=False)
st.markdown(
    """
- Choose **Two dimensions** and point at the empty places between two kinds of digit. Close to a border you should see
  one turn into the other; far out, shapes that are no digit at all.
- Switch from **PCA** to **t-SNE** for a code of 32 numbers. The ten digits should come apart that PCA laid over each
  other: they were apart in the latent space all along.
- Draw a digit on the **Draw** page and come back. Your star should lie among digits of its kind.
- Turn on **Decoded grid**. Where it fades, no digit is near: an autoencoder never learned what to draw there.
- Replay the training at the end of this page. The kinds of digit should come apart within the first hundred steps.
"""
)
