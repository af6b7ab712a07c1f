"""How good samples are: density and coverage against held-out images."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.config.config import Config
from ae_core.datasets.images import as_floats, evenly
from ae_core.evaluation.density_coverage import NEIGHBOURS, Quality, RealImages
from ae_core.evaluation.random_features import random_features
from ae_core.latent.sampling import SamplerName
from ui.generate.codes import TITLES, Drawn, made_images
from ui.selection.open_codecs import OpenCodec
from ui.shell.errors import shown_plainly, unmarked
from ui.shell.server import data_for

Floats = NDArray[np.float32]

COUNT = 2000
"""Images of each kind, or all test images where there are fewer."""
RECONSTRUCTIONS, TRAINING = "Reconstructions", "Training images"
DENSITY_WORDS = (
    "How crowded with real images the places are where samples lie. 1 is as crowded as around real images; near 0, "
    "samples look like none."
)
COVERAGE_WORDS = (
    "The share of real images that have a sample near them. Low means that kinds of images, or ways of writing them, "
    "are missing."
)
_ASKED = "_generate_measured"


@dataclass(frozen=True)
class _Asked:
    """What a visitor wanted to be measured: samples of these networks and of their images, drawn so."""

    models: tuple[tuple[str, str], ...]
    drawn: Drawn

    @classmethod
    def of(cls, codecs: Sequence[OpenCodec], drawn: Drawn) -> _Asked:
        return cls(tuple((codec.model, codec.config.key) for codec in codecs), drawn)


@dataclass(frozen=True)
class _Row:
    """One kind of images: how they were made, and how good they are."""

    images: str
    quality: Quality


def show_quality(codecs: Sequence[OpenCodec], drawn: Drawn) -> None:
    """The measurement of samples drawn as `drawn` says, once it is asked for. Raises DataError or ConfigError."""
    st.subheader("How good are they?", anchor=False)
    count = min(COUNT, data_for(codecs[0].config).test.count)
    st.caption(
        f"{count:,} samples from each distribution, those above among them, are compared with {count:,} test images. "
        f"**Density**: {DENSITY_WORDS[0].lower()}{DENSITY_WORDS[1:]} **Coverage**: {COVERAGE_WORDS[0].lower()}"
        f"{COVERAGE_WORDS[1:]} Near is what is no farther away than the {NEIGHBOURS}th nearest real image, in the eyes "
        "of a small convolutional network with random filters, which sees edges and strokes."
    )
    asked = _asked(codecs)
    with shown_plainly():
        if asked is None:
            st.button("Measure the samples", key="measure", on_click=_ask, args=(codecs, drawn))
            return
        tables = _measure(codecs, asked.drawn)
        if asked.drawn != drawn:
            st.warning(f"These are figures of other samples: {asked.drawn.words}. Above: {drawn.words}.")
            st.button("Measure the samples above", key="measure", on_click=_ask, args=(codecs, drawn))
        _show(codecs, tables, asked.drawn)


def _asked(codecs: Sequence[OpenCodec]) -> _Asked | None:
    """What this visitor wanted to be measured; None when that were samples of other networks, or nothing."""
    asked: _Asked | None = st.session_state.get(_ASKED)
    return asked if asked and asked == _Asked.of(codecs, asked.drawn) else None


def _ask(codecs: Sequence[OpenCodec], drawn: Drawn) -> None:
    st.session_state[_ASKED] = _Asked.of(codecs, drawn)


def _measure(codecs: Sequence[OpenCodec], drawn: Drawn) -> list[list[_Row]]:
    """The rows of each codec, measured one after the other, with how far it is."""
    kinds = [*TITLES, RECONSTRUCTIONS, TRAINING]
    bar, tables = st.empty(), []
    for place, codec in enumerate(codecs):
        rows: list[_Row] = []
        for name in kinds:
            done = (place * len(kinds) + len(rows)) / (len(codecs) * len(kinds))
            bar.progress(done, f"Measuring {unmarked(codec.name)}: {_title(name)}")
            rows.append(_Row(_title(name), _quality_of(name, codec, drawn)))
        tables.append(rows)
    bar.empty()
    return tables


def _quality_of(name: str, codec: OpenCodec, drawn: Drawn) -> Quality:
    # Training images are the same whatever the network, and only the prior has a spread.
    model = "" if name == TRAINING else codec.model
    seed = drawn.seed if name in TITLES else 0
    spread = drawn.spread if name == "prior" else 1.0
    return _quality(model, codec.config.key, name, Drawn(seed, spread), codec)


def _title(name: str) -> str:
    return next((title for known, title in TITLES.items() if known == name), name)


@st.cache_resource(max_entries=256, show_spinner=False)
def _quality(
    model: str,  # noqa: ARG001 together with the images it stands for the codec
    images: str,
    name: str,
    drawn: Drawn,
    _codec: OpenCodec,
) -> Quality:
    real = _real_images(images, _codec.config)
    made = _IMAGES.get(name, _drawn(name, drawn))(_codec, len(real.features))
    return real.quality(random_features(made))


@st.cache_resource(max_entries=4, show_spinner=False)
def _real_images(images: str, _config: Config) -> RealImages:  # noqa: ARG001 the name of the config's images
    return RealImages.of(random_features(_evenly(data_for(_config).test_pixels)))


def _drawn(name: str, drawn: Drawn) -> Callable[[OpenCodec, int], Floats]:
    sampler: SamplerName = name  # type: ignore[assignment]
    return lambda codec, count: made_images(codec, sampler, count, drawn)


def _training(codec: OpenCodec, count: int) -> Floats:
    return _evenly(data_for(codec.config).train_pixels, count)


def _reconstructions(codec: OpenCodec, count: int) -> Floats:
    return np.clip(codec.codec.decode(codec.codec.encode(_training(codec, count))), 0, 1)


_IMAGES: dict[str, Callable[[OpenCodec, int], Floats]] = {TRAINING: _training, RECONSTRUCTIONS: _reconstructions}


def _evenly(pixels: NDArray[np.uint8], count: int = COUNT) -> Floats:
    """Up to `count` of the images, evenly spaced, as floats in [0, 1]."""
    return as_floats(pixels[evenly(len(pixels), count)])


def _show(codecs: Sequence[OpenCodec], tables: Sequence[Sequence[_Row]], drawn: Drawn) -> None:
    columns = st.columns(2)
    for column, codec, rows in zip(columns, codecs, tables, strict=False):
        with column:
            if len(codecs) > 1:
                st.markdown(f"**{unmarked(codec.name)}**")
            _table(codec, rows)
    below = columns[1] if len(codecs) == 1 else st
    below.caption(
        f"Measured with {drawn.words}; another seed moves a figure by a few hundredths. **Training images** are the "
        "yardstick: what real images reach here. **Reconstructions** of training images show what the decoder makes of "
        "codes of real images. Look at both figures: one good picture drawn again and again has a high density and no "
        "coverage. Blurred images lie apart from real ones, even where one can read them, and so get little of either. "
        "(Clipped density: Salvy et al. 2026; coverage: Naeem et al. 2020.)"
    )


def _table(codec: OpenCodec, rows: Sequence[_Row]) -> None:
    st.dataframe(
        [{"Images": row.images, "Density": row.quality.density, "Coverage": row.quality.coverage} for row in rows],
        key=f"quality_{codec.model}",
        hide_index=True,
        column_config={
            "Images": st.column_config.TextColumn(width=130),
            "Density": _bar(DENSITY_WORDS),
            "Coverage": _bar(COVERAGE_WORDS),
        },
        height="content",
    )


def _bar(words: str) -> Any:
    return st.column_config.ProgressColumn(help=words, width=105, min_value=0.0, max_value=1.0, format="%.2f")
