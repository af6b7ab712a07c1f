"""Digits that nobody wrote: a grid from each distribution, and of each digit the nearest training image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import streamlit as st

from ae_core.config import Config
from ae_core.datasets import as_floats
from ae_core.generating import SamplerName
from ae_core.novelty import Originals, usual_distances
from ae_core.progress import to_pixels
from ui.codecs import OpenCodec
from ui.generate import TITLES, image_name, made_images
from ui.live import Grid, SampleSet, samples
from ui.server import data_for

COUNT = 25
SEED, SPREAD = "seed", "spread"
"""Keys of the controls, and their names in the address."""
MOST_SEEDS = 1_000_000
NOTES: dict[SamplerName, str] = {
    "normal": "One normal with the mean and the covariance of its codes.",
    "mixture": "Several normals together, fitted to its codes.",
    "box": "Each number anywhere in its range, whatever the others are.",
}


def show_samples(codecs: Sequence[OpenCodec]) -> None:
    """Samples of each codec, one below the other. Raises DataError or ConfigError."""
    st.subheader("New digits", anchor=False)
    st.caption(
        "A code is drawn at random and decoded; four distributions to draw it from. Point at a digit, or tap it, to "
        "see which training image is nearest to it. A copy would be at distance 0."
    )
    st.fragment(_samples)(tuple(codecs))


def _samples(codecs: tuple[OpenCodec, ...]) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom", key="sample_controls"):
        st.button("New samples", type="primary", key="new_samples", on_click=_next_seed)
        seed = st.number_input(
            "Seed",
            0,
            MOST_SEEDS,
            key=SEED,
            bind="query-params",
            width=130,
            help="The same seed gives the same samples to everybody.",
        )
        spread = st.slider(
            "Spread of the prior",
            0.2,
            4.0,
            1.0,
            0.1,
            key=SPREAD,
            bind="query-params",
            width=260,
            help="Standard deviation of the normal that the prior's codes are drawn from; 1 is the prior itself.",
        )
    samples(key="samples", sets=[_sample_set(codec, int(seed), float(spread)) for codec in codecs])


def _next_seed() -> None:
    st.session_state[SEED] = (st.session_state[SEED] + 1) % MOST_SEEDS


def _sample_set(codec: OpenCodec, seed: int, spread: float) -> SampleSet:
    return _made(codec.name, codec.cargo.model, codec.config.key, seed, spread, codec)


@st.cache_resource(max_entries=32, show_spinner="Decoding…")
def _made(
    name: str,
    model: str,  # noqa: ARG001 together with the images it stands for the codec
    images: str,  # noqa: ARG001
    seed: int,
    spread: float,
    _codec: OpenCodec,
) -> SampleSet:
    made = np.concatenate([made_images(_codec, kind, COUNT, seed=seed, spread=spread) for kind in TITLES])
    originals, usual = _originals(_codec.config)
    # What is painted is what is compared.
    shown = to_pixels(made)
    nearest = originals.nearest(as_floats(shown))
    return SampleSet(
        name=name,
        grids=[Grid(title, _note(kind, _codec.config, spread)) for kind, title in TITLES.items()],
        images=shown,
        nearest=originals.pixels[nearest.indices].reshape(-1, 28, 28),
        distances=nearest.distances,
        nearest_names=[image_name(_codec, int(index), "training") for index in nearest.indices],
        usual=usual,
    )


def _note(name: SamplerName, config: Config, spread: float) -> str:
    if name != "prior":
        return NOTES[name]
    what = "Standard normal" if spread == 1 else f"Normal with mean 0 and deviation {spread:.1f}"
    if config.family == "variational":
        return f"{what}. Training pulled its codes towards the standard normal: the honest way."
    return f"{what}. Nothing in its training made its codes normal."


def _originals(config: Config) -> tuple[Originals, tuple[float, float, float]]:
    """The training images of a config, to look others up in, and how far test images are from them."""
    return _looked_up(config.dataset, config.classes, config.train_size, config)


@st.cache_resource(max_entries=4, show_spinner="Comparing test images with training images…")
def _looked_up(
    dataset: str,  # noqa: ARG001 together with the next two it stands for the images
    classes: tuple[int, ...],  # noqa: ARG001
    train_size: int | None,  # noqa: ARG001
    _config: Config,
) -> tuple[Originals, tuple[float, float, float]]:
    data = data_for(_config)
    originals = Originals.of(data.train_pixels)
    return originals, usual_distances(originals, data.test_pixels)
