"""New codes on a map that is there: a drawing among the test digits."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ae_core.errors import DataError
from ae_core.latent.projection import Projection, checked, ignore, never, standardised
from ae_core.latent.tsne_umap import Floats, Watch, umap_model, umap_neighbours, umap_turn

PERPLEXITY = 5
"""Of a new code among those on a t-SNE map, as openTSNE has it: it should settle among the nearest few."""


class Placer:
    """Places codes on a map without moving what is on it.

    A new code of a t-SNE or UMAP map is drawn by its neighbours among the old ones, as the map was made; what openTSNE
    and umap-learn need for that is rebuilt here once, without any optimisation: at once for t-SNE, for UMAP as long as
    it takes to find the neighbours of all codes and, in a process that has not used UMAP yet, to compile it.

    Args:
        codes: (n, d), those that the map was made of.
        projection: the map.
        seed: of what is drawn at random: the same codes are placed the same again.

    Raises:
        DataError: there is not one point for each code, or codes that are not finite.
    """

    def __init__(self, codes: NDArray[Any], projection: Projection, *, seed: int = 0) -> None:
        self._codes = checked(codes)
        self._seed = seed
        if len(projection.points) != len(codes):
            count = len(projection.points)
            raise DataError(f"A map must have a point for each code. Received: {count} for {len(codes)} codes.")
        self._place = self._way_of(projection)

    def place(self, codes: NDArray[Any]) -> Floats:
        """Where on the map `codes` (m, d) belong, (m, 2). Raises DataError for another size or what is not finite."""
        return self._place(checked(codes, dims=self._codes.shape[1]))

    def _way_of(self, projection: Projection) -> Callable[[Floats], Floats]:
        if projection.linear:
            return projection.of_codes
        if not np.ptp(projection.points, axis=0).any():
            return lambda codes: np.zeros((len(codes), 2), np.float32) + projection.points[0]
        return self._umap_way(projection.points) if projection.method == "umap" else self._tsne_way(projection.points)

    def _tsne_way(self, points: Floats) -> Callable[[Floats], Floats]:
        from openTSNE import TSNEEmbedding

        # `transform` moves its map so that the middle of its frame is the origin.
        middle = (points.max(axis=0) + points.min(axis=0)) / 2
        old = TSNEEmbedding(
            (points - middle).astype(np.float64),
            _affinities(standardised(self._codes, self._codes)),
            random_state=self._seed,
            # By interpolation, whose grid is made once; the other way would build a tree of all points 250 times.
            negative_gradient_method="fft",
        )
        turn = Lock()

        def place(codes: Floats) -> Floats:
            with turn:
                new = old.transform(standardised(codes, self._codes), perplexity=PERPLEXITY)
            places: Floats = np.asarray(new, np.float32) + middle
            return places

        return place

    def _umap_way(self, points: Floats) -> Callable[[Floats], Floats]:
        scaled = standardised(self._codes, self._codes)
        neighbours = umap_neighbours(scaled, Watch(ignore, never))
        with umap_turn:
            model = umap_model(scaled, neighbours, seed=self._seed, n_epochs=0, init=points)
        # Its layout was never optimised, but `transform` should be, for as long as it is by default.
        model.n_epochs = None
        model.embedding_ = points.copy()

        def place(codes: Floats) -> Floats:
            with umap_turn:
                new: Floats = model.transform(standardised(codes, self._codes))
            return new

        return place


def _affinities(codes: Floats) -> Any:
    """What openTSNE asks for the affinities of new codes to `codes` (n, d).

    Its own `PerplexityBasedNN` would first find those of the old codes to each other, which nobody needs here.
    """
    from openTSNE.affinity import Affinities, joint_probabilities_nn
    from scipy.sparse import csr_matrix
    from sklearn.neighbors import NearestNeighbors

    index = NearestNeighbors().fit(codes)
    most = len(codes) / 3

    class Neighbours(Affinities):
        def to_new(self, data: Floats, perplexity: float, return_distances: bool = False) -> Any:
            perplexity = min(perplexity, most)
            distances, found = index.kneighbors(data, int(3 * perplexity))
            drawn = joint_probabilities_nn(
                found,
                distances,
                [perplexity],
                symmetrize=False,
                normalization="point-wise",
                n_reference_samples=len(codes),
            )
            return (drawn, found, distances) if return_distances else drawn

    affinities = Neighbours()
    # Those of the old codes to each other: only their number is asked for.
    affinities.P = csr_matrix((len(codes), len(codes)))
    return affinities
