"""New digits: draw codes at random, decode them, and check whether they are new and whether they are good."""

from __future__ import annotations

import streamlit as st

from ui.codecs import await_first
from ui.errors import shown_plainly
from ui.frame import inside_app
from ui.generate import choose_codecs
from ui.generate_between import show_between
from ui.generate_quality import show_quality
from ui.generate_samples import show_samples
from ui.generate_sum import show_sum
from ui.live import carry
from ui.runs import chosen_run, damage_mendable

inside_app()

st.title("Generate new digits")
st.markdown(
    "“The network learned the distribution and can generate new digits.” A decoder makes an image of any code. Whether "
    "it is a digit depends on where the code comes from: check it here."
)

run = chosen_run()
with shown_plainly():
    if run is None:
        await_first("You can generate digits as soon as it is trained.")
    else:
        with damage_mendable(run.key):
            codecs = choose_codecs(run)
            if codecs:
                show_samples(codecs)
                show_between(codecs)
                show_sum(codecs[0])
                show_quality(codecs)
            for cargo in {codec.cargo.model: codec.cargo for codec in codecs}.values():
                carry(cargo)

st.subheader("Things to try", anchor=False)
st.markdown(
    """
- Put a variational autoencoder beside a plain one and look at **Prior**. The plain one should draw blots, the
  variational one mostly digits: only its codes were trained to be distributed like the prior.
- Compare **Box** with **Mixture** of the same network. The box knows each number of the code but not how they go
  together, and should give far more shapes that are no digit.
- Raise **Spread of the prior** for a plain autoencoder. Where it comes to the spread of the codes, its blots should
  become as good, and as bad, as those of **One normal**.
- Point at the best digits that you find. Their distance to the nearest training image should lie in the grey range:
  they are not copies.
- Play the way from a 3 to an 8, then from a 1 to a 0. Through the codes strokes should bend; through the pixels one
  digit should fade while the other appears.
"""
)
