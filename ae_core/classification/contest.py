"""How many labels does a trained encoder save? Contestants that learn to classify, all from the same labelled images.

runs/<key>/contest/<labels>-<seed>.npz      what each contestant said of each held-out image

Which labelled images a contestant gets depends on their number and the seed alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.errors import DataError
from ae_core.evaluation.metrics import NORMAL_95
from ae_core.npz import readable, write_npz
from ae_core.runs.run import Run

CONTEST_FOLDER = "contest"
LABEL_COUNTS = (10, 30, 100, 300, 1000, 3000, 10_000, 60_000)
"""What a page offers; any number that the images allow may be asked for."""


@dataclass(frozen=True)
class Contestant:
    """One way to classify.

    Attributes:
        title: as pages write it.
        short: the same where there is little room.
        note: what it is given, in a sentence.
        encoder: whether it stands on the run's trained encoder.
    """

    title: str
    short: str
    note: str
    encoder: bool


CONTESTANTS: dict[str, Contestant] = {
    "head": Contestant(
        "Head on the frozen encoder", "Head, frozen encoder",
        "A small network, one hidden layer of 128 units, learns to read the codes; the encoder stays as it is.", True,
    ),
    "fine-tuned": Contestant(
        "Encoder and head together", "Encoder and head",
        "The same head on the encoder, and both learn, from the encoder's trained weights on.", True,
    ),
    "logistic-codes": Contestant(
        "Logistic regression on codes", "Logistic, codes",
        "One linear layer reads the codes; the encoder stays as it is.", True,
    ),
    "neighbours": Contestant(
        "Nearest neighbours of codes", "Nearest codes",
        "A vote of the labelled images whose codes are nearest.", True,
    ),
    "spreading": Contestant(
        "Labels spread over codes", "Spread, codes",
        "Labels go on from code to neighbouring code, over all training images: those without a label help, too. "
        "Test images take no part.", True,
    ),
    "from-scratch": Contestant(
        "The same network from scratch", "From scratch",
        "Encoder and head learn together from random weights on, as one would without an autoencoder.", False,
    ),
    "logistic-pca": Contestant(
        "Logistic regression on PCA's codes", "Logistic, PCA",
        "One linear layer on as many principal components as a code has numbers.", False,
    ),
    "logistic-pixels": Contestant(
        "Logistic regression on pixels", "Logistic, pixels", "One linear layer on the 784 pixels.", False
    ),
    "spreading-pca": Contestant(
        "Labels spread over PCA's codes", "Spread, PCA",
        "Labels go on from neighbour to neighbour in the same way, among PCA's codes: what that is worth by itself.",
        False,
    ),
}  # fmt: skip
"""By name, in the order in which pages and the command line have them."""


PUBLISHED = {100: 11.82, 600: 5.72, 1000: 4.24, 3000: 3.49}
"""Error in % by number of labels of M1+TSVM on MNIST, from table 1 of Kingma et al. 2014, "Semi-supervised learning
with deep generative models"."""

EPOCHS = 12
LEAST_STEPS = 400
"""For few labels an epoch is a step or two."""


