"""Choose the hyperparameters, train, and watch the loss fall while sixteen test digits become recognisable."""

from __future__ import annotations

import streamlit as st

from ae_core.config.plan import plan_layers
from ui.components import layer_picture
from ui.selection.run import runs_link
from ui.shell.frame import inside_app
from ui.training import form
from ui.training.panel import show_training

inside_app()

st.title("Train an autoencoder")
st.markdown(
    "Choose a preset or set every hyperparameter, train it, and watch. It goes on when you leave this page. The "
    "address holds your settings: share it."
)

form.start_from_address()
config, problems = form.read()
if wrong := form.link_problems(config):
    st.warning(
        "This link asks for something that cannot be had; the usual value stands in its place.\n\n"
        + "\n".join(f"- {problem}" for problem in wrong)
    )
preset, picture = st.columns([2, 3], gap="large", vertical_alignment="center")
with preset:
    form.preset_choice(config)
with picture:
    if config:
        plan = plan_layers(config)
        layer_picture(key="layer_picture", encoder_layers=plan.drawn_encoder, decoder_layers=plan.decoder)

# The training comes first: on a phone the settings are below it, not between the visitor and the curve.
live, settings = st.columns([3, 2], gap="large")
with live:
    if config:
        form.write_address(config)
        show_training(config)
    else:
        st.button("Train", type="primary", disabled=True, key="train")
        st.error("Some settings need mending before this can be trained: " + " ".join(problems.values()))
with settings:
    form.groups(problems)

runs_link()

st.subheader("Things to try", anchor=False)
st.markdown(
    """
- Train **The article**, then **The article, mended**. Same size, same number of steps: the mended one should lose the
  black holes in its strokes, and its error should fall to about a third.
- Train **Linear**: its curve should come down to the PCA line and stay there. Then give it hidden layers and watch it
  cross the line.
- Train **Linear** with the optimizer SGD and a learning rate of 10: it should diverge within a few steps. You should
  get a message that says at which step it did, and the last good weights.
- Train **Variational** and watch the bars: the KL term should leave some of the 20 dimensions at zero. They have
  collapsed, and the decoder does without them. With **Variational, beta 4** fewer should be left, and the digits should
  blur.
- Set the training images to 100: the training curve should go on falling while the held-out curve turns up.
"""
)
