"""The map of a run's latent space with its choices: which images, which projection, one in the background."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from ae_core.evaluation.metrics import squared_errors
from ae_core.latent.projection import Method, methods_for
from ae_core.runs.run import Run
from ui.components.collection.collection import Collection, carry_collection
from ui.components.map.map import Inverse, LinearInverse, latent_map
from ui.components.network_carrier.network_carrier import carry
from ui.latent.map_state import CANCELLED, TITLES, Floats, Look, Wanted, look_at
from ui.latent.map_view import settled_view, take_view, view_parameters
from ui.latent.map_words import caption_of, note_of, progress_words
from ui.selection import address
from ui.selection.address import Parameter
from ui.selection.open_codecs import OpenCodec, encode_pixels, open_run, pixel_chunks
from ui.selection.run import run_choice
from ui.shell.errors import shown_plainly
from ui.shell.fragment import fragment, rerun_page
from ui.shell.server import LARGE_SECONDS, data_for, jobs

if TYPE_CHECKING:
    from ae_core.codecs.codec import Part

METHOD, IMAGES = "map", "images"
"""Keys of the two choices, and their names in the address."""
PARTS: dict[str, Part] = {"Test images": "test", "All images": "all"}
PACE_SECONDS = 0.7
"""Between two looks at a projection that is on its way."""
_BEFORE = "_map_before"
"""Where the session keeps of which run a map was shown last, and in which visit."""
_PART = Parameter.one_of(IMAGES, IMAGES, {title: title for title in PARTS}, usual="Test images")


def show_space(run: Run) -> OpenCodec:
    """The map of `run` with its choices; returns the opened codec. Raises DamagedRunError, DataError or ConfigError."""
    notice = st.container()
    # One row, so that the map is not far down.
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run_choice(run, width=300)
        codec = open_run(run)
        wanted = Wanted(run, _method(run, codec, notice), _part(codec, notice))
    collection = _collection(codec.model, codec.config.key, wanted.part, codec)
    waits = look_at(wanted, codec, collection).waits
    fragment(_map, run_every=PACE_SECONDS if waits else None)(wanted, codec, collection, waits)
    # Outside of what is polled: they are large, and sent once.
    carry(codec.cargo)
    carry_collection(collection)
    return codec


def _method(run: Run, codec: OpenCodec, notice: DeltaGenerator) -> Method:
    latent_dim = codec.latent_dim
    methods = {TITLES[method]: method for method in methods_for(latent_dim)}
    method = Parameter.one_of(METHOD, METHOD, {title: title for title in methods}, usual=next(iter(methods)))
    chosen = method.settle(notice)
    before, visit = st.session_state.get(_BEFORE, (run.key, 0))
    brought = address.is_spoken() and address.visits() != visit
    if before != run.key and latent_dim <= 2 and not brought:
        # t-SNE was chosen for a run of more dimensions. Nobody wants it, nor waits for it, where the code is a map.
        st.session_state[METHOD] = method.usual
        chosen = method.settle(notice)
    st.segmented_control("Map", list(methods), required=True, key=METHOD, on_change=method.change)
    st.session_state[_BEFORE] = run.key, address.visits()
    return methods[chosen]


def _part(codec: OpenCodec, notice: DeltaGenerator) -> Part:
    data = data_for(codec.config)
    chosen = _PART.settle(notice)
    st.segmented_control(
        "Images",
        list(PARTS),
        required=True,
        key=IMAGES,
        on_change=_PART.change,
        help=f"{data.test.count:,} held-out test images, or with the {data.train.count:,} for training too.",
    )
    return PARTS[chosen]


# Runs of other labels, or of other test images, can have the same weights.
@st.cache_resource(max_entries=4, ttl=LARGE_SECONDS, show_spinner="Encoding the images…")
def _collection(model: str, images: str, part: Part, _codec: OpenCodec) -> Collection:  # noqa: ARG001 they stand for it
    data = data_for(_codec.config)
    parts = (data.test,) if part == "test" else (data.test, data.train)
    pixels = np.concatenate([one.pixels() for one in parts])
    labels = [one.labels() for one in parts if one.labels]
    codes = encode_pixels(_codec.codec, pixels)
    return Collection.of(
        pixels,
        codes,
        np.concatenate(labels) if labels else None,
        data.class_names if labels else (),
        _errors(_codec, pixels, codes),
    )


def _errors(codec: OpenCodec, pixels: NDArray[np.uint8], codes: Floats) -> Floats:
    """The mean squared error of each image, (n,)."""
    made, start = [], 0
    for images in pixel_chunks(pixels):
        made.append(squared_errors(images, codec.codec.decode(codes[start : start + len(images)])))
        start += len(images)
    return np.concatenate(made).astype(np.float32)


def _map(wanted: Wanted, codec: OpenCodec, collection: Collection, waited: bool) -> None:
    with shown_plainly():
        look = look_at(wanted, codec, collection)
        if waited and not look.waits:
            # The page goes on without being polled.
            rerun_page()
        # The map keeps its place when this comes and goes.
        with st.container():
            _progress(wanted, look)
        key = f"map_{wanted.run.key}"
        parameters = view_parameters(collection, labelled=data_for(codec.config).test_labels is not None)
        latent_map(
            key=key,
            collection=collection,
            model=codec.model,
            points=look.points,
            inverse=_inverse(look),
            stars=[look.star] if look.star else [],
            caption=caption_of(wanted, look, collection.latent_dim),
            note=note_of(wanted, look),
            forming=look.forming,
            axes=_axes(look, collection.latent_dim),
            view=settled_view(parameters, key),
            given=address.visits(),
            on_view=partial(take_view, parameters, key),
        )


def _inverse(look: Look) -> Inverse:
    shown = look.shown
    if look.forming or not shown.linear:
        return "neighbours"
    if shown.method == "direct":
        return "direct"
    assert shown.mean is not None
    assert shown.components is not None
    return LinearInverse(shown.mean, shown.components)


def _axes(look: Look, latent_dim: int) -> tuple[str, str] | None:
    if look.forming or not look.shown.linear:
        return None
    if look.shown.method == "pca":
        return "First principal component", "Second principal component"
    return "Dimension 1", "Dimension 2" if latent_dim == 2 else ""


def _progress(wanted: Wanted, look: Look) -> None:
    """How far a projection in the background is, with the means to stop it or to start it again."""
    if look.job and look.job.progress and wanted.method != "pca":
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(look.job.progress.fraction, progress_words(wanted, look.job.progress))
            stopping = look.job.state == "stopping"
            st.button("Cancel", key="cancel_map", disabled=stopping, on_click=_cancel, args=(wanted,))
    if look.problem:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(f"{look.problem} The map below is {TITLES[look.shown.method]}.")
            st.button("Start again", key="again_map", on_click=_again, args=(wanted,))


def _cancel(wanted: Wanted) -> None:
    st.session_state.setdefault(CANCELLED, set()).add(wanted.name)
    with shown_plainly():
        jobs().call_off(wanted.work)


def _again(wanted: Wanted) -> None:
    st.session_state.get(CANCELLED, set()).discard(wanted.name)
    with shown_plainly():
        jobs().ask(wanted.work)
