"""What every part of the Generate page starts from: the chosen codecs, and codes of their training images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from ae_core.datasets.images import evenly
from ae_core.latent.sampling import Normal, Sampler, SamplerName, coincide, fit_samplers
from ae_core.runs.run import Run
from ui.selection import address
from ui.selection.codecs import PCA
from ui.selection.open_codecs import OpenCodec, encode_pixels, open_chosen
from ui.selection.run import run_choice, showable, told_apart, why_not_shown
from ui.shell.errors import unmarked
from ui.shell.server import data_for, store
from ui.shell.session import settle_control

Floats = NDArray[np.float32]

BESIDE = "beside"
"""Name in the address of the codec that stands beside the run."""
NOTHING = "nothing"
CODES = 4000
"""Training images, evenly spaced over all, whose codes the distributions are fitted to."""
TITLES: dict[SamplerName, str] = {
    "prior": "Prior",
    "normal": "One normal",
    "mixture": "Mixture",
    "box": "Box",
}


@dataclass(frozen=True)
class Drawn:
    """How samples are drawn: by which seed, and for the prior with which standard deviation, its `spread`."""

    seed: int
    spread: float

    @property
    def words(self) -> str:
        return f"seed {self.seed}, spread of the prior {self.spread:.1f}"


@dataclass(frozen=True, eq=False)
class TrainingCodes:
    """Codes of training images.

    Attributes:
        codes: (n, latent_dim) float32.
        labels: (n,), None for images without labels.
    """

    codes: Floats
    labels: NDArray[np.int64] | None


def choose_codecs(run: Run) -> list[OpenCodec]:
    """Choices of a run and of what stands beside it; returns both, opened, as far as there is something to generate."""
    notice = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        run_choice(run)
        beside = _beside_choice(run, notice)
    opened = open_chosen([run, *beside])
    alike = [codec for codec in opened if coincide(training_codes(codec).codes)]
    for codec in alike:
        st.info(
            f"{unmarked(codec.name)} gives every image the same code, so it can draw one picture only: there is "
            "nothing to generate. Choose another run, or train this one with other settings."
        )
    return [codec for codec in opened if codec not in alike]


def _beside_choice(run: Run, notice: DeltaGenerator) -> list[Run | None]:
    """A list from which a second codec is chosen, kept in the address.

    Says so in `notice` when it shall be a run that cannot be shown. Returns its run, None for PCA, or nothing.
    """
    others = {other.key: other for other in store().runs() if showable(other) and other.key != run.key}
    names = {NOTHING: "Nothing", PCA: "PCA, same number of dimensions", **told_apart(others.values())}
    # An autoencoder and a variational one are the comparison that this page is for.
    first = next((key for key, other in others.items() if other.config.family != run.config.family), NOTHING)
    asked = address.said(BESIDE)
    why = "" if asked in (None, NOTHING, PCA) else why_not_shown(asked)
    if why:
        instead = f"{names[first]} stands" if first != NOTHING else "Nothing stands"
        notice.warning(f"{why} {unmarked(instead)} beside {unmarked(run.title)} now.")
    shown = asked if asked in names else first
    settle_control("chosen_beside", shown, [names[shown]])
    if asked is not None:
        address.settle({BESIDE: shown})
    chosen: str = st.selectbox(
        "Beside it",
        list(names),
        key="chosen_beside",
        format_func=lambda key: names.get(key, key),
        on_change=lambda: address.change({BESIDE: st.session_state["chosen_beside"]}),
    )
    return [] if chosen == NOTHING else [others.get(chosen)]


def training_codes(opened: OpenCodec) -> TrainingCodes:
    """Worked out once for all visitors. Raises DataError or ConfigError."""
    return _training_codes(opened.model, opened.config.key, opened)


@st.cache_resource(max_entries=8, show_spinner="Encoding training images…")
def _training_codes(model: str, images: str, _opened: OpenCodec) -> TrainingCodes:  # noqa: ARG001 they stand for it
    data = data_for(_opened.config)
    rows = evenly(data.train.count, CODES)
    labels = data.train_labels
    codes = encode_pixels(_opened.codec, data.train_pixels[rows])
    return TrainingCodes(codes, None if labels is None else labels[rows])


def made_images(opened: OpenCodec, name: SamplerName, count: int, drawn: Drawn) -> Floats:
    """New images (count, 28, 28) in [0, 1]; the first of many are those that few would be.

    Raises:
        DataError: the codes of all images coincide.
    """
    sampler: Sampler = Normal.prior(opened.latent_dim, spread=drawn.spread)
    if name != "prior":
        sampler = _fitted(opened.model, opened.config.key, opened)[name]
    return np.clip(opened.codec.decode(sampler.sample(count, seed=drawn.seed)), 0, 1)


@st.cache_resource(max_entries=8, show_spinner="Fitting distributions to the codes…")
def _fitted(model: str, images: str, _opened: OpenCodec) -> dict[SamplerName, Sampler]:  # noqa: ARG001
    return fit_samplers(training_codes(_opened).codes)


def image_name(opened: OpenCodec, index: int, part: str) -> str:
    """What a visitor reads of an image of the "test" or the "training" part."""
    data = data_for(opened.config)
    labels = data.test_labels if part == "test" else data.train_labels
    return f"{part} image {index:,}" + ("" if labels is None else f", label {data.class_names[labels[index]]}")
