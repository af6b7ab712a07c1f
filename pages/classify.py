"""Put the encoder to work: classifiers on top of it, from few labels, against those that never saw it."""

from __future__ import annotations

import streamlit as st

from ui.classify import show_contest
from ui.classify_digits import show_answers
from ui.codecs import await_first
from ui.errors import shown_plainly
from ui.frame import inside_app
from ui.runs import chosen_run, damage_mendable

inside_app()

st.title("Put the encoder to work")
st.markdown(
    "“Remove the decoder and attach a classifier”: the encoder has seen all images, but no label. How many labels does "
    "that save? Eight classifiers learn from the same few labelled digits, and each has to name all test digits."
)

run = chosen_run()
with shown_plainly():
    if run is None:
        await_first("You can put a classifier on it as soon as it is trained.")
    else:
        with damage_mendable(run.key):
            field = show_contest(run)
            if field:
                show_answers(field)

st.subheader("Things to try", anchor=False)
st.markdown(
    """
- Start with **100** labels, then **10,000**. Those that use the encoder should lead by far at first, and hardly at the
  end: labels are what the encoder saves.
- Compare a run of 2 dimensions with one of 20 or 32. Two numbers are a fine map, but too few to tell all digits apart.
- Look for 4 and 9 in the confusion matrix and press the cell: many of these digits you might misread as well.
- Go to **Draw** once a head is trained: it names your digit while you draw it. Then draw a letter, and see how sure it
  still is.
"""
)
