"""What all visitors of this server share: the runs, the jobs, and the codecs that are open."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from ae_core.errors import RunNotFoundError
from ae_core.runs.run import Run
from ae_core.runs.store import RunStore

if TYPE_CHECKING:
    from ae_core.codecs.codec import LiteRtCodec
    from ae_core.codecs.pca import PcaBasis
    from ae_core.config.config import Config
    from ae_core.datasets.dataset import Dataset
    from ae_core.jobs.queue import Jobs

OPEN_CODECS = 4
"""Networks kept open at once. One of the presets takes 6 to 20 MB, and some milliseconds to be opened again."""
OPEN_BASES = 8
"""PCAs kept open at once, each with what was worked out for it; a megabyte or two each."""
SILENT_SECONDS = 3.0
STARTING = "The workers, which train and draw maps, are starting. On a busy computer this can take two minutes."
LARGE_SECONDS = 3600
"""After so long what takes tens of megabytes is let go, and made anew for whoever still wants it: in a second or so."""


@st.cache_resource(show_spinner=False)
def store() -> RunStore:
    """The runs folder."""
    return RunStore()


def jobs() -> Jobs:
    """The workers. Waits for them at the first call, a second or two after the server's start; a longer wait is told.

    Raises:
        JobError: they cannot be reached.
    """
    starting = start_jobs()
    try:
        wait([starting], timeout=SILENT_SECONDS)
        with nullcontext() if starting.done() else st.spinner(STARTING, show_time=True):
            return starting.result()
    except Exception:
        # Forgotten, so that the next visit tries again instead of repeating an old failure.
        start_jobs.clear()
        raise


@st.cache_resource(show_spinner=False)
def start_jobs() -> Future[Jobs]:
    """Start the workers in the background, once, so that no page's first content waits for them."""
    executor = ThreadPoolExecutor(1, thread_name_prefix="start-jobs")
    return executor.submit(_start, store())


def _start(runs: RunStore) -> Jobs:
    from ae_core.jobs.queue import Jobs

    started = Jobs(runs)
    started.resume_interrupted()
    return started


def data_for(config: Config) -> Dataset:
    """The images that `config` learns from. Raises ConfigError or DataError."""
    from ae_core.datasets.catalogue import dataset_for

    return dataset_for(config, folder=store().root / "datasets")


def has_data(config: Config) -> bool:
    """Whether the images that `config` learns from are on this server; says nothing of whether they can be read."""
    from ae_core.datasets.catalogue import is_here

    return is_here(config.dataset, store().root / "datasets")


@st.cache_resource(max_entries=OPEN_CODECS, show_spinner=False)
def _codec(path: str, updated: float, _run: Run) -> LiteRtCodec:  # noqa: ARG001 a run trained further is another entry
    from ae_core.codecs.codec import LiteRtCodec

    check_unchanged(_run)
    return LiteRtCodec.load(Path(path))


def codec(run: Run) -> LiteRtCodec:
    """The run's codec, opened once for all visitors. Raises RunNotFoundError or DamagedRunError."""
    return _codec(str(run.path), run.status.updated, run)


def check_unchanged(run: Run) -> None:
    """Raise RunNotFoundError where a run has been deleted, or trained on, since it was looked up."""
    if store().open(run.key).status.updated != run.status.updated:
        raise RunNotFoundError(
            f"Run {run.key} must be as it was when this page was opened, and was trained on meanwhile. Reload the page."
        )


@st.cache_resource(max_entries=OPEN_BASES, show_spinner=False)
def _basis(path: str) -> PcaBasis:
    from ae_core.codecs.pca import PcaBasis

    return PcaBasis.load(path)


@st.cache_resource(max_entries=OPEN_BASES, show_spinner=False)
def _baseline_errors(path: str, dataset: str, classes: tuple[int, ...]) -> list[float]:
    from ae_core.config.config import Config

    pixels = data_for(Config(dataset=dataset, classes=classes)).test_pixels
    errors: list[float] = _basis(path).held_out_mse(pixels).tolist()
    return errors


def has_baseline(config: Config) -> bool:
    """Whether the PCA of the config's images is fitted already."""
    from ae_core.codecs.pca import baseline_path

    return baseline_path(store(), config).exists()


def baseline(config: Config) -> PcaBasis | None:
    """The PCA of the config's images; None while a worker fits it. Raises DataError when its file is damaged."""
    from ae_core.codecs.pca import baseline_path

    if not has_baseline(config):
        from ae_core.workers.pca_fits import PcaFit

        jobs().ask(PcaFit(config))
        return None
    return _basis(str(baseline_path(store(), config)))


def baseline_mse(config: Config, latent_dim: int) -> float | None:
    """PCA's held-out mean squared error with so many dimensions on the config's images; None while a worker fits it.

    With none at all it shows the average image for every digit.
    """
    errors = baseline_errors(config)
    return None if errors is None else errors[min(latent_dim, len(errors) - 1)]


def baseline_errors(config: Config) -> list[float] | None:
    """The same for 0, 1, ... dimensions. Raises DataError when its file is damaged."""
    from ae_core.codecs.pca import baseline_path

    if baseline(config) is None:
        return None
    return _baseline_errors(str(baseline_path(store(), config)), config.dataset, config.classes)
