"""How good samples are: precision and recall against held-out images, in the features of an independent classifier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.config.config import Config
from ae_core.datasets.dataset import as_floats, evenly
from ae_core.errors import DataError
from ae_core.evaluation.precision_recall import Features, Judge, Quality, precision_recall
from ae_core.latent.sampling import SamplerName
from ui.generate.codes import TITLES, Drawn, made_images
from ui.selection.open_codecs import OpenCodec
from ui.shell.errors import shown_plainly, unmarked
from ui.shell.server import baseline, data_for, jobs, store

Floats = NDArray[np.float32]

COUNT = 2000
"""Images of each kind, or all test images where there are fewer."""
PCA_FEATURES = 64
POLL_SECONDS = 1.0
RECONSTRUCTIONS, TRAINING = "Reconstructions", "Training images"
_ASKED = "_generate_measured"


@dataclass(frozen=True)
class _Asked:
    """What a visitor wanted to be measured: samples of these networks and of their images, drawn so."""

    models: tuple[tuple[str, str], ...]
    drawn: Drawn

    @classmethod
    def of(cls, codecs: Sequence[OpenCodec], drawn: Drawn) -> _Asked:
        return cls(tuple((codec.cargo.model, codec.config.key) for codec in codecs), drawn)


@dataclass(frozen=True)
class _Row:
    """One kind of images: how they were made, and how good they are."""

    images: str
    quality: Quality


def show_quality(codecs: Sequence[OpenCodec], drawn: Drawn) -> None:
    """The measurement of samples drawn as `drawn` says, once it is asked for. Raises DataError or ConfigError."""
    st.subheader("How good are they?", anchor=False)
    data = data_for(codecs[0].config)
    count = min(COUNT, data.test.count)
    features = "a small classifier of these images" if _has_classes(codecs[0].config) else "PCA of these images"
    st.caption(
        f"Compares {count:,} samples from each distribution, those above among them, with {count:,} test images in the "
        f"features of {features}. **Precision** is the share of samples that fall among the features of real images: "
        "low means that many look like none. **Recall** is the share of real images that have a sample near them: low "
        "means that kinds of digits, or ways of writing them, are missing. (Improved precision and recall with 3 "
        "neighbours: Kynkäänniemi et al. 2019.)"
    )
    asked = _asked(codecs)
    with shown_plainly():
        waits = asked is not None and _still_learning(codecs)
        st.fragment(_measured, run_every=POLL_SECONDS if waits else None)(tuple(codecs), drawn, waits)


def _asked(codecs: Sequence[OpenCodec]) -> _Asked | None:
    """What this visitor wanted to be measured; None when that were samples of other networks, or nothing."""
    asked: _Asked | None = st.session_state.get(_ASKED)
    return asked if asked and asked == _Asked.of(codecs, asked.drawn) else None


def _measured(codecs: tuple[OpenCodec, ...], drawn: Drawn, waited: bool) -> None:
    with shown_plainly():
        asked = _asked(codecs)
        if asked is None:
            st.button("Measure the samples", key="measure", on_click=_ask, args=(codecs, drawn))
            return
        if _still_learning(codecs):
            st.info("The features are being learned from the training images, which takes some seconds, once.")
            if not waited:
                # Now the page is drawn anew and polls.
                st.rerun()
            return
        if waited:
            st.rerun()
        tables = _measure(codecs, asked.drawn)
        if asked.drawn != drawn:
            st.warning(f"These are figures of other samples: {asked.drawn.words}. Above: {drawn.words}.")
            st.button("Measure the samples above", key="measure", on_click=_ask, args=(codecs, drawn))
        _show(codecs, tables, asked.drawn)


def _ask(codecs: Sequence[OpenCodec], drawn: Drawn) -> None:
    st.session_state[_ASKED] = _Asked.of(codecs, drawn)


def _still_learning(codecs: Sequence[OpenCodec]) -> bool:
    """Whether the features of some are not there yet. Raises DataError, ConfigError or JobError."""
    return any(_features(codec.config) is None for codec in codecs)


def _has_classes(config: Config) -> bool:
    labels = data_for(Config(dataset=config.dataset)).train_labels
    return labels is not None and bool((labels != labels[0]).any())


def _features(config: Config) -> Features | None:
    """Features of the config's dataset; None while a worker learns them. Raises DataError, ConfigError or JobError."""
    if not _has_classes(config):
        basis = baseline(Config(dataset=config.dataset))
        return None if basis is None else basis.codec(PCA_FEATURES).encode
    # Imported here: it brings Dask along, and the page's first content shall not wait for it.
    from ae_core.evaluation.precision_recall import judge_path

    path = judge_path(store(), config.dataset)
    try:
        return _judge(str(path), path.stat().st_mtime_ns).encode
    except FileNotFoundError:
        pass
    except DataError:
        path.unlink(missing_ok=True)
    jobs().errands.fit_judge(config.dataset)
    return None


@st.cache_resource(max_entries=4, show_spinner=False)
def _judge(path: str, changed: int) -> Judge:  # noqa: ARG001 one that was made anew is another entry
    return Judge.load(Path(path))


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
    model = "" if name == TRAINING else codec.cargo.model
    seed = drawn.seed if name in TITLES else 0
    spread = drawn.spread if name == "prior" else 1.0
    return _quality(model, codec.config.key, name, Drawn(seed, spread), codec)


def _title(name: str) -> str:
    return next((title for known, title in TITLES.items() if known == name), name)


@st.cache_resource(max_entries=256, show_spinner=False)
def _quality(
    model: str,  # noqa: ARG001 together with the images it stands for the codec
    images: str,  # noqa: ARG001
    name: str,
    drawn: Drawn,
    _codec: OpenCodec,
) -> Quality:
    features = _features(_codec.config)
    assert features
    real = _evenly(data_for(_codec.config).test_pixels)
    made = _IMAGES.get(name, _drawn(name, drawn))(_codec, len(real))
    return precision_recall(features(real), features(made))


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
        f"Measured with {drawn.words}; another seed moves a figure by a few hundredths. **Training images** are a "
        "yardstick, not a ceiling: they show what real images reach here, and samples that keep to the middle of the "
        "real ones can have more precision than these. **Reconstructions** of training images show what the decoder "
        "makes of codes of real images. Look at both figures: one picture drawn again and again can have a high "
        "precision, with a recall near 0. A code of few numbers often has a low recall, too: its images lie on a thin "
        "sheet among the real ones, which are then rarely near."
    )


def _table(codec: OpenCodec, rows: Sequence[_Row]) -> None:
    st.dataframe(
        [
            {
                "Images": row.images,
                "Precision": row.quality.precision,
                "Recall": row.quality.recall,
                "Both": row.quality.both,
            }
            for row in rows
        ],
        key=f"quality_{codec.cargo.model}",
        hide_index=True,
        column_config={
            "Images": st.column_config.TextColumn(width=116),
            "Precision": _bar(None),
            "Recall": _bar(None),
            "Both": _bar("Their harmonic mean (F1): high only when both are."),
        },
        height="content",
    )


def _bar(words: str | None) -> Any:
    return st.column_config.ProgressColumn(help=words, width=78, min_value=0.0, max_value=1.0, format="%.2f")
