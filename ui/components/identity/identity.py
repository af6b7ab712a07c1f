"""Keeps in the browser who a visitor is, so that a reload, or another tab, is not somebody else."""

from __future__ import annotations

from ui.components.scripts import register

_IDENTITY = register("identity")


def keep_identity(*, cookie: str, visitor: str) -> None:
    """Have the browser say `visitor` whenever it opens a page, in the cookie of that name. It shows nothing."""
    _IDENTITY(key="identity", data={"cookie": cookie, "visitor": visitor})
