"""The latent space as a map to walk in: where the codes lie, what is between them, and how it came to be so."""

from __future__ import annotations

import streamlit as st

from ui.latent.map import show_space
from ui.latent.replay import show_forming
from ui.latent.traversal import show_traversal
from ui.selection.drawing import remember_pictures
from ui.selection.open_codecs import await_first
from ui.selection.presets import train_links, untrained
from ui.selection.run import chosen_run, damage_mendable
from ui.shell.errors import shown_plainly
from ui.shell.frame import inside_app, page_head

inside_app()

page_head(
    "Walk through the latent space",
    "Each dot is the **code** of an image. Point at one, or between two: the decoder draws what is there.",
)

remember_pictures()
run = chosen_run()
with shown_plainly():
    if run is None:
        await_first("There is a map as soon as it is trained.")
    else:
        with damage_mendable(run.key):
            codec = show_space(run)
            show_traversal(codec)
            show_forming(run, codec)

st.subheader("Things to try", anchor=False)
st.markdown(
    """
- Choose **Two dimensions** and point along a border between two kinds of digit. You should see one turn into the other.
- Choose **Quick start**, whose code has 32 numbers, and switch from **PCA** to **t-SNE**. The ten digits should come
  apart that PCA laid over each other: they were apart in the latent space all along.
- Draw a digit on the **Draw** page and come back. On the map of **Two dimensions** your star should mostly lie among
  digits of its kind; on the PCA map of **Quick start** those lie under others.
- Turn on **Decoded grid**. Where it fades, no digit is near: an autoencoder never learned what to draw there.
- Choose **Two dimensions** and replay the training at the end of this page. The kinds of digit should lie over each
  other at first, and come apart.
"""
)
with shown_plainly():
    train_links(untrained("two-dimensions", "quick-start"))
