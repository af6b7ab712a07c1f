"""The Start page's figure: from a digit through the encoder, the code and the decoder to the reconstruction."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.config.config import Config
from ae_core.config.plan import plan_layers
from ae_core.config.presets import title_of
from ae_core.datasets.images import as_floats, preview_indices
from ae_core.runs.run import Run, damaged_run
from ui.components.figure.figure import Digit, start_figure
from ui.components.payload import decoder_only
from ui.selection.first_training import first_training
from ui.selection.run import FIRST, damage_mendable
from ui.shell.errors import unmarked
from ui.shell.fragment import fragment, rerun_page
from ui.shell.server import codec, data_for

DIGITS = 40
POLL_SECONDS = 0.5


def show_inside(run: Run | None) -> None:
    """The figure of `run`; with none, the first training happens by itself, and the figure shows it."""
    if run:
        with damage_mendable(run.key):
            _trained(run)
        return
    fragment(_learning, run_every=POLL_SECONDS)()


def _trained(run: Run) -> None:
    data = data_for(run.config)
    indices = _digit_indices(data.test_labels, data.test.count)
    images = as_floats(data.test_pixels[indices])
    codes = codec(run).encode(images)
    network, weights = _decoder(run)
    names = _names(run.config, indices)
    plan = plan_layers(run.config)
    st.caption(f"Now showing: {unmarked(run.title)}. Held-out mean squared error {run.status.test_mse:.4f}.")
    start_figure(
        key="inside",
        digits=[
            Digit(image=data.test_pixels[index], label=name, code=code)
            for index, name, code in zip(indices, names, codes, strict=True)
        ],
        encoder_layers=plan.drawn_encoder,
        decoder_layers=plan.decoder,
        network=network,
        weights=weights,
    )


def _decoder(run: Run) -> tuple[dict[str, Any], bytes]:
    """What the browser needs of the run's network. Raises DamagedRunError."""
    from ae_core.codecs.codec import read_network

    network, weights = read_network(run)
    try:
        return decoder_only(network, weights)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged_run(run.key, "network.json or network.bin") from error


def _learning() -> None:
    """The Quick start training, which begins when a visitor comes to a server without any run."""
    with damage_mendable(FIRST.key):
        first = first_training()
        if first.run and first.run.usable:
            rerun_page()
        words = first.words
        # The figure keeps its place below.
        with st.container():
            if words:
                st.caption(
                    f"Nothing is trained on this server yet, so {title_of(FIRST)} is being trained now: {words}."
                )
            else:
                st.info(first.at_rest)
                st.page_link("pages/train.py", label="Go on with it on the Train page")
        progress = first.job.progress if first.job else None
        data = data_for(FIRST)
        indices = preview_indices(data.test_labels, data.test.count)
        rebuilt: NDArray[np.uint8] | list[None] = progress.reconstructions if progress else [None] * len(indices)
        plan = plan_layers(FIRST)
        start_figure(
            key="inside",
            digits=[
                Digit(image=data.test_pixels[index], label=name, reconstruction=image)
                for index, name, image in zip(indices, _names(FIRST, indices), rebuilt, strict=True)
            ],
            encoder_layers=plan.drawn_encoder,
            decoder_layers=plan.decoder,
            status=words,
        )


def _digit_indices(labels: NDArray[np.int64] | None, count: int) -> list[int]:
    """The preview digits first, so that the one on show stays when the first training ends; then some more."""
    first = preview_indices(labels, count)
    more = [index for index in range(min(count, DIGITS + len(first))) if index not in first]
    return (first + more)[:DIGITS]


def _names(config: Config, indices: list[int]) -> list[str]:
    data = data_for(config)
    if data.test_labels is None:
        return [f"no. {index}" for index in indices]
    return [data.class_names[data.test_labels[index]] for index in indices]
