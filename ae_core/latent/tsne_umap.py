"""t-SNE and UMAP of codes, by openTSNE and umap-learn: watched, cancelled, and the same again for the same seed.

Both lay points out so that neighbours in the latent space are neighbours on the map, and both begin with finding those.
Here that is done for them, exactly: for 70,000 codes of 32 numbers in half the time of openTSNE's approximate search,
for 10,000 in a sixth, and without the half minute in which umap-learn's own search is compiled at its first use.

- van der Maaten and Hinton, Visualizing data using t-SNE, 2008
- Poličar, Stražar and Zupan, openTSNE: a modular Python library for t-SNE dimensionality reduction and embedding, 2024
- McInnes, Healy and Melville, UMAP: uniform manifold approximation and projection for dimension reduction, 2018

The libraries are imported inside functions: pages import this module and must not wait for them.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.errors import CancelledError
from ae_core.libraries import without

Floats = NDArray[np.float32]

REPORT_SECONDS = 0.25
QUERY_ROWS = 2000
"""Codes whose neighbours are found between two looks at whether anybody still wants the map."""

PERPLEXITY = 30
EXAGGERATED, OPTIMISED = 250, 500
"""Iterations of t-SNE with early exaggeration, and after it. All three are openTSNE's own."""
START_WIDTH = 1e-4

UMAP_NEIGHBOURS = 15
UMAP_FEW, UMAP_EPOCHS = 4096, 200
"""umap-learn takes 500 epochs up to 10,000 points and 200 beyond. From `UMAP_FEW` on 200 do: of 10,000 codes of 32
numbers, the trustworthiness was 0.959 with 200, and 0.961 to 0.964 with 500."""

umap_turn = Lock()
"""Held by whoever calls umap-learn: on some systems numba ends the process when two threads use it at once."""


@dataclass(frozen=True, eq=False)
class MapProgress:
    """How far a map is.

    Attributes:
        fraction: of the whole work, 0 to 1; a guess where a library does not tell.
        phase: what is being done, in words for people.
        points: (n, 2) float32, the map as it stands: of t-SNE while it forms, when it grows by orders of magnitude,
            and of t-SNE and UMAP while the map is measured. None where there is nothing to see yet.
    """

    fraction: float
    phase: str
    points: Floats | None = None


class Watch:
    """Tells of a projection a few times a second, and ends it when nobody wants it any more.

    Args:
        report: called with each `MapProgress`.
        should_stop: asked at the same moments.
    """

    def __init__(self, report: Callable[[MapProgress], object], should_stop: Callable[[], object]) -> None:
        self._report, self._should_stop = report, should_stop
        self._phase, self._next = "", 0.0

    def tell(self, fraction: float, phase: str, points: NDArray[Any] | None = None) -> None:
        """Report at once when `phase` is a new one, else if it is time. Raises CancelledError."""
        now = time.monotonic()
        if phase == self._phase and now < self._next:
            return
        if self._should_stop():
            raise CancelledError("The map was cancelled. Ask for it again to have it made.")
        self._phase, self._next = phase, now + REPORT_SECONDS
        # A copy, since the library goes on moving its points.
        self._report(MapProgress(fraction, phase, None if points is None else np.array(points, np.float32)))


def nearest_others(codes: Floats, count: int, watch: Watch) -> tuple[NDArray[np.int32], Floats]:
    """Indices and distances, each (n, count), of the nearest other codes of each of `codes` (n, d), nearest first.

    `count` must be less than n. Fractions of this part are told from 0 to 0.1.
    """
    from sklearn.neighbors import NearestNeighbors

    index = NearestNeighbors().fit(codes)
    found, distances = np.empty((len(codes), count), np.int32), np.empty((len(codes), count), np.float32)
    for start in range(0, len(codes), QUERY_ROWS):
        watch.tell(0.1 * start / len(codes), "finding neighbours")
        rows = slice(start, start + QUERY_ROWS)
        far, near = index.kneighbors(codes[rows], count + 1)
        others = near != np.arange(start, start + len(near))[:, None]
        # Among many duplicates a code need not be one of its own nearest: then the farthest goes.
        others[others.all(axis=1), -1] = False
        found[rows] = near[others].reshape(-1, count)
        distances[rows] = far[others].reshape(-1, count)
    return found, distances


