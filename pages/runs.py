"""Everything that was trained on this server, and a comparison of two to four of it."""

from __future__ import annotations

import streamlit as st

from ui.components.arrival.arrival import arrival
from ui.runs.overview import show_runs
from ui.selection.presets import train_links, untrained
from ui.shell.errors import shown_plainly
from ui.shell.frame import inside_app
from ui.sweeps.section import show_sweeps

inside_app()

st.title("Runs")
st.markdown("Everything that was trained on this server. Tick some to compare them; a class fills the board together.")

# Its place comes first and its content last: the figures of a comparison take seconds.
runs = st.container()
with st.container():
    show_sweeps()

st.subheader("Things to try", anchor=False)
st.markdown(
    """
- Compare **Quick start** with PCA of as many dimensions. The network's error should be far below, and its strokes free
  of the grey waves that PCA leaves around them.
- Compare **Denoising** with **Quick start** and spoil the digits with noise: the former should wipe it off, the
  latter try to draw it. On clean digits the latter should have the smaller error.
- Look at the error by class: the 1 should be by far the easiest digit, for every codec.
- Sweep the latent dimensions of **Quick start** over 2, 8, 32 and 128, and find the runs on the board. All should lie
  below PCA. (At about 0.8 of its error with 2 dimensions, 0.5 with 8, 0.4 with 32 and 0.75 with 128.)
- Sweep the learning rate of **Quick start** from 0.0001 to 0.03. The error should fall, then rise again.
"""
)
with shown_plainly():
    train_links(untrained("quick-start", "denoising"))
arrival()
with runs, shown_plainly():
    show_runs()
