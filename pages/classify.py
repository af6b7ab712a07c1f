"""Put the encoder to work: classifiers on top of it, from few labels, against those that never saw it."""

from __future__ import annotations

import streamlit as st

from ui.classify.contest import show_contest
from ui.classify.mistakes import show_answers
from ui.selection.open_codecs import await_first
from ui.selection.presets import train_links, untrained
from ui.selection.run import chosen_run, damage_mendable
from ui.shell.errors import shown_plainly
from ui.shell.frame import inside_app

inside_app()

st.title("Put the encoder to work")
st.markdown(
    "“Remove the decoder and attach a classifier”, says the tutorial behind this app. The encoder has seen all "
    "images, but no label. How many labels does that save? Nine classifiers learn from the same few labelled digits, "
    "and each has to name all test digits."
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
- Hold a contest with **10** labels on **Variational**, one for each digit. Labels that spread over the codes should
  name most test digits, the same network from scratch no more than about half of them.
- Then look at the head on the frozen encoder: with 10 labels it should do no better than the network from scratch. An
  encoder alone saves little; what saves labels is to know where all the other images lie.
- With **100** labels on **Variational** compare the two that spread them, over the codes and over PCA's: the encoder
  should make about a third fewer mistakes. Hold the same contest on **Quick start**: there the two should do about
  equally well. Nothing in its training drew the codes of like digits together.
- Go on to **10,000** labels on **Variational**. The lead over the network from scratch should melt: with so many there
  is hardly anything left to save.
- Hold a contest with **1,000** labels on **Two dimensions**. Two numbers are a fine map, but nearest
  neighbours and logistic regression on its codes should lose to logistic regression on plain pixels.
- With 3,000 labels or more, press the cells of 4 and 9 in the confusion matrix: what is left are digits that you might
  misread as well.
- Go to **Draw**: a network whose head has learned names your digit while you draw it. Then draw a letter, and see how
  sure it still is.
"""
)
with shown_plainly():
    train_links(untrained("variational", "two-dimensions", "quick-start"))
st.page_link("pages/draw.py", label="Draw", icon=":material/arrow_forward:")
