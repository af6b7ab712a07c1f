"""Codecs as pages that compare them need them: opened, with their weights for the browser and what is usual for them.

A trained network and PCA are the same thing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from ae_core.config.config import Config
from ae_core.config.layers import Plan
from ae_core.config.plan import plan_layers
from ae_core.config.presets import title_of
from ae_core.datasets.images import as_floats, evenly
from ae_core.evaluation.metrics import evaluate_each, percentiles
from ae_core.runs.run import Run, damaged_run
from ui.components.draw.draw import Shown
from ui.components.network_carrier.network_carrier import Cargo
from ui.selection import address
from ui.selection.codecs import DRAWN, PCA, Linear, pca_title
from ui.selection.first_training import first_training
from ui.selection.run import FIRST, damage_mendable, showable
from ui.shell.fragment import fragment, rerun_page
from ui.shell.server import (
    LARGE_SECONDS,
    OPEN_BASES,
    OPEN_CODECS,
    baseline,
    check_unchanged,
    codec,
    data_for,
    has_baseline,
    store,
)

if TYPE_CHECKING:
    from ae_core.codecs.codec import Codec

Floats = NDArray[np.float32]
USUAL = (0.5, 99.5)
"""Between these percentiles of held-out codes a value is called usual."""
NEIGHBOURS_AMONG = 20_000
"""Training images, evenly spaced over all, among which neighbours are looked for: 20 MB for a code of 256 numbers."""
USUAL_AMONG = 100
"""Held-out images whose nearest neighbours say which distance is usual: a tenth of a second for codes of 32 numbers."""
CHUNK = 1000
KNOWN_CODECS = 64
"""Of which what is small is kept: a thousandth of a network, and a tenth of a second to work out."""
POLL_SECONDS = 1.0


@dataclass(frozen=True, eq=False)
class OpenCodec:
    """A codec with all that is shown of it. It is small, for pages to keep: what is large is looked up each time.

    Attributes:
        name: what the visitor reads.
        config: whose images it learned from.
        latent_dim: numbers in a code.
        shown: what the figure of the Draw page needs.
        find_codec, find_cargo: give what the two properties have.
        run: what it is the codec of; None for PCA.
    """

    name: str
    config: Config
    latent_dim: int
    shown: Shown
    find_codec: Callable[[], Codec]
    find_cargo: Callable[[], Cargo]
    run: Run | None = None

    @property
    def model(self) -> str:
        """What tells its network from all others."""
        return self.shown.model

    @property
    def codec(self) -> Codec:
        """To encode and decode with. Raises RunNotFoundError or DamagedRunError where its files are gone by now."""
        return self.find_codec()

    @property
    def cargo(self) -> Cargo:
        """Its network for the browser. Raises the same."""
        return self.find_cargo()


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Training images and their codes.

    Attributes:
        indices, codes: (n,) and (n, latent_dim).
        usual: how far a held-out image's code is from the nearest of these, the median.
    """

    indices: NDArray[np.intp]
    codes: Floats
    usual: float

    def nearest(self, code: Floats, count: int) -> tuple[NDArray[np.intp], Floats]:
        """Indices of the training images with the codes nearest to `code` (latent_dim,), and their distances."""
        distances = np.linalg.norm(self.codes - code, axis=1)
        nearest = np.argpartition(distances, range(min(count, len(distances))))[:count]
        return self.indices[nearest], distances[nearest]


def open_chosen(chosen: Sequence[Run | Linear | None]) -> list[OpenCodec]:
    """What `codec_choice` returns, as far as it can be opened; what is wrong with the others is said in their place.

    On a server without any run the first training begins by itself.
    """
    opened: list[OpenCodec] = []
    runs = [one for one in chosen if isinstance(one, Run)]
    first = runs[0].config if runs else FIRST
    if not any(map(showable, store().runs())):
        await_first("Until then, draw with PCA.")
    for one in chosen:
        if isinstance(one, Run):
            with damage_mendable(one.key, one.title):
                opened.append(open_run(one))
            continue
        linear = one or Linear(first, first.latent_dim)
        with damage_mendable(PCA):
            if codec := open_pca(linear.images, linear.latent_dim):
                opened.append(codec)
            else:
                st.info("PCA is being fitted to these images, which takes a few seconds.")
                fragment(_await_baseline, run_every=POLL_SECONDS)(linear.images)
    return opened


def _await_baseline(config: Config) -> None:
    if has_baseline(config):
        rerun_page()


def await_first(meanwhile: str) -> None:
    """On a server without any run: begin the first training, say how far it is, and go on with it once it is there.

    Args:
        meanwhile: a sentence on what to do, or on what to expect.
    """
    with damage_mendable(FIRST.key):
        fragment(_await_first, run_every=POLL_SECONDS)(meanwhile)


