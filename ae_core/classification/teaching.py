"""A contest from a run and a number of labels to outcomes: what the contestants are given, and who teaches them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.classification import shallow
from ae_core.classification.contest import (
    CONTESTANTS,
    Contest,
    Outcome,
    labelled,
    load_contest,
    positions,
    save_contest,
)
from ae_core.classification.heads import Head, keep_head
from ae_core.codecs.codec import encode_part, weights_of
from ae_core.codecs.pca import PcaBasis
from ae_core.config.layers import PIXELS
from ae_core.datasets.catalogue import dataset_for
from ae_core.datasets.images import as_floats
from ae_core.errors import DataError
from ae_core.runs.run import Run

Floats = NDArray[np.float32]
Report = Callable[[str, float, float | None], object]
"""Called with a contestant's name, the share of its training that is done, and its held-out accuracy if it is known.

What it raises ends the contest; the contestants that have learned by then are kept.
"""


class Bench:
    """What all contests of a run share: its images, their codes, and what takes long to make of them.

    Args:
        run: with an encoder.
        folder: where fetched and own datasets are.
        basis: gives the PCA of the run's images.

    Raises:
        RunNotFoundError, DamagedRunError, ConfigError, DataError: it cannot be opened, or its images are not there.
    """

    def __init__(self, run: Run, *, folder: Path, basis: Callable[[], PcaBasis]) -> None:
        self.run, self.weights = run, weights_of(run)
        self._basis = basis
        self._data = data = dataset_for(run.config, folder=folder)
        if data.train_labels is None or data.test_labels is None:
            raise DataError("A contest must have labelled images. Received: images without labels. Choose another run.")
        codes = encode_part(run, "all", folder=folder)
        self.test_codes, self.codes = codes[: len(data.test_pixels)], codes[len(data.test_pixels) :]
        # Labels from 0 to k - 1, also for a run of a choice of classes.
        self.classes, self.labels = np.unique(data.train_labels, return_inverse=True)
        self._given_test_labels = data.test_labels

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(n, 28, 28) of the training images."""
        return self._data.train_pixels

    @property
    def test_pixels(self) -> NDArray[np.uint8]:
        """(m, 28, 28) of the held-out images."""
        return self._data.test_pixels

    @cached_property
    def test_labels(self) -> NDArray[np.int64]:
        """(m,) of the held-out images, as positions in `classes`; classes that no training image has are -1."""
        return positions(self._given_test_labels, self.classes)

    @cached_property
    def graph(self) -> shallow.Graph:
        """Neighbours among all codes: half a minute for 60,000 of them, for all contests of the run."""
        return shallow.Graph.of(self.codes, self.test_codes)

    @cached_property
    def pca_graph(self) -> shallow.Graph:
        """The same among PCA's codes."""
        return shallow.Graph.of(*self.pca_codes)

    @cached_property
    def pca_codes(self) -> tuple[Floats, Floats]:
        """PCA's codes of the training and of the held-out images, as many numbers as the run's."""
        codec = self._basis().codec(self.run.config.latent_dim)
        return codec.encode(as_floats(self.pixels)), codec.encode(as_floats(self.test_pixels))


def run_contest(
    bench: Bench, *, labels: int, seed: int, names: Iterable[str] = CONTESTANTS, report: Report = lambda *_: None
) -> Contest:
    """Have the contestants learn from `labels` labelled images; what was done before is taken from the run's folder.

    Args:
        names: of `CONTESTANTS`.

    Raises:
        DataError: too few or too many labels, or one class only.
        DamagedRunError, RunNotFoundError, StoreError: as they learn, or to keep what they have come to.
    """
    known = labelled(bench.labels, labels, seed=seed)
    images = len(bench.test_labels)
    contest = load_contest(bench.run, labels, seed, weights=bench.weights, images=images)
    for name in names:
        if name not in contest.outcomes:
            report(name, 0.0, None)
            contest = contest.with_outcome(name, _teach(name, bench, known, seed, report))
            save_contest(bench.run, labels, seed, contest)
        report(name, 1.0, contest.outcomes[name].accuracy(bench.test_labels))
    return contest