def tsne_layout(codes: Floats, start: Floats, *, watch: Watch, seed: int) -> Floats:
    """The t-SNE map (n, 2) of `codes` (n, d), four or more and not all the same, that begins as `start` (n, 2).

    One thread, as openTSNE's own default: two were slower here as soon as anything else used the processor, since each
    waits for the other by counting.

    Raises:
        CancelledError: `watch` found that nobody wants it any more.
    """
    watch.tell(0.0, "finding neighbours")
    from openTSNE import TSNE
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    perplexity = min(PERPLEXITY, (len(codes) - 1) / 3)
    neighbours = nearest_others(codes, int(3 * perplexity), watch)
    affinities = PerplexityBasedNN(knn_index=PrecomputedNeighbors(*neighbours), perplexity=perplexity)
    # Very small, or the points could not get past each other; and no two of them in the same place.
    noise = np.random.default_rng(seed).normal(size=start.shape)
    start = START_WIDTH * (start / start[:, 0].std() + 0.01 * noise)
    descent = TSNE(
        early_exaggeration_iter=EXAGGERATED,
        n_iter=OPTIMISED,
        random_state=seed,
        callbacks=_Descent(watch),
        # Each look at the points costs a tenth of an iteration, or less.
        callbacks_every_iters=max(1, min(25, 100_000 // len(codes))),
    )
    return np.asarray(descent.fit(affinities=affinities, initialization=start), np.float32)


class _Descent:
    """What openTSNE calls back: as each of its two optimisations begins, and every few iterations of it."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._before, self._iterations = 0, 0

    def optimization_about_to_start(self) -> None:
        self._before, self._iterations = self._iterations, EXAGGERATED if not self._iterations else OPTIMISED

    def __call__(self, iteration: int, _error: float, points: NDArray[np.float64]) -> bool:
        done = (self._before + iteration) / (EXAGGERATED + OPTIMISED)
        self._watch.tell(0.1 + 0.88 * done, "optimising" if self._before else "early exaggeration", points)
        return False


def umap_layout(codes: Floats, *, watch: Watch, seed: int) -> Floats:
    """The UMAP map (n, 2) of `codes` (n, d), four or more and not all the same.

    With a seed umap-learn uses one thread; without one it uses all, and no two maps are alike. Here the same weights
    give the same map, and a training beside it keeps a processor; see `UMAP_EPOCHS` for what pays for it.

    Raises:
        CancelledError: `watch` found that nobody wants it any more.
    """
    epochs = None if len(codes) < UMAP_FEW else UMAP_EPOCHS
    neighbours = umap_neighbours(codes, watch)
    watch.tell(0.1, "laying out")
    with umap_turn, _numba_threads_kept():
        model = umap_model(codes, neighbours, seed=seed, n_epochs=epochs, tqdm_kwds=_Epochs(watch).settings)
        points: Floats = model.embedding_
    return points


def umap_neighbours(codes: Floats, watch: Watch) -> tuple[NDArray[np.int32], Floats]:
    """What `nearest_others` finds for UMAP, which counts each code as the first of its own neighbours."""
    others, distances = nearest_others(codes, min(UMAP_NEIGHBOURS, len(codes) - 1) - 1, watch)
    own = np.arange(len(codes), dtype=np.int32)[:, None]
    return np.hstack([own, others]), np.hstack([np.zeros(own.shape, np.float32), distances])


def umap_model(codes: Floats, neighbours: tuple[NDArray[np.int32], Floats], *, seed: int, **settings: Any) -> Any:
    """An `umap.UMAP` fitted to `codes` (n, d), whose `umap_neighbours` are given. The caller holds `umap_turn`."""
    library = _import_umap()
    with warnings.catch_warnings():
        # It would rather have an index of its own making.
        warnings.simplefilter("ignore")
        return library.UMAP(
            n_neighbors=neighbours[0].shape[1],
            random_state=seed,
            transform_seed=seed,
            n_jobs=1,
            precomputed_knn=(*neighbours, Search(codes)),
            **settings,
        ).fit(codes)


class Search:
    """Nearest neighbours of new codes, as umap-learn asks for them. `codes`: (n, d), those that are on the map."""

    _angular_trees = False

    def __init__(self, codes: Floats) -> None:
        from sklearn.neighbors import NearestNeighbors

        self._index = NearestNeighbors().fit(codes)

    def query(self, codes: Floats, k: int, **_settings: Any) -> tuple[NDArray[np.int32], Floats]:
        """Indices and distances, each (m, k), of the `k` nearest of each of `codes` (m, d)."""
        distances, found = self._index.kneighbors(codes, k)
        return found.astype(np.int32), distances.astype(np.float32)


class _Epochs:
    """Stands where umap-learn's progress bar writes, since it has no callback: reads off the epoch, and may end it."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._ended = False

    @property
    def settings(self) -> dict[str, Any]:
        """Of a tqdm bar that writes nothing but "12/500" here."""
        return {"disable": False, "file": self, "mininterval": REPORT_SECONDS, "bar_format": "{n_fmt}/{total_fmt}"}

    def write(self, text: str) -> None:
        done, slash, total = text.strip().partition("/")
        if not slash or self._ended:
            return
        try:
            self._watch.tell(0.3 + 0.68 * int(done) / int(total), "optimising")
        except CancelledError:
            from tqdm.auto import tqdm

            # The bar writes under a lock of all bars, lets go of it after writing only, and writes again as it ends.
            self._ended = True
            tqdm.get_lock().release()
            raise

    def flush(self) -> None:
        pass


@contextmanager
def _numba_threads_kept() -> Iterator[None]:
    """umap-learn sets how many threads numba uses, and sets it back only when nothing goes wrong."""
    _import_umap()
    import numba

    threads = numba.get_num_threads()
    try:
        yield
    finally:
        numba.set_num_threads(threads)


def _import_umap() -> Any:
    """umap-learn without TensorFlow, which it would import for a kind of UMAP that is not used here; it has words for
    that. Measured: 430 instead of 820 MB in a process that has no TensorFlow yet, as that of a notebook.
    """
    if "umap" not in sys.modules:
        with without("umap.parametric_umap"), warnings.catch_warnings():
            warnings.simplefilter("ignore", ImportWarning)
            import umap  # noqa: F401
    return sys.modules["umap"]
