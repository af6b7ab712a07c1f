"""Maps of a latent space: codes of any number of dimensions as points in two.

    direct   the code's own two numbers; a code of one number becomes a strip
    pca      the two directions in which the codes vary most (Pearson, 1901; Hotelling, 1933)
    tsne     neighbours stay neighbours, distances between groups mean little (van der Maaten and Hinton, 2008)
    umap     the same aim by way of a fuzzy graph (McInnes, Healy and Melville, 2018)

The first two are linear: from each point of the map there is a way back to a code. Knows no Dask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ae_core.errors import DataError
from ae_core.latent.tsne_umap import Floats, MapProgress, Watch, tsne_layout, umap_layout
from ae_core.npz import read_array, readable, write_npz

Method = Literal["direct", "pca", "tsne", "umap"]
METHODS: tuple[Method, ...] = get_args(Method)
Linear = Literal["direct", "pca"]

FEWEST_CODES = 4
"""With fewer, a map of neighbours says nothing, and PCA is taken."""
COLLAPSED = 1e-6
"""Codes whose spread is smaller than this part of their size are all the same but for rounding."""

STRIP_BINS = 200
STRIP_WIDTH = 0.15
"""Half the width of the strip at its widest, of its length."""
GOLDEN = (np.sqrt(5) - 1) / 2


@dataclass(frozen=True, eq=False)
class Projection:
    """A map of codes.

    Attributes:
        method: what was really done: "pca" also where there were too few codes for what was asked.
        points: (n, 2) float32, row i of code i. All zero where codes are all alike, except on a "direct" map.
        trustworthiness: see the function of this name; None where it cannot be told or was not asked for.
        mean: (d,) float32 and
        components: (2, d) float32, for the linear methods: points are (codes - mean) @ components.T, but for the width
            of the strip.
        weights: what tells the encoder of the codes from others; empty where nobody has filled it in.
    """

    method: Method
    points: Floats
    trustworthiness: float | None = None
    mean: Floats | None = None
    components: Floats | None = None
    weights: str = ""

    @property
    def linear(self) -> bool:
        """Whether `to_codes` can be asked."""
        return self.components is not None

    def to_codes(self, points: NDArray[Any]) -> Floats:
        """The codes (m, d) that lie at `points` (m, 2). On a strip the second number is ignored.

        Raises:
            DataError: the map is not linear.
        """
        if self.mean is None or self.components is None:
            raise DataError(f"A map must be direct or pca to go back from it to codes. Received: {self.method}.")
        codes: Floats = points.astype(np.float32) @ self.components + self.mean
        return codes

    def of_codes(self, codes: NDArray[Any]) -> Floats:
        """Where on the map `codes` (m, d) lie, (m, 2); on a strip in its middle.

        Raises:
            DataError: the map is not linear; see `out_of_sample` for those. Or codes of another size, or not finite.
        """
        if self.mean is None or self.components is None:
            raise DataError(f"A map must be direct or pca to be the image of a formula. Received: {self.method}.")
        return _on_axes(checked(codes, dims=len(self.mean)), self.mean, self.components)

    def save(self, path: Path | str) -> None:
        """Writes plain arrays to an `.npz` file, which others see whole or not at all. Raises StoreError."""
        arrays: dict[str, NDArray[Any]] = {"points": self.points}
        if self.mean is not None and self.components is not None:
            arrays |= {"mean": self.mean, "components": self.components}
        trust = np.nan if self.trustworthiness is None else self.trustworthiness
        texts = {"method": np.array(self.method), "weights": np.array(self.weights)}
        write_npz(Path(path), arrays | texts | {"trustworthiness": np.array(trust, np.float64)}, compressed=False)

    @classmethod
    def load(cls, path: Path | str) -> Projection:
        """The opposite of `save`. Raises DataError when the file is missing or damaged."""
        path = Path(path)
        with readable(path.name, remedy="Delete it; it is then made anew."):
            names = ("method", "weights", "points", "trustworthiness")
            method, weights, points, trust = (read_array(path, name) for name in names)
            if str(method) not in METHODS or weights.dtype.kind != "U" or trust.dtype != np.float64 or trust.ndim:
                raise ValueError("not a projection")
            linear = str(method) in get_args(Linear)
            mean, components = (read_array(path, name) if linear else None for name in ("mean", "components"))
            known = next(name for name in METHODS if name == str(method))
            made = cls(known, points, None, mean, components, str(weights))
            if not _is_sound(made):
                raise ValueError("not a map of points")
        return made if np.isnan(trust) else replace(made, trustworthiness=float(trust))


def methods_for(latent_dim: int) -> tuple[Method, ...]:
    """The methods that suit codes of so many numbers."""
    return METHODS if latent_dim <= 2 else METHODS[1:]


def ignore(_progress: MapProgress) -> None:
    """For those who do not look."""


def never() -> bool:
    """For those who wait to the end."""
    return False


def project(
    codes: NDArray[Any],
    method: Method,
    *,
    report: Callable[[MapProgress], object] = ignore,
    should_stop: Callable[[], object] = never,
    seed: int = 0,
) -> Projection:
    """A map of `codes` (n, d); the same codes, method and seed give the same map on the same machine.

    Where t-SNE or UMAP has fewer codes than it takes neighbours by default, it takes fewer neighbours; with fewer than
    four codes it becomes PCA. Codes that are all alike lie at the origin.

    Args:
        report: called a few times a second, in this thread.
        should_stop: asked at the same moments.

    Raises:
        DataError: no codes, not of the shape (n, d), not finite; or "direct" for more than two dimensions.
        CancelledError: `should_stop` said so.
    """
    codes = checked(codes)
    watch = Watch(report, should_stop)
    if method in ("direct", "pca") or len(codes) < FEWEST_CODES:
        made = linear_projection(codes, "direct" if method == "direct" else "pca")
    elif have_collapsed(codes):
        made = Projection(method, np.zeros((len(codes), 2), np.float32))
    else:
        made = Projection(method, _neighbourly(codes, method, watch, seed))
    # Not to be taken away again while it is measured.
    watch.tell(0.98, "measuring", None if made.linear else made.points)
    return replace(made, trustworthiness=trustworthiness(codes, made.points, seed=seed))


def linear_projection(codes: NDArray[Any], method: Linear) -> Projection:
    """A linear map of `codes` (n, d), in milliseconds; its trustworthiness is not measured. Raises as `project`."""
    codes = checked(codes)
    dims = codes.shape[1]
    if method == "pca":
        mean, components = _principal_axes(codes)
        return Projection("pca", _on_axes(codes, mean, components), None, mean, components)
    if dims > 2:
        raise DataError(f"Codes must have one or two numbers to be a map themselves. Received: {dims}. Choose pca.")
    points = codes.copy() if dims == 2 else np.hstack([codes, _strip(codes[:, 0])[:, None]])
    return Projection("direct", points, None, np.zeros(dims, np.float32), np.eye(2, dims, dtype=np.float32))


def trustworthiness(
    codes: NDArray[Any], points: NDArray[Any], *, neighbours: int = 12, sample: int = 2000, seed: int = 0
) -> float | None:
    """How far neighbours on the map are neighbours in the latent space as well, 0 to 1; a random map has about 0.5.

    Venna and Kaski, Neighborhood preservation in nonlinear projection methods: an experimental study, 2001.

    Args:
        codes, points: (n, d) and (n, 2), finite.
        neighbours: how many nearest points of each count.
        sample: most codes that are looked at, drawn evenly from all: time and memory grow with their square.

    Returns:
        None where there are too few codes for so many neighbours, or where all lie in one place.
    """
    chosen = np.arange(len(codes))
    if len(codes) > sample:
        chosen = np.sort(np.random.default_rng(seed).choice(len(codes), sample, replace=False))
    codes, points = codes[chosen], points[chosen]
    if len(codes) <= 2 * neighbours or have_collapsed(codes) or not np.ptp(points, axis=0).any():
        return None
    from sklearn import manifold

    return float(manifold.trustworthiness(standardised(codes, codes), points, n_neighbors=neighbours))


def checked(codes: NDArray[Any], *, dims: int | None = None) -> Floats:
    """`codes` as (n, d) float32. Raises DataError unless there is at least one, each of `dims` finite numbers."""
    if codes.ndim != 2 or not codes.size or dims not in (None, codes.shape[1]):
        raise DataError(f"Codes must have the shape (n, {dims or 'latent_dim'}). Received: {codes.shape}.")
    with np.errstate(over="ignore"):
        codes = codes.astype(np.float32, copy=False)
    if not np.isfinite(codes).all():
        raise DataError("Codes must be finite numbers. Received: NaN or infinity. Train the network again.")
    return codes


def have_collapsed(codes: NDArray[Any]) -> bool:
    """Whether `codes` (n, d) are all the same but for rounding, as those of a network that has learned nothing."""
    return bool(np.ptp(codes, axis=0).max() <= COLLAPSED * max(1.0, float(np.abs(codes).max())))


def standardised(codes: NDArray[Any], reference: NDArray[Any]) -> Floats:
    """`codes` (m, d) moved and scaled as a whole, so that `reference` (n, d) has mean 0 and at most variance 1.

    No distance changes against another. But a diverged network's codes have squares that float32 cannot hold.
    """
    mean = reference.mean(axis=0, dtype=np.float64)
    width = reference.std(axis=0, dtype=np.float64).max()
    scaled: Floats = ((codes - mean) / width).astype(np.float32)
    return scaled


def _neighbourly(codes: Floats, method: Method, watch: Watch, seed: int) -> Floats:
    scaled = standardised(codes, codes)
    if method == "umap":
        return umap_layout(scaled, watch=watch, seed=seed)
    # So the t-SNE map lies as the PCA map does.
    return tsne_layout(scaled, linear_projection(scaled, "pca").points, watch=watch, seed=seed)


def _on_axes(codes: Floats, mean: Floats, components: Floats) -> Floats:
    points: Floats = np.subtract(codes, mean) @ components.T
    return points


def _principal_axes(codes: Floats) -> tuple[Floats, Floats]:
    """Mean (d,) and the two directions of most variance (2, d), zero where there is no variance left."""
    components = np.zeros((2, codes.shape[1]))
    mean = codes.mean(axis=0, dtype=np.float64)
    if not have_collapsed(codes):
        variances, directions = np.linalg.eigh(np.cov(codes.T, bias=True).reshape(codes.shape[1], -1))
        largest = directions.T[:-3:-1]
        # An eigenvector's sign is the solver's whim: without this, another machine would mirror the map.
        signs = np.sign(largest[np.arange(len(largest)), np.abs(largest).argmax(axis=1)])
        # Nor has it a direction where only rounding is left.
        is_there = variances[:-3:-1] > 1e-9 * variances[-1]
        components[: len(largest)] = largest * (signs * is_there)[:, None]
    return mean.astype(np.float32), components.astype(np.float32)


def _strip(numbers: Floats) -> Floats:
    """For codes of one number, (n,), the other coordinate: as in a violin plot, wide where there are many.

    Within that width consecutive codes lie apart by the golden ratio, which spreads any number of them evenly.
    """
    counts, edges = np.histogram(numbers, STRIP_BINS)
    bell = np.exp(-0.5 * np.linspace(-2.5, 2.5, STRIP_BINS // 10 + 1) ** 2)
    density = np.convolve(counts, bell, mode="same")
    share = np.interp(numbers, (edges[:-1] + edges[1:]) / 2, density / density.max())
    rank = numbers.argsort(kind="stable").argsort(kind="stable")
    side = 2 * (rank * GOLDEN % 1) - 1
    width = STRIP_WIDTH * (0.0 if have_collapsed(numbers[:, None]) else np.ptp(numbers))
    heights: Floats = (width * share * side).astype(np.float32)
    return heights


def _is_sound(made: Projection) -> bool:
    arrays = [array for array in (made.points, made.mean, made.components) if array is not None]
    if any(array.dtype != np.float32 or not np.isfinite(array).all() for array in arrays):
        return False
    shapes = made.points.ndim == 2 and made.points.shape[1] == 2 and len(made.points) > 0
    if made.mean is None or made.components is None:
        return shapes
    return shapes and made.mean.ndim == 1 and made.components.shape == (2, made.mean.size)