def teach(name: str, bench: Bench, *, labels: int, seed: int) -> Outcome:
    """Have one contestant learn, whatever is kept of it in the run's folder. Raises as `run_contest`."""
    return _teach(name, bench, labelled(bench.labels, labels, seed=seed), seed, lambda *_: None)


def _teach(name: str, bench: Bench, known: NDArray[np.int64], seed: int, report: Report) -> Outcome:
    if name in SHARED:
        # By all contests of the run, and so not part of what this one takes.
        getattr(bench, SHARED[name])
    begun = time.monotonic()
    if name in TEACHERS:
        probabilities = TEACHERS[name](bench, known)
    else:
        probabilities = _teach_network(name, bench, known, seed, report)
    return Outcome.of(probabilities, time.monotonic() - begun)


def _teach_network(name: str, bench: Bench, known: NDArray[np.int64], seed: int, report: Report) -> NDArray[Any]:
    from ae_core.training.imports import import_keras

    import_keras()
    from ae_core.classification.networks import Task, train_head, train_whole

    def tell(done: float, accuracy: float) -> None:
        # The end is told by who asked for the contest, with the accuracy on all held-out images.
        if done < 1:
            report(name, done, accuracy)

    frozen = name == "head"
    task = Task(
        inputs=(bench.codes if frozen else bench.pixels)[known],
        labels=bench.labels[known],
        others=bench.test_codes if frozen else bench.test_pixels,
        other_labels=bench.test_labels,
        classes=len(bench.classes),
        seed=seed,
    )
    if frozen:
        (hidden, output), probabilities = train_head(task, report=tell)
        accuracy = Outcome.of(probabilities, 0.0).accuracy(bench.test_labels)
        keep_head(bench.run, Head(hidden, output, bench.classes, len(known), seed, accuracy, bench.weights))
        return probabilities
    return train_whole(bench.run, task, pretrained=name == "fine-tuned", report=tell)


def _logistic_codes(bench: Bench, known: NDArray[np.int64]) -> NDArray[Any]:
    return shallow.logistic(bench.codes[known], bench.labels[known], bench.test_codes)


def _logistic_pca(bench: Bench, known: NDArray[np.int64]) -> NDArray[Any]:
    codes, test_codes = bench.pca_codes
    return shallow.logistic(codes[known], bench.labels[known], test_codes)


def _logistic_pixels(bench: Bench, known: NDArray[np.int64]) -> NDArray[Any]:
    rows = [as_floats(pixels).reshape(-1, PIXELS) for pixels in (bench.pixels[known], bench.test_pixels)]
    return shallow.logistic(rows[0], bench.labels[known], rows[1])


def _neighbours(bench: Bench, known: NDArray[np.int64]) -> NDArray[Any]:
    return shallow.nearest(bench.codes[known], bench.labels[known], bench.test_codes)


def _spreading_pca(bench: Bench, known: NDArray[np.int64]) -> NDArray[Any]:
    return shallow.spread(bench.pca_graph, known, bench.labels[known])


def _spreading(bench: Bench, known: NDArray[np.int64]) -> NDArray[Any]:
    return shallow.spread(bench.graph, known, bench.labels[known])


TEACHERS: dict[str, Callable[[Bench, NDArray[np.int64]], NDArray[Any]]] = {
    "logistic-codes": _logistic_codes,
    "logistic-pca": _logistic_pca,
    "logistic-pixels": _logistic_pixels,
    "neighbours": _neighbours,
    "spreading": _spreading,
    "spreading-pca": _spreading_pca,
}
"""Those that are no networks."""
SHARED = {"logistic-pca": "pca_codes", "spreading": "graph", "spreading-pca": "pca_graph"}
"""What of the `Bench` some of them need."""
