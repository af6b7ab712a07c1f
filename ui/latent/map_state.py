"""How a map of a run stands at one moment: what is shown, who makes what is not there, where a drawing lies on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.latent.kept_map import kept_map
from ae_core.latent.projection import Method, Projection, linear_projection
from ae_core.runs.run import Run
from ae_core.workers.maps import Map
from ae_core.workers.placements import Placement
from ui.components.collection.collection import Collection
from ui.components.map.map import Star
from ui.selection.drawing import drawn_digit
from ui.selection.open_codecs import OpenCodec
from ui.shell.server import jobs

if TYPE_CHECKING:
    from ae_core.codecs.codec import Part
    from ae_core.jobs.books import Job
    from ae_core.latent.tsne_umap import MapProgress

Floats = NDArray[np.float32]
Linear = Literal["direct", "pca"]

TITLES: dict[Method, str] = {"direct": "Its own dimensions", "pca": "PCA", "tsne": "t-SNE", "umap": "UMAP"}
CANCELLED = "_map_cancelled"
"""Where the session keeps the names of the maps that the visitor called off."""
_SHOWN = "_map_shown"
"""Where it keeps which finished map of each run, and of which images, was shown last."""


@dataclass(frozen=True)
class Wanted:
    """One map: of a run, by a method, with some of its images."""

    run: Run
    method: Method
    part: Part

    @property
    def work(self) -> Map:
        """What a worker does to make it. Raises RunNotFoundError."""
        return Map.of(self.run, self.method, self.part)

    @property
    def name(self) -> str:
        return f"{self.run.key} {self.method} {self.part}"


@dataclass(frozen=True, eq=False)
class Look:
    """A map at one moment.

    Attributes:
        shown: what is to be seen: the map, or another one until it is made.
        ready: whether `shown` is the map that is wanted, measured where that can be.
        job: when a worker makes it.
        problem: why nobody does, if it is known.
        star: where the visitor's drawing lies on what is shown.
        drawing: whether there is one, if not yet on the map.
    """

    shown: Projection
    ready: bool
    job: Job[Map] | None = None
    problem: str = ""
    star: Star | None = None
    drawing: bool = False

    @property
    def forming(self) -> bool:
        """Whether the points that are seen are those of a map on its way, not of `shown`."""
        return self._moving is not None

    @property
    def points(self) -> Floats:
        """(n, 2), what is seen."""
        return self.shown.points if self._moving is None else self._moving

    @property
    def _moving(self) -> Floats | None:
        at: MapProgress | None = self.job.progress if self.job else None
        return at.points if at else None

    @property
    def waits(self) -> bool:
        """Whether to look again."""
        return self.job is not None or (self.drawing and self.star is None)


def look_at(wanted: Wanted, codec: OpenCodec, collection: Collection) -> Look:
    """How the map stands, with the visitor's drawing on it; asks for it when nobody makes it. Raises JobError."""
    look = _stand(wanted, collection)
    digit = drawn_digit()
    if digit is None:
        return look
    look = replace(look, drawing=True)
    # Points on their way have no rule yet by which a new one could be placed among them.
    code = codec.codec.encode(digit[None])
    place = None if look.forming else _place(wanted, look.shown, code)
    if place is None:
        return look
    image = np.round(np.clip(digit, 0, 1) * 255).astype(np.uint8)
    return replace(look, star=Star(float(place[0]), float(place[1]), "your drawing", code=code[0], image=image))


def _stand(wanted: Wanted, collection: Collection) -> Look:
    if wanted.method == "direct":
        _note_shown(wanted)
        return Look(_linear(collection.name, wanted.part, "direct", collection.codes), ready=True)
    if projection := kept_map(wanted.run, wanted.method, wanted.part):
        _note_shown(wanted)
        return Look(projection, ready=True)
    meanwhile = _meanwhile(wanted, collection)
    if job := jobs().view(wanted.work):
        return Look(meanwhile, ready=False, job=job)
    problem = jobs().error(wanted.work)
    if problem or wanted.name in st.session_state.get(CANCELLED, ()):
        return Look(meanwhile, ready=False, problem=problem or f"{TITLES[wanted.method]} was cancelled.")
    jobs().ask(wanted.work)
    return Look(meanwhile, ready=False, job=jobs().view(wanted.work))


def _note_shown(wanted: Wanted) -> None:
    st.session_state.setdefault(_SHOWN, {})[wanted.run.key, wanted.part] = wanted.method


def _meanwhile(wanted: Wanted, collection: Collection) -> Projection:
    """What can be shown at once: the map that was seen before, if it is a finished one; else PCA."""
    before: Method = st.session_state.get(_SHOWN, {}).get((wanted.run.key, wanted.part), "pca")
    if wanted.method != "pca" and before in ("tsne", "umap"):
        made = kept_map(wanted.run, before, wanted.part)
        if made:
            return made
    method: Linear = "direct" if wanted.method != "pca" and before == "direct" else "pca"
    return _linear(collection.name, wanted.part, method, collection.codes)


@st.cache_resource(max_entries=8, show_spinner=False)
def _linear(model: str, part: Part, method: Linear, _codes: Floats) -> Projection:  # noqa: ARG001
    return linear_projection(_codes, method)


def _place(wanted: Wanted, shown: Projection, code: Floats) -> Floats | None:
    """Where a code (1, latent_dim) lies on what is shown, (2,); None until a worker has found out. Raises JobError."""
    if shown.linear:
        return shown.of_codes(code)[0]
    placed = jobs().answer(Placement.of(wanted.run, shown.method, wanted.part, code))
    return None if placed is None else placed[0]
