"""Puts what a page has settled by itself into the browser's address."""

from __future__ import annotations

from ui.components.scripts import register

_ADDRESS = register("address")


def replace_address(*, mark: str, query: str) -> None:
    """Have the browser's address say `query`, without a new entry in its history. It shows nothing.

    Args:
        mark: another one each time that there is something new to say; what was done once is not done again.
        query: what stands behind the question mark.
    """
    _ADDRESS(key="address", data={"mark": mark, "query": query})
