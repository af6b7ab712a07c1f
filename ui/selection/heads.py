"""Classifier heads that were kept with their runs: which digit a code is of, in the browser and on the server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import streamlit as st

from ae_core.classification.heads import HEAD_FILE, load_head
from ae_core.runs.run import Run
from ui.components.draw.draw import GuessShown, Shown
from ui.components.network_carrier.network_carrier import Cargo, carry
from ui.selection.open_codecs import OpenCodec
from ui.shell.server import data_for

if TYPE_CHECKING:
    from ae_core.classification.heads import Head


@dataclass(frozen=True, eq=False)
class OpenHead:
    """A head with its network for the browser and what is said of it."""

    head: Head
    cargo: Cargo
    shown: GuessShown


def head_of(codec: OpenCodec) -> OpenHead | None:
    """The head of the codec's run, opened once for all visitors; None when none was trained, as for PCA."""
    run = codec.run
    if run is None:
        return None
    try:
        stat = (run.path / HEAD_FILE).stat()
    except OSError:
        return None
    return _open_head(str(run.path), (stat.st_mtime_ns, stat.st_ino), codec.model, run)


@st.cache_resource(max_entries=16, show_spinner=False)
def _open_head(path: str, stamp: tuple[int, ...], model: str, _run: Run) -> OpenHead | None:  # noqa: ARG001 which head
    head = load_head(_run)
    if head is None:
        return None
    names = data_for(_run.config).class_names
    cargo = Cargo.of(*head.browser_network())
    words = (
        f"By a head that learned from {head.labels:,} labels and names {head.accuracy:.1%} of the test images rightly."
    )
    return OpenHead(head, cargo, GuessShown(cargo.model, tuple(names[label] for label in head.classes), words))


def with_guess(codec: OpenCodec) -> Shown:
    """The codec as the Draw page shows it, with its head if it has one."""
    opened = head_of(codec)
    return replace(codec.shown, guess=opened.shown if opened else None)


def carry_heads(codecs: Sequence[OpenCodec]) -> None:
    """Send the heads of these codecs to the browser, each once."""
    carry(*(head.cargo for codec in codecs if (head := head_of(codec))))
