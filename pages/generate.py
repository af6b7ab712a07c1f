"""New digits: draw codes at random, decode them, and check whether they are new and whether they are good."""

from __future__ import annotations

import streamlit as st

from ui.components.network_carrier.network_carrier import carry
from ui.generate.arithmetic import show_sum
from ui.generate.codes import choose_codecs
from ui.generate.interpolation import show_between
from ui.generate.samples import show_samples
from ui.generate.tries import show_tries
from ui.selection.drawing import remember_pictures
from ui.selection.open_codecs import await_first
from ui.selection.run import chosen_run, damage_mendable
from ui.shell.errors import shown_plainly
from ui.shell.frame import inside_app, page_head

inside_app()

page_head(
    "Generate new digits",
    "A decoder makes an image of any code. Whether it is a digit depends on where the code comes from.",
)

remember_pictures()
run = chosen_run()
with shown_plainly():
    if run is None:
        await_first("You can generate digits as soon as it is trained.")
    else:
        with damage_mendable(run.key, run.title):
            # Whatever is said of the codecs, what follows keeps its place.
            with st.container():
                codecs = choose_codecs(run)
            if codecs:
                show_samples(codecs)
                show_between(codecs)
                show_sum(codecs)
                show_tries(codecs)
            carry(*(codec.cargo for codec in codecs))
