"""Classifiers without a network, by scikit-learn: logistic regression, nearest neighbours, labels spread over a graph.

Each takes numbers (n, d) with labels 0 to k - 1 and gives probabilities for others, (m, k).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
NEIGHBOURS = 10
"""Edges of an image in the graph that labels spread over."""
CLAMPING = 0.99
"""How much of its label an image takes from its neighbours at each turn: `alpha` of Zhou et al. 2004."""
TURNS = 100
MOST_ITERATIONS = 300
MOST_VOTES = 5
SLOPE = 2.0
"""An edge weighs exp(-SLOPE (d / d_k)^2), with the distance d_k to the last neighbour: 1 at a copy, 0.14 there."""


def logistic(values: Floats, labels: NDArray[Any], others: Floats) -> NDArray[np.float64]:
    """Multinomial logistic regression on standardised numbers, with scikit-learn's usual L2 penalty."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    mean, scale = values.mean(axis=0), values.std(axis=0)
    # A number that never changes, as a pixel in a corner, says nothing; it is left at zero.
    scale[scale < 1e-6] = np.inf
    model = LogisticRegression(max_iter=MOST_ITERATIONS)
    with warnings.catch_warnings():
        # Of 784 pixels and few labels the optimum is flat: what is left to gain there is nothing anybody would see.
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit((values - mean) / scale, labels)
    probabilities: NDArray[np.float64] = model.predict_proba((others - mean) / scale)
    return probabilities


def nearest(values: Floats, labels: NDArray[Any], others: Floats) -> NDArray[np.float64]:
    """A vote of the nearest labelled ones: of one for few labels, of `MOST_VOTES` where each class has that many."""
    from sklearn.neighbors import KNeighborsClassifier

    votes = max(1, min(MOST_VOTES, int(np.bincount(labels).min())))
    model = KNeighborsClassifier(votes, weights="distance", algorithm="brute").fit(values, labels)
    probabilities: NDArray[np.float64] = model.predict_proba(others)
    return probabilities


@dataclass(frozen=True, eq=False)
class Graph:
    """Which images are neighbours, as sparse matrices (scipy CSR).

    Attributes:
        inner: (n, n), symmetric, between the images that labels spread over.
        outer: (n, m), from those to the others.
    """

    inner: Any
    outer: Any

    @classmethod
    def of(cls, codes: Floats, others: Floats) -> Graph:
        """The `NEIGHBOURS` nearest of each code (n, d), and of each other one (m, d) among these."""
        from sklearn.neighbors import NearestNeighbors

        model = NearestNeighbors(n_neighbors=min(NEIGHBOURS, len(codes) - 1), algorithm="brute").fit(codes)
        # Without an argument it leaves each one itself out.
        inner = _edges(*model.kneighbors(), columns=len(codes))
        outer = _edges(*model.kneighbors(others), columns=len(codes))
        return cls(inner.maximum(inner.T).tocsr(), outer.T.tocsr())


def _edges(distances: NDArray[Any], indices: NDArray[Any], *, columns: int) -> Any:
    from scipy.sparse import csr_matrix

    furthest = np.maximum(distances[:, -1:], 1e-12)
    weights = np.exp(-SLOPE * np.square(distances / furthest))
    rows = np.repeat(np.arange(len(indices)), indices.shape[1])
    return csr_matrix((weights.ravel(), (rows, indices.ravel())), shape=(len(indices), columns))


def spread(graph: Graph, known: NDArray[np.integer[Any]], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Label spreading (Zhou et al. 2004, "Learning with local and global consistency").

    Args:
        known: (l,) which of the graph's inner images have labels.
        labels: (l,) those, 0 to k - 1.

    Returns:
        (m, k) probabilities of the others.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.semi_supervised import LabelSpreading

    size, others = graph.outer.shape
    targets = np.full(size, -1)
    targets[known] = labels
    # scikit-learn asks for the similarities of its images to themselves, then to the others. It is shown row numbers.
    model = LabelSpreading(
        kernel=lambda _, y: graph.inner if len(y) == size and y[0, 0] == 0 else graph.outer,
        alpha=CLAMPING, max_iter=TURNS,
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        # An image that no label reaches has no distribution: its row is 0 / 0 there, and even odds below.
        warnings.simplefilter("ignore", RuntimeWarning)
        model.fit(np.arange(size)[:, None], targets)
        found = np.nan_to_num(model.predict_proba(-1 - np.arange(others)[:, None]))
    lost = found.sum(axis=1) == 0
    found[lost] = 1 / found.shape[1]
    return np.asarray(found, np.float64)
