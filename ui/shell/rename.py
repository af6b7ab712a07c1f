"""A name to give: a button that opens a field, and closes it once the name is kept."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ae_core.errors import BottleneckError
from ae_core.runs.names import LONGEST

HELP = f"Up to {LONGEST} characters. Without a name it is called by its settings."


def naming(key: str, name: str, *, usual: str, rename: Callable[[str], None]) -> None:
    """Show the button.

    Args:
        key: of what is named.
        name: what it is called now; empty as long as nobody named it.
        usual: what it is called without a name.
        rename: gives it a name; a BottleneckError that it raises is shown beside the field.
    """
    # Once a name is kept, it is another button, whose field is closed.
    saves = st.session_state.get(_saves(key), 0)
    with st.popover("Rename", key=f"rename_{key}_{saves}"), st.form(f"rename_{key}", border=False):
        # No limit in the field itself, which would cut off what is too long without a word.
        st.text_input("Name", name, key=_field(key), placeholder=usual, help=HELP)
        if problem := st.session_state.pop(_problem(key), ""):
            st.error(problem)
        st.form_submit_button("Save", key=f"save_{key}", on_click=_save, args=(key, rename))


def _save(key: str, rename: Callable[[str], None]) -> None:
    try:
        rename(st.session_state[_field(key)])
    except BottleneckError as error:
        # Callbacks run before the page is drawn: the message waits for its place.
        st.session_state[_problem(key)] = str(error)
    else:
        st.session_state[_saves(key)] = st.session_state.get(_saves(key), 0) + 1


def _field(key: str) -> str:
    return f"name_{key}"


def _problem(key: str) -> str:
    return f"_name_problem_{key}"


def _saves(key: str) -> str:
    return f"_names_kept_{key}"