@dataclass(frozen=True)
class Course:
    """How a kind of network learns.

    Attributes:
        rate: the learning rate at first.
        batch: images a step, if there are so many.
    """

    rate: float
    batch: int

    def steps(self, count: int) -> int:
        """From `count` labels: `EPOCHS` epochs, or at least `LEAST_STEPS` steps."""
        return max(LEAST_STEPS, EPOCHS * count // min(self.batch, count))


WHOLE = Course(0.001, 256)
HEAD = Course(0.02, 1024)
"""Two small layers bear a large rate. Large steps cost little where a step takes less time than what is around it."""


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a contestant has come to.

    Attributes:
        predictions: (n,) uint8, a label for each held-out image.
        confidences: (n,) float32 in [0, 1], how sure it is of each.
        seconds: that it learned for, without what several contestants share.
    """

    predictions: NDArray[np.uint8]
    confidences: NDArray[np.float32]
    seconds: float

    @classmethod
    def of(cls, probabilities: NDArray[Any], seconds: float) -> Outcome:
        """From probabilities (n, classes)."""
        predictions = probabilities.argmax(axis=1)
        confidences = probabilities[np.arange(len(predictions)), predictions]
        return cls(predictions.astype(np.uint8), confidences.astype(np.float32), seconds)

    def accuracy(self, labels: NDArray[np.integer[Any]]) -> float:
        """Share of the held-out images whose label it knew; `labels` (n,)."""
        return float(np.mean(self.predictions == labels))


def labelled(labels: NDArray[np.integer[Any]] | None, count: int, *, seed: int) -> NDArray[np.int64]:
    """Indices of `count` images whose labels a contestant may know, as many of each class as possible, rising.

    More labels with the same seed are these and others, so that a learning curve is one story.

    Args:
        labels: (n,) of all training images, or None for images without labels.

    Raises:
        DataError: images without labels or of one class only, fewer labels than classes, or more than there are.
    """
    if labels is None:
        raise DataError("A contest must have labelled images. Received: images without labels. Choose another run.")
    classes = np.unique(labels)
    if len(classes) < 2:
        raise DataError(
            f"A contest must have at least two classes. Received: {len(classes)}. Choose a run of more classes."
        )
    if not len(classes) <= count <= len(labels):
        raise DataError(
            f"labels must be {len(classes)}, one a class, to {len(labels)}, all training images. Received: {count}."
        )
    order = np.random.default_rng(seed).permutation(len(labels))
    shuffled = labels[order]
    # Its number among the images of its class: the first of each class come before the second of any.
    rank = np.empty(len(labels), np.int64)
    for label in classes:
        here = shuffled == label
        rank[here] = np.arange(np.count_nonzero(here))
    chosen: NDArray[np.int64] = np.sort(order[np.argsort(rank, kind="stable")[:count]])
    return chosen


def positions(labels: NDArray[np.integer[Any]], classes: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Where each of `labels` (n,) stands in the rising `classes` (k,), as contestants name it; -1 for no place."""
    found = np.searchsorted(classes, labels).clip(max=len(classes) - 1)
    return np.where(classes[found] == labels, found, -1)


@dataclass(frozen=True)
class Standing:
    """A contestant over several seeds, on the same held-out images.

    Attributes:
        accuracy: mean over seeds of the share of held-out images that it knew.
        spread: standard deviation over seeds, 0 for a single one.
        half_width: of a 95 % confidence interval of `accuracy`, from the number of held-out images and, with several
            seeds, from their spread (normal approximation).
        seconds: mean that it learned for.
    """

    accuracy: float
    spread: float
    half_width: float
    seconds: float

    @classmethod
    def of(cls, outcomes: Iterable[Outcome], labels: NDArray[np.integer[Any]]) -> Standing:
        """Of at least one outcome, with the held-out labels (n,)."""
        rows = list(outcomes)
        accuracies = np.array([outcome.accuracy(labels) for outcome in rows])
        mean = float(accuracies.mean())
        spread = float(accuracies.std(ddof=1)) if len(rows) > 1 else 0.0
        variance = mean * (1 - mean) / len(labels) + spread**2 / len(rows)
        seconds = float(np.mean([outcome.seconds for outcome in rows]))
        return cls(mean, spread, NORMAL_95 * variance**0.5, seconds)


def confusion(
    predictions: NDArray[np.integer[Any]], labels: NDArray[np.integer[Any]], *, classes: int
) -> NDArray[np.int64]:
    """How many images of each class (row) were taken for each class (column): (n,) twice -> (classes, classes)."""
    flat = np.bincount(labels.astype(np.int64) * classes + predictions, minlength=classes**2)
    return flat.reshape(classes, classes)


@dataclass(frozen=True, eq=False)
class Contest:
    """The outcomes so far of one number of labels and one seed, for one state of the run.

    Attributes:
        weights: `codec.weights_of` the run.
        outcomes: by contestant.
    """

    weights: str
    outcomes: dict[str, Outcome]

    def with_outcome(self, name: str, outcome: Outcome) -> Contest:
        """The same with one more."""
        return replace(self, outcomes=self.outcomes | {name: outcome})


def contest_file(labels: int, seed: int) -> str:
    """Name of its file below the run's folder."""
    return f"{CONTEST_FOLDER}/{labels}-{seed}.npz"


def save_contest(run: Run, labels: int, seed: int, contest: Contest) -> None:
    """Keep the outcomes with the run. Raises StoreError, or RunNotFoundError for a deleted run."""
    arrays: dict[str, NDArray[Any]] = {"weights": np.array(contest.weights)}
    for name, outcome in contest.outcomes.items():
        for part, values in vars(outcome).items():
            arrays[f"{name}/{part}"] = np.asarray(values)
    write_npz(run.target(contest_file(labels, seed)), arrays)


def load_contest(run: Run, labels: int, seed: int, *, weights: str, images: int) -> Contest:
    """What is kept of these weights for so many held-out images; a damaged file counts as none."""
    none = Contest(weights, {})
    try:
        with readable(CONTEST_FOLDER, remedy=""):
            kept = _read(run.path / contest_file(labels, seed), images)
    except DataError:
        return none
    return kept if kept.weights == weights else none


def _read(path: Path, images: int) -> Contest:
    """Raises whatever zipfile and numpy do with a damaged file, and ValueError for arrays that are no outcomes."""
    with np.load(path, allow_pickle=False) as arrays:
        outcomes = {}
        for name in CONTESTANTS:
            if f"{name}/predictions" not in arrays:
                continue
            outcome = Outcome(
                arrays[f"{name}/predictions"], arrays[f"{name}/confidences"], float(arrays[f"{name}/seconds"])
            )
            fits = outcome.predictions.dtype == np.uint8 and outcome.confidences.dtype == np.float32
            if not fits or {outcome.predictions.shape, outcome.confidences.shape} != {(images,)}:
                raise ValueError(f"{name} is not what a contest keeps")
            outcomes[name] = outcome
        return Contest(str(arrays["weights"]), outcomes)
