"""Errors as a visitor should meet them: what was expected, what was received, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ae_core.errors import BottleneckError


@contextmanager
def shown_plainly() -> Iterator[None]:
    """Show a `BottleneckError` as a message in its place. Anything else is a fault of ours and goes on to the log."""
    try:
        yield
    except BottleneckError as error:
        st.error(str(error))
