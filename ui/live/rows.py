"""Originals above their reconstructions."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from ui.live.modules import FOLDER, join_modules, join_styles
from ui.live.payload import Images, image_bytes, pack

_ROWS = st.components.v2.component(
    "bottleneck_digit_rows",
    html=(FOLDER / "rows.html").read_text(encoding="utf-8"),
    css=join_styles("base", "rows"),
    js=join_modules("rows"),
)


def digit_rows(
    *,
    key: str,
    originals: Images,
    reconstructions: Images,
    labels: Sequence[str],
    captions: Sequence[str] | None = None,
    title: str = "",
) -> None:
    """Show each original above its reconstruction, label and caption (for example its error) under them.

    They are as large as fits into one line, or two where that would make them small.

    Called again with the same key it paints over what is there: nothing flickers, nothing moves.

    Args:
        originals: (n, 28, 28) uint8.
        reconstructions: (n, 28, 28) uint8.
        labels: n texts.
        captions: n short texts, or None for no captions at all.
        title: what they are, above them.

    Raises:
        ValueError: an array of another shape or type, or lengths that differ.
    """
    _ROWS(key=key, data=rows_data(originals, reconstructions, labels, captions, title))


def rows_data(
    originals: Images,
    reconstructions: Images,
    labels: Sequence[str],
    captions: Sequence[str] | None,
    title: str = "",
) -> bytes:
    """What `digit_rows` sends. Raises ValueError as it does."""
    blobs = {
        "originals": image_bytes(originals, name="originals"),
        "reconstructions": image_bytes(reconstructions, name="reconstructions"),
    }
    counts = {len(originals), len(reconstructions), len(labels)} | ({len(captions)} if captions is not None else set())
    if len(counts) > 1:
        raise ValueError(
            "originals, reconstructions, labels and captions must be equally many. "
            f"Received: {len(originals)}, {len(reconstructions)}, {len(labels)} and "
            f"{'no' if captions is None else len(captions)}."
        )
    header = {"title": title, "labels": list(labels), "captions": None if captions is None else list(captions)}
    return pack(header, blobs)
