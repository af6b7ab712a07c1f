"""Errors as a visitor should meet them: what was expected, what was received, what to do."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from ae_core.errors import BottleneckError


@contextmanager
def shown_plainly() -> Iterator[None]:
    """Show a `BottleneckError` as a message in its place. Anything else is a fault of ours: the log gets it whole."""
    try:
        yield
    except BottleneckError as error:
        st.error(str(error))
    except Exception:
        logging.getLogger(__name__).exception("A page failed")
        st.error(
            "Something went wrong in this page, and it is not your doing. Nothing that was trained is lost. Reload the "
            "page; if it happens again, the terminal in which the app was started says what it was."
        )


def unmarked(title: str) -> str:
    """A title as it stands, for where Streamlit would take its signs for Markdown."""
    return re.sub(r"([\\`*_\[\]<>~$:])", r"\\\1", title)
