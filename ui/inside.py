"""The Start page's figure: from a digit through the encoder, the code and the decoder to the reconstruction."""

from __future__ import annotations

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.config import Config
from ae_core.errors import DamagedRunError
from ae_core.layers import plan_layers
from ae_core.presets import PRESETS, title_of
from ae_core.progress import preview_indices
from ae_core.store import Run
from ui.errors import shown_plainly
from ui.live import Digit, start_figure
from ui.runs import delete_run
from ui.server import codec, data_for, jobs, store, visitor

DIGITS = 40
POLL_SECONDS = 0.5
FIRST = PRESETS["quick-start"]


def show_inside(run: Run | None) -> None:
    """The figure of `run`; with none, the first training happens by itself, and the figure shows it."""
    if run:
        try:
            _trained(run)
        except DamagedRunError as error:
            st.error(str(error))
            st.button("Delete this run", key="delete_damaged", on_click=delete_run, args=(run.key,))
        return
    st.fragment(_learning, run_every=POLL_SECONDS)()


def _trained(run: Run) -> None:
    from ae_core.codec import read_network

    data = data_for(run.config)
    indices = _digit_indices(data.test_labels, data.test.count)
    images = data.test_images[indices]
    codes = codec(run).encode(images)
    network, weights = read_network(run)
    names = _names(run.config, indices)
    plan = plan_layers(run.config)
    st.caption(f"Now showing: {title_of(run.config)}. Held-out mean squared error {run.status.test_mse:.4f}.")
    start_figure(
        key="inside",
        digits=[
            Digit(image=data.test_pixels[index], label=name, code=code)
            for index, name, code in zip(indices, names, codes, strict=True)
        ],
        encoder_layers=plan.encoder,
        decoder_layers=plan.decoder,
        network=network,
        weights=weights,
    )


def _learning() -> None:
    """The Quick start training, which begins when a visitor comes to a server without any run."""
    with shown_plainly():
        run = store().find(FIRST)
        if run and run.usable:
            st.rerun()
        job = jobs().view(FIRST.key)
        if job is None and (run is None or run.status.state == "queued") and not jobs().error(FIRST.key):
            jobs().submit(FIRST, owner=visitor())
            job = jobs().view(FIRST.key)
        progress = job.progress if job else None
        data = data_for(FIRST)
        indices = preview_indices(data.test_labels, data.test.count)
        rebuilt: NDArray[np.uint8] | list[None] = progress.reconstructions if progress else [None] * len(indices)
        words = (
            f"Step {progress.step:,} of {progress.steps:,}, error {progress.held_out_mse:.3f}"
            if progress
            else "The first training is about to begin"
        )
        st.caption(f"Nothing is trained on this server yet, so {title_of(FIRST)} is being trained now: {words}.")
        if problem := jobs().error(FIRST.key):
            st.error(problem)
        plan = plan_layers(FIRST)
        start_figure(
            key="inside",
            digits=[
                Digit(image=data.test_pixels[index], label=name, reconstruction=image)
                for index, name, image in zip(indices, _names(FIRST, indices), rebuilt, strict=True)
            ],
            encoder_layers=plan.encoder,
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
