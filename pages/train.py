"""Choose the hyperparameters, train, and watch the loss fall while ten test digits become recognisable."""

from __future__ import annotations

import streamlit as st

from ae_core.config.plan import plan_layers
from ui.components.picture.picture import layer_picture
from ui.selection.presets import train_links, untrained
from ui.selection.run import runs_link
from ui.shell.errors import shown_plainly
from ui.shell.frame import inside_app, page_head
from ui.training import form
from ui.training.panel import STYLE, show_training

inside_app()

page_head(
    "Train an autoencoder",
    "Choose a preset or your own settings, train, and watch. It goes on when you leave this page.",
)
st.html(STYLE)

form.start_from_address()
config, problems = form.read()
# What comes and goes stands in containers: what a visitor has opened further down then keeps its place. A browser may
# close it when it moves.
notice = st.container()
if wrong := form.link_problems(config):
    notice.warning(
        "This link asks for something that cannot be had; the usual value stands in its place.\n\n"
        + "\n".join(f"- {problem}" for problem in wrong)
    )
# It stays in sight while the settings are scrolled to: a training is begun and stopped from wherever one is.
strip = st.container(horizontal=True, vertical_alignment="center", key="training_strip")
with strip:
    form.preset_choice(config)
form.preset_note(config)
with st.container():
    if config:
        form.write_address(config)
        show_training(config, strip)
    else:
        strip.button("Train", type="primary", disabled=True, key="train")
        st.error("Some settings need mending before this can be trained: " + " ".join(problems.values()))

st.subheader("Settings", anchor=form.ANCHOR)
st.caption("The page's address holds them all: share it.")
with st.container():
    if config:
        plan = plan_layers(config)
        layer_picture(key="layer_picture", encoder_layers=plan.drawn_encoder, decoder_layers=plan.decoder)
form.groups(problems)

runs_link()

st.subheader("Things to try", anchor=False)
st.markdown(
    """
- Train **The article**, then **The article, mended**. Same size, same number of steps: the mended one should lose the
  black holes in its strokes, and its error should fall to less than half.
- Train **Linear**: its curve should come down to the PCA line and stay there. Then give it a hidden layer of 512 units:
  it should cross the line.
- Train **Linear** with the optimizer SGD and a learning rate of 10: it should diverge within a few steps. You should
  get a message that says at which step it did, and the last good weights.
- Train **Variational** and watch the bars: the KL term should leave some of the 20 dimensions at zero. They have
  collapsed, and the decoder does without them. With **Variational, beta 4** fewer should be left, and the digits should
  blur.
- Train **Plain, 20 dimensions**, which is **Variational** without its KL term, and compare the two on **Runs**: it
  should lose about a third less of each digit. Then draw codes at random on **Generate**: only the variational one
  should make digits of them.
- Choose **Quick start** and set the training images to 100: the training curve should go on falling while the
  held-out curve turns up, and the training images below should be rebuilt far better than the held-out ones above them.
"""
)
with shown_plainly():
    train_links(untrained("article", "article-mended", "linear", "plain-20", "variational", "beta-4"))
