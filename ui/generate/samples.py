"""Digits that nobody wrote: a grid from each distribution, and of each digit the nearest training image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from streamlit.delta_generator import DeltaGenerator

from ae_core.config.config import Config
from ae_core.datasets.images import as_floats, to_pixels
from ae_core.evaluation.nearest_image import Originals, usual_distances
from ae_core.latent.sampling import SamplerName
from ui.components.samples.samples import Caption, Grid, SampleSet, samples
from ui.generate.codes import TITLES, Drawn, image_name, made_images
from ui.generate.quality import show_quality
from ui.selection.address import Parameter
from ui.selection.heads import OpenHead, head_of
from ui.selection.open_codecs import OpenCodec, encode_pixels
from ui.shell.errors import unmarked
from ui.shell.fragment import fragment
from ui.shell.server import LARGE_SECONDS, data_for

COUNT = 25
MOST_SEEDS = 1_000_000
SPREADS = (0.2, 4.0)
SEED = Parameter.whole("seed", "seed", 0, MOST_SEEDS, usual=0)
SPREAD = Parameter.number("spread", "spread", *SPREADS, usual=1.0)
LEAST_SAID = 0.005
"""Share of a class from which on a card names it."""
NOTES: dict[SamplerName, str] = {
    "normal": "One normal with the mean and the covariance of its codes.",
    "mixture": "Several normals together, fitted to its codes.",
    "box": "Each number anywhere in its range, whatever the others are.",
}


def show_samples(codecs: Sequence[OpenCodec]) -> None:
    """Samples of each codec, one below the other, and how good they are. Raises DataError or ConfigError.

    Both in one fragment: what is measured is what is shown.
    """
    fragment(_samples)(tuple(codecs))


def _samples(codecs: tuple[OpenCodec, ...]) -> None:
    notice = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", key="sample_controls"):
        drawn = _controls(notice)
        st.caption(
            "Codes are drawn at random, from four distributions, and decoded. Point at a digit, or tap it, for the "
            "training image nearest to it. A copy would be at distance 0.",
            width=500,
        )
    samples(key="samples", sets=[_sample_set(codec, drawn) for codec in codecs])
    for codec in codecs:
        if opened := head_of(codec):
            name = unmarked(codec.name)
            st.caption(f"Under samples of {name}: what they are taken for, and how surely. {opened.shown.words}")
    show_quality(codecs, drawn)


def _controls(notice: DeltaGenerator) -> Drawn:
    st.button("New samples", type="primary", key="new_samples", on_click=_next_seed)
    SEED.settle(notice)
    seed = st.number_input(
        "Seed",
        0,
        MOST_SEEDS,
        key=SEED.key,
        on_change=SEED.change,
        width=130,
        help="The same seed gives the same samples to everybody.",
    )
    SPREAD.settle(notice)
    spread = st.slider(
        "Spread of the prior",
        *SPREADS,
        step=0.1,
        key=SPREAD.key,
        on_change=SPREAD.change,
        width=260,
        help="Standard deviation of the normal that the prior's codes are drawn from; 1 is the prior itself.",
    )
    # Steps of 0.1 add up to no more than nearly 1.
    return Drawn(int(seed), round(float(spread), 1))


def _next_seed() -> None:
    st.session_state[SEED.key] = (st.session_state[SEED.key] + 1) % MOST_SEEDS
    SEED.change()


def _sample_set(codec: OpenCodec, drawn: Drawn) -> SampleSet:
    made = _made(codec.name, codec.model, codec.config.key, drawn, codec)
    opened = head_of(codec)
    if opened is None:
        return made
    named = opened.cargo.model, opened.shown.names
    return replace(made, captions=_captions(named, codec.model, made.images.tobytes(), opened, codec))


@st.cache_resource(max_entries=32, show_spinner=False)
def _captions(
    named: tuple[str, tuple[str, ...]],  # noqa: ARG001 the head, and what it calls the classes
    model: str,  # noqa: ARG001
    images: bytes,
    _opened: OpenHead,
    _codec: OpenCodec,
) -> list[Caption]:
    """What the head takes each of `images`, as bytes of (n, 28, 28), for."""
    pixels = np.frombuffer(images, np.uint8).reshape(-1, 28, 28)
    shares = _opened.head.probabilities(encode_pixels(_codec.codec, pixels))
    return [_caption(_opened.shown.names, row) for row in shares]


def _caption(names: Sequence[str], shares: NDArray[np.float32]) -> Caption:
    first, second = np.argsort(-shares)[:2]
    said = " else ".join(f"{names[at]} ({shares[at]:.0%})" for at in (first, second) if shares[at] >= LEAST_SAID)
    # Under a sample there is room for a digit and its share, or for a longer name alone.
    short = f"{names[first]} {shares[first]:.0%}" if len(names[first]) == 1 else names[first]
    return Caption(short, f"Taken for {said}")


@st.cache_resource(max_entries=32, show_spinner="Decoding…")
def _made(
    name: str,
    model: str,  # noqa: ARG001 together with the images it stands for the codec
    images: str,  # noqa: ARG001
    drawn: Drawn,
    _codec: OpenCodec,
) -> SampleSet:
    made = np.concatenate([made_images(_codec, kind, COUNT, drawn) for kind in TITLES])
    originals, usual = _originals(_codec.config)
    # What is painted is what is compared.
    shown = to_pixels(made)
    nearest = originals.nearest(as_floats(shown))
    return SampleSet(
        name=name,
        grids=[Grid(title, _note(kind, _codec.config, drawn.spread)) for kind, title in TITLES.items()],
        images=shown,
        nearest=originals.images()[nearest.indices],
        distances=nearest.distances,
        nearest_names=[image_name(_codec, int(index), "training") for index in nearest.indices],
        usual=usual,
    )


def _note(name: SamplerName, config: Config, spread: float) -> str:
    if name != "prior":
        return NOTES[name]
    what = "Standard normal" if spread == 1 else f"Normal of deviation {spread:.1f}"
    if config.family != "variational":
        return f"{what}. Nothing in its training made its codes normal."
    if spread == 1:
        return f"{what}, towards which training pulled its codes: the honest way."
    return f"{what}. Training pulled its codes towards deviation 1."


def _originals(config: Config) -> tuple[Originals, tuple[float, float, float]]:
    """The training images of a config, to look others up in, and how far test images are from them."""
    return _looked_up(config.dataset, config.classes, config.train_size, config)


@st.cache_resource(max_entries=4, ttl=LARGE_SECONDS, show_spinner="Comparing test images with training images…")
def _looked_up(
    dataset: str,  # noqa: ARG001 together with the next two it stands for the images
    classes: tuple[int, ...],  # noqa: ARG001
    train_size: int | None,  # noqa: ARG001
    _config: Config,
) -> tuple[Originals, tuple[float, float, float]]:
    data = data_for(_config)
    originals = Originals.of(data.train.pixels)
    return originals, usual_distances(originals, data.test_pixels)
