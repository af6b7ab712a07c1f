"""What an autoencoder is, shown on a live model."""

from __future__ import annotations

import streamlit as st

from ui.selection.run import chosen_run, run_choice
from ui.shell.errors import shown_plainly
from ui.shell.frame import inside_app
from ui.start.figure import show_inside

inside_app()

st.title("What is an autoencoder?")
st.markdown(
    "A network that squeezes an image through a **bottleneck** of a few numbers, the **code**, and rebuilds the image "
    "from them. Nobody tells it what a digit is: it only learns to lose as little as possible on the way."
)

run = chosen_run()
with shown_plainly():
    show_inside(run)
if run:
    run_choice(run)

st.subheader("Things to try", anchor=False)
st.markdown(
    """
- Drag a bar of the code. One number changes many pixels at once: you should see the digit deform as a whole, never a
  single pixel.
- Press **Another digit** until an odd one comes. The odder it is, the larger the error should mostly be.
- Reset the code, then push one bar after another to its end. The more bars stand at their ends, the
  less the picture should be like any digit.
"""
)
st.page_link("pages/train.py", label="Train one of your own", icon=":material/arrow_forward:")
