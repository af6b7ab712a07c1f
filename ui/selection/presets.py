"""Presets that a page speaks of, and the way to train those that this server has not got."""

from __future__ import annotations

from collections.abc import Iterable

import streamlit as st

from ae_core.config.presets import NOTES, PRESETS
from ui.selection.run import showable
from ui.shell.server import store


def untrained(*names: str) -> list[str]:
    """Those of the presets `names` that nobody has trained on this server. Raises StoreError."""
    trained = {run.key for run in store().runs() if showable(run)}
    return [name for name in names if PRESETS[name].key not in trained]


def train_links(names: Iterable[str]) -> None:
    """A link to the Train page for each of these presets, which fills the form with its settings."""
    with st.container(horizontal=True):
        for name in names:
            st.page_link(
                "pages/train.py",
                label=f"Train {NOTES[name].title}",
                icon=":material/arrow_forward:",
                query_params={"preset": name},
            )
