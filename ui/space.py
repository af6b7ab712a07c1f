"""The map of a run's latent space: which images, which projection, and how far one in the background is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.metrics import squared_errors
from ae_core.projection import Method, Projection, linear_projection, methods_for
from ae_core.store import Run
from ui.board import drawn_digit
from ui.codecs import OpenCodec, encode_pixels, open_run, pixel_chunks
from ui.errors import shown_plainly
from ui.live import Collection, Inverse, LinearInverse, Star, carry, carry_collection, latent_map
from ui.server import data_for, jobs

if TYPE_CHECKING:
    from ae_core.maps import MapJob, Part

Floats = NDArray[np.float32]
Linear = Literal["direct", "pca"]

METHOD, IMAGES = "map", "images"
"""Keys of the two choices, and their names in the address."""
PARTS: dict[str, Part] = {"Test images": "test", "All images": "all"}
TITLES: dict[Method, str] = {"direct": "Its own dimensions", "pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
WORDS: dict[Method, str] = {
    "direct": "Each image stands where its code says. Nothing is lost on this map.",
    "pca": "The plane through the latent space in which the codes differ most. Straight, so that every place on it is "
    "a code; what differs across the plane is not seen.",
    "tsne": "t-SNE keeps neighbours together and gives up the rest: distances between groups, and their sizes, mean "
    "nothing.",
    "umap": "UMAP keeps neighbours together, and more of how the groups lie to each other than t-SNE does.",
}
PACE_SECONDS = 0.7
"""Between two looks at a projection that is on its way."""
_CANCELLED = "_map_cancelled"


@dataclass(frozen=True)
class _Wanted:
    """One map: of a run, by a method, with some of its images."""

    run: Run
    method: Method
    part: Part

    @property
    def name(self) -> str:
        return f"{self.run.key} {self.method} {self.part}"


@dataclass(frozen=True, eq=False)
class _Look:
    """A map at one moment.

    Attributes:
        projection: the map, once it is made; measured, where that can be.
        job: when a worker makes it.
        problem: why nobody does, if it is known.
        star: where the visitor's drawing lies on what is shown.
        placing: whether a worker finds out where.
    """

    projection: Projection | None
    job: MapJob | None = None
    problem: str = ""
    star: Star | None = None
    placing: bool = False

    @property
    def waits(self) -> bool:
        """Whether to look again."""
        return self.job is not None or self.placing


def show_space(run: Run) -> OpenCodec:
    """The map of `run` with its choices; returns the opened codec. Raises DamagedRunError, DataError or ConfigError."""
    codec = open_run(run)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        wanted = _Wanted(run, _method(codec), _part(codec))
    collection = _collection(codec.cargo.model, wanted.part, codec)
    waits = _look(wanted, codec, collection).waits
    st.fragment(_map, run_every=PACE_SECONDS if waits else None)(wanted, codec, collection, waits)
    # Outside of what is polled: they are large, and sent once.
    carry(codec.cargo)
    carry_collection(collection)
    return codec


def _method(codec: OpenCodec) -> Method:
    titles = [TITLES[method] for method in methods_for(codec.codec.latent_dim)]
    if st.session_state.get(METHOD) not in (None, *titles):
        # Chosen for a run of two dimensions, and this one has more.
        st.session_state[METHOD] = titles[0]
    chosen = st.segmented_control("Map", titles, default=titles[0], required=True, key=METHOD, bind="query-params")
    return next(method for method, title in TITLES.items() if title == chosen)


def _part(codec: OpenCodec) -> Part:
    data = data_for(codec.config)
    chosen = st.segmented_control(
        "Images",
        PARTS,
        default=next(iter(PARTS)),
        required=True,
        key=IMAGES,
        bind="query-params",
        help=f"{data.test.count:,} held-out test images, or with the {data.train.count:,} for training too.",
    )
    return PARTS[chosen]


@st.cache_resource(max_entries=4, show_spinner="Encoding the images…")
def _collection(model: str, part: Part, _codec: OpenCodec) -> Collection:  # noqa: ARG001 the model's name stands for it
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


@st.cache_resource(max_entries=8, show_spinner=False)
def _linear(model: str, part: Part, method: Linear, _codes: Floats) -> Projection:  # noqa: ARG001
    return linear_projection(_codes, method)


def _look(wanted: _Wanted, codec: OpenCodec, collection: Collection) -> _Look:
    """How the map stands, with the visitor's drawing on it. Raises JobError."""
    look = _stand(wanted)
    digit = drawn_digit()
    if digit is None:
        return look
    code = codec.codec.encode(digit[None])
    place = _place(wanted, look, collection, code)
    if place is None:
        return replace(look, placing=True)
    image = np.round(np.clip(digit, 0, 1) * 255).astype(np.uint8)
    return replace(look, star=Star(float(place[0]), float(place[1]), "your drawing", code=code[0], image=image))