def _await_first(meanwhile: str) -> None:
    with damage_mendable(FIRST.key):
        first = first_training()
        if first.run and first.run.usable:
            # Let the choice begin with it.
            st.session_state.pop(DRAWN.key, None)
            address.settle({DRAWN.name: None})
            rerun_page()
        words = f"{title_of(FIRST)} is being trained now: {first.words}" if first.words else first.at_rest
        st.info(f"No network is trained on this server yet. {words}. {meanwhile}")


def open_run(run: Run) -> OpenCodec:
    """Opened once for all visitors. Raises RunNotFoundError, DamagedRunError, DataError or ConfigError."""
    opened = _open_run(str(run.path), run.status.updated, run.title, run)
    # What is wrong with its files shall be said where it is opened, not where it is used.
    _ = opened.codec, opened.cargo
    return opened


@st.cache_resource(max_entries=KNOWN_CODECS, show_spinner="Opening the network…")
def _open_run(path: str, updated: float, title: str, _run: Run) -> OpenCodec:  # noqa: ARG001 trained further: another
    plan, errors = plan_layers(_run.config), _run.held_out_errors()
    return replace(_opened(title, _run.config, partial(codec, _run), partial(_cargo_of, _run), plan, errors), run=_run)


def _cargo_of(run: Run) -> Cargo:
    return _cargo(str(run.path), run.status.updated, run)


@st.cache_resource(max_entries=OPEN_CODECS, show_spinner=False)
def _cargo(path: str, updated: float, _run: Run) -> Cargo:  # noqa: ARG001 a run trained further is another entry
    from ae_core.codecs.codec import read_network

    check_unchanged(_run)
    network, weights = read_network(_run)
    try:
        return Cargo.of(network, weights)
    except (KeyError, TypeError, ValueError) as error:
        raise damaged_run(_run.key, "network.json or network.bin") from error


def open_pca(config: Config, latent_dim: int) -> OpenCodec | None:
    """PCA of the images that `config` learns from; None while a worker fits it. Raises DataError."""
    basis = baseline(config)
    if basis is None:
        return None
    images = Config(dataset=config.dataset, classes=config.classes, train_size=config.train_size)
    return _open_pca(images.key, latent_dim, images)


@st.cache_resource(max_entries=OPEN_BASES, show_spinner="Opening PCA…")
def _open_pca(key: str, latent_dim: int, _images: Config) -> OpenCodec:  # noqa: ARG001 which images is in the key
    basis = baseline(_images)
    assert basis
    pca = basis.codec(latent_dim)
    linear = Config(architecture="dense", encoder_widths=(), latent_dim=latent_dim, code_activation="linear",
                    output_activation="linear", loss="mse")  # fmt: skip
    cargo = Cargo.of(*pca.browser_network())
    # They are small, and most of it is the basis, which is there once.
    return _opened(pca_title(latent_dim), _images, lambda: pca, lambda: cargo, plan_layers(linear), None)


def _opened(
    name: str,
    config: Config,
    find_codec: Callable[[], Codec],
    find_cargo: Callable[[], Cargo],
    plan: Plan,
    errors: Floats | None,
) -> OpenCodec:
    """A codec of the images of `config`, with its layers, and its held-out errors where they are known."""
    data, codec = data_for(config), find_codec()
    if errors is None:
        # A run of an older version, or PCA.
        errors = evaluate_each(codec, data.test_pixels)[1].astype(np.float32)
    codes = encode_pixels(codec, data.test_pixels)
    usual = np.percentile(codes, USUAL, axis=0).astype(np.float32)
    shown = Shown(name, find_cargo().model, plan, percentiles(errors), usual)
    return OpenCodec(name, config, codec.latent_dim, shown, find_codec, find_cargo)


def encode_pixels(codec: Codec, pixels: NDArray[np.uint8]) -> Floats:
    """Codes (n, latent_dim) of images (n, 28, 28) as bytes, which are never floats as a whole."""
    return np.concatenate([codec.encode(images) for images in pixel_chunks(pixels)])


def pixel_chunks(pixels: NDArray[np.uint8]) -> Iterator[Floats]:
    """Images (n, 28, 28) as floats in [0, 1], some at a time."""
    for start in range(0, len(pixels), CHUNK):
        yield as_floats(pixels[start : start + CHUNK])


def neighbours(opened: OpenCodec) -> Neighbours:
    """Codes of training images, worked out once for all visitors. Raises DataError or ConfigError."""
    return _neighbours(opened.model, opened.config.key, opened)


@st.cache_resource(max_entries=4, ttl=LARGE_SECONDS, show_spinner=False)
def _neighbours(model: str, images: str, _opened: OpenCodec) -> Neighbours:  # noqa: ARG001 they stand for it
    data = data_for(_opened.config)
    indices = evenly(data.train.count, NEIGHBOURS_AMONG)
    codes = encode_pixels(_opened.codec, data.train_pixels[indices])
    held_out = encode_pixels(_opened.codec, data.test_pixels[evenly(data.test.count, USUAL_AMONG)])
    nearest = [np.linalg.norm(codes - code, axis=1).min() for code in held_out]
    return Neighbours(indices, codes, float(np.median(nearest)))
