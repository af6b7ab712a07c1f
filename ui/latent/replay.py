"""How the latent space came to be: the codes of held-out images at steps of the training, one after the other."""

from __future__ import annotations

import streamlit as st

from ae_core.latent.alignment import Formation, aligned
from ae_core.latent.frames import Frames, load_frames
from ae_core.runs.run import Run
from ui.components.replay.replay import replay
from ui.selection.open_codecs import OpenCodec
from ui.shell.server import LARGE_SECONDS, data_for


def show_forming(run: Run, codec: OpenCodec) -> None:
    """The replay of a run's training. Raises DamagedRunError, DataError or ConfigError."""
    st.subheader("Watch it form", anchor=False)
    formed = _formed(str(run.path), run.status.updated, run)
    preview = run.preview()
    if formed is None or preview is None:
        st.caption("This run was trained by an earlier version, which kept no pictures of the way. Train it anew.")
        return
    frames, formation = formed
    data = data_for(codec.config)
    st.caption(
        f"The codes of {len(frames.indices):,} held-out images at {len(frames.steps)} moments of the training, from "
        "the first random weights on."
    )
    replay(
        key=f"replay_{run.key}",
        frames=frames,
        formation=formation,
        originals=preview[0],
        labels=None if data.test_labels is None else data.test_labels[frames.indices],
        class_names=data.class_names,
    )


@st.cache_resource(max_entries=8, ttl=LARGE_SECONDS, show_spinner="Laying the moments of the training over each other…")
def _formed(path: str, updated: float, _run: Run) -> tuple[Frames, Formation] | None:  # noqa: ARG001 as in `open_run`
    frames = load_frames(_run)
    return None if frames is None else (frames, aligned(frames.codes))