def _stand(wanted: _Wanted) -> _Look:
    """How the map stands; asks for it when it is not there and nobody makes it. Raises JobError."""
    maps = jobs().maps
    which = (wanted.run, wanted.method, wanted.part)
    if wanted.method == "direct":
        return _Look(None)
    if projection := maps.ready(*which):
        return _Look(projection)
    if job := maps.view(*which):
        return _Look(None, job)
    problem = maps.error(*which)
    if problem or wanted.name in st.session_state.get(_CANCELLED, ()):
        return _Look(None, problem=problem or f"{TITLES[wanted.method]} was cancelled.")
    maps.request(*which)
    return _Look(None, maps.view(*which))


def _place(wanted: _Wanted, look: _Look, collection: Collection, code: Floats) -> Floats | None:
    """Where a code (1, latent_dim) lies on what is shown, (2,); None until a worker has found out. Raises JobError."""
    if look.projection is None:
        from ae_core.placing import Placer

        return Placer(collection.codes, _meanwhile(wanted, collection)).place(code)[0]
    placed = jobs().maps.place(wanted.run, wanted.method, wanted.part, code)
    return None if placed is None else placed[0]


def _map(wanted: _Wanted, codec: OpenCodec, collection: Collection, waited: bool) -> None:
    with shown_plainly():
        look = _look(wanted, codec, collection)
        if waited and not look.waits:
            # The page goes on without being polled.
            st.rerun()
        _progress(wanted, look)
        shown = look.projection or _meanwhile(wanted, collection)
        points, forming = shown.points, False
        if look.job and look.job.points is not None:
            points, forming = look.job.points, True
        latent_map(
            key=f"map_{wanted.run.key}",
            collection=collection,
            model=codec.cargo.model,
            points=points,
            inverse=_inverse(shown, forming),
            stars=[look.star] if look.star else [],
            caption=_caption(wanted, look, shown),
            forming=forming,
            axes=_axes(shown, forming, collection.latent_dim),
        )


def _meanwhile(wanted: _Wanted, collection: Collection) -> Projection:
    """What can be shown at once: the straight map."""
    method: Linear = "direct" if collection.latent_dim <= 2 and wanted.method == "direct" else "pca"
    return _linear(collection.name, wanted.part, method, collection.codes)


def _inverse(shown: Projection, forming: bool) -> Inverse:
    if forming or not shown.linear:
        return "neighbours"
    if shown.method == "direct":
        return "direct"
    assert shown.mean is not None
    assert shown.components is not None
    return LinearInverse(shown.mean, shown.components)


def _axes(shown: Projection, forming: bool, latent_dim: int) -> tuple[str, str] | None:
    if forming or not shown.linear:
        return None
    if shown.method == "pca":
        return "First principal component", "Second principal component"
    return "Dimension 1", "Dimension 2" if latent_dim == 2 else ""


def _progress(wanted: _Wanted, look: _Look) -> None:
    """How far a projection in the background is, with the means to stop it or to start it again."""
    title = TITLES[wanted.method]
    if look.job and wanted.method != "pca":
        with st.container(horizontal=True, vertical_alignment="center"):
            st.progress(look.job.fraction, f"{title}: {look.job.phase}, {round(100 * look.job.fraction)} %")
            st.button("Cancel", key="cancel_map", disabled=look.job.stopping, on_click=_cancel, args=(wanted,))
    if look.problem:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.info(f"{look.problem} The map below is PCA.")
            st.button("Start again", key="again_map", on_click=_again, args=(wanted,))


def _cancel(wanted: _Wanted) -> None:
    st.session_state.setdefault(_CANCELLED, set()).add(wanted.name)
    with shown_plainly():
        jobs().maps.cancel(wanted.run, wanted.method, wanted.part)


def _again(wanted: _Wanted) -> None:
    st.session_state.get(_CANCELLED, set()).discard(wanted.name)
    with shown_plainly():
        jobs().maps.request(wanted.run, wanted.method, wanted.part)


def _caption(wanted: _Wanted, look: _Look, shown: Projection) -> str:
    if look.job and look.job.points is not None:
        return f"{TITLES[wanted.method]} while it forms. {WORDS[wanted.method]}"
    if look.projection is None and wanted.method not in ("direct", "pca"):
        return f"{TITLES[wanted.method]} is on its way; until it comes, PCA." if look.job else WORDS["pca"]
    words = WORDS[shown.method]
    measured = look.projection.trustworthiness if look.projection else None
    if measured is None:
        return words
    return (
        f"{words} Trustworthiness {measured:.3f}: how far the 12 neighbours that a digit has on the map are its "
        "neighbours in the latent space as well; 1 is all of them, 0.5 is chance."
    )
