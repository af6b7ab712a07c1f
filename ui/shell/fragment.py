"""Parts of a page that run by themselves."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_known: ContextVar[frozenset[str] | None] = ContextVar("known", default=None)
"""Hashes of the large messages that the tab has, while a fragment runs."""


def fragment(function: Callable[..., None], *, run_every: float | None = None) -> Callable[..., None]:
    """`function` as a fragment of Streamlit's, run anew every so many seconds if said, whose messages are all whole.

    Elsewhere Streamlit sends a reference in place of a large message that the tab has. Of a fragment that is
    interrupted it takes back what is not sent yet, except such references (`ForwardMsgQueue.clear` of 1.67). One that
    stands where the tab has nothing yet takes the page down: "Bad delta path index".
    """

    @wraps(function)
    def whole(*args: Any) -> None:
        context = get_script_run_ctx()
        if context is None:
            return function(*args)
        known = context.cached_message_hashes
        before = _known.set(known)
        context.cached_message_hashes = frozenset()
        try:
            function(*args)
        finally:
            context.cached_message_hashes = known
            _known.reset(before)

    return st.fragment(whole, run_every=run_every)


def rerun_page() -> None:
    """Have the whole page run anew, from within a fragment: what is large outside of it is not sent again."""
    context, known = get_script_run_ctx(), _known.get()
    if context is not None and known is not None:
        context.cached_message_hashes = known
    st.rerun()
