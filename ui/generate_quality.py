"""How good samples are: precision and recall against held-out images, in the features of an independent classifier."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.config import Config
from ae_core.datasets import as_floats, evenly
from ae_core.errors import DataError
from ae_core.generating import SamplerName
from ae_core.quality import Features, Judge, Quality, precision_recall
from ui.codecs import OpenCodec
from ui.errors import shown_plainly
from ui.generate import TITLES, made_images
from ui.runs import unmarked
from ui.server import baseline, data_for, jobs, store

Floats = NDArray[np.float32]

COUNT = 2000
"""Images of each kind, or all test images where there are fewer."""
SEED = 0
PCA_FEATURES = 64
POLL_SECONDS = 1.0
RECONSTRUCTIONS, TRAINING = "Reconstructions", "Training images"
_ASKED = "_generate_measured"


@dataclass(frozen=True)
class _Row:
    """One kind of images: how they were made, and how good they are."""

    images: str
    quality: Quality


def show_quality(codecs: Sequence[OpenCodec]) -> None:
    """The measurement, once it is asked for. Raises DataError, ConfigError or JobError."""
    st.subheader("How good are they?", anchor=False)
    data = data_for(codecs[0].config)
    count = min(COUNT, data.test.count)
    features = "a small classifier of these images" if _has_classes(codecs[0].config) else "PCA of these images"
    st.caption(
        f"Compares {count:,} samples with {count:,} test images in the features of {features}. **Precision** is the "
        "share of samples that look like a real image: low means many are none. **Recall** is the share of real images "
        "that look like a sample: low means kinds of digits, or ways of writing them, are never drawn. (Improved "
        "precision and recall with 3 neighbours: Kynkäänniemi et al. 2019.)"
    )
    waits = st.session_state.get(_ASKED, False) and any(_features(codec.config) is None for codec in codecs)
    st.fragment(_measured, run_every=POLL_SECONDS if waits else None)(tuple(codecs), waits)


def _measured(codecs: tuple[OpenCodec, ...], waited: bool) -> None:
    with shown_plainly():
        if not st.session_state.get(_ASKED):
            st.button("Measure the samples", key="measure", on_click=_ask)
            return
        if any(_features(codec.config) is None for codec in codecs):
            st.info("The features are being learned from the training images, which takes some seconds, once.")
            if not waited:
                # Now the page is drawn anew and polls.
                st.rerun()
            return
        if waited:
            st.rerun()
        _show(codecs, _measure(codecs))


def _ask() -> None:
    st.session_state[_ASKED] = True


def _has_classes(config: Config) -> bool:
    labels = data_for(Config(dataset=config.dataset)).train_labels
    return labels is not None and bool((labels != labels[0]).any())


def _features(config: Config) -> Features | None:
    """Features of the config's dataset; None while a worker learns them. Raises DataError, ConfigError or JobError."""
    if not _has_classes(config):
        basis = baseline(Config(dataset=config.dataset))
        return None if basis is None else basis.codec(PCA_FEATURES).encode
    # Imported here: it brings Dask along, and the page's first content shall not wait for it.
    from ae_core.work import judge_path

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


def _measure(codecs: Sequence[OpenCodec]) -> list[list[_Row]]:
    """The rows of each codec, measured one after the other, with how far it is."""
    kinds = [*TITLES, RECONSTRUCTIONS, TRAINING]
    bar, tables = st.empty(), []
    for place, codec in enumerate(codecs):
        rows: list[_Row] = []
        for name in kinds:
            done = (place * len(kinds) + len(rows)) / (len(codecs) * len(kinds))
            bar.progress(done, f"Measuring {unmarked(codec.name)}: {_title(name)}")
            # Training images are the same whatever the network.
            model = "" if name == TRAINING else codec.cargo.model
            rows.append(_Row(_title(name), _quality(model, codec.config.key, name, codec)))
        tables.append(rows)
    bar.empty()
    return tables


def _title(name: str) -> str:
    return next((title for known, title in TITLES.items() if known == name), name)


@st.cache_resource(max_entries=64, show_spinner=False)
def _quality(model: str, images: str, name: str, _codec: OpenCodec) -> Quality:  # noqa: ARG001 they stand for it
    features = _features(_codec.config)
    assert features
    real = _evenly(data_for(_codec.config).test_pixels)
    return precision_recall(features(real), features(_IMAGES.get(name, _drawn(name))(_codec, len(real))))


def _drawn(name: str) -> Callable[[OpenCodec, int], Floats]:
    sampler: SamplerName = name  # type: ignore[assignment]
    return lambda codec, count: made_images(codec, sampler, count, seed=SEED)


def _training(codec: OpenCodec, count: int) -> Floats:
    return _evenly(data_for(codec.config).train_pixels, count)


def _reconstructions(codec: OpenCodec, count: int) -> Floats:
    return np.clip(codec.codec.decode(codec.codec.encode(_training(codec, count))), 0, 1)


_IMAGES: dict[str, Callable[[OpenCodec, int], Floats]] = {TRAINING: _training, RECONSTRUCTIONS: _reconstructions}


def _evenly(pixels: NDArray[np.uint8], count: int = COUNT) -> Floats:
    """Up to `count` of the images, evenly spaced, as floats in [0, 1]."""
    return as_floats(pixels[evenly(len(pixels), count)])


def _show(codecs: Sequence[OpenCodec], tables: Sequence[Sequence[_Row]]) -> None:
    for column, codec, rows in zip(st.columns(len(codecs)), codecs, tables, strict=True):
        with column:
            if len(codecs) > 1:
                st.markdown(f"**{unmarked(codec.name)}**")
            _table(codec, rows)
    st.caption(
        "Reconstructions of training images are the most that this decoder can do; training images are what no "
        "generator can beat. A precision says little where the recall is near 0: copies of one blot can lie among real "
        "images as well. A code of few numbers has a low recall even so: its images lie on a thin sheet among the "
        "real ones, which are then rarely near."
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
