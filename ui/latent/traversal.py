"""The traversal of a run's latent space: one dimension of the code after the other."""

from __future__ import annotations

import streamlit as st

from ae_core.datasets.images import as_floats
from ui.components.traverse.traverse import CodeStats, traverse
from ui.selection.open_codecs import OpenCodec, encode_pixels
from ui.shell.server import data_for

DIGITS = 40
"""Test digits to start a walk from."""


def show_traversal(codec: OpenCodec) -> None:
    """Sliders for the code's dimensions. The page must carry the codec's network. Raises DataError or ConfigError."""
    st.subheader("One dimension at a time", anchor=False)
    st.caption("Move one number of a code and hold the others: the decoder shows what that number stands for.")
    data = data_for(codec.config)
    count = min(DIGITS, data.test.count)
    codes = codec.codec.encode(as_floats(data.test_pixels[:count]))
    labels = data.test_labels
    names = [
        f"test image {index}" if labels is None else f"test image {index}, label {data.class_names[labels[index]]}"
        for index in range(count)
    ]
    stats = _stats(codec.model, codec.config.key, codec)
    traverse(key=f"traverse_{codec.model}", model=codec.model, stats=stats, codes=codes, names=names)


@st.cache_resource(max_entries=8, show_spinner=False)
def _stats(model: str, images: str, _codec: OpenCodec) -> CodeStats:  # noqa: ARG001 they stand for it
    return CodeStats.of(encode_pixels(_codec.codec, data_for(_codec.config).test_pixels))
