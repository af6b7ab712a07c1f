"""New codes to decode, drawn from distributions that are fitted to codes of images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from ae_core.errors import DataError

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
SamplerName = Literal["prior", "normal", "mixture", "box"]

COMPONENTS = 15
CODES_A_NUMBER = 4
"""A component of a mixture gets at least so many codes for each number of a code, or there are fewer components."""
ROUNDS = 20
GAIN = 1e-2
"""EM stops when a round adds less than this to the mean log likelihood, in nats."""
RIDGE = 1e-3
"""Share of the codes' mean variance that is added to every variance, so that no component shrinks to a point."""
USUAL = (0.5, 99.5)
"""Percentiles between which the box lies in each dimension."""


class Sampler(Protocol):
    """A distribution of codes."""

    def sample(self, count: int, *, seed: int) -> Floats:
        """(count, latent_dim); the same for the same seed, and the first of many are those that few would be."""
        ...


@dataclass(frozen=True, eq=False)
class Normal:
    """A normal distribution.

    Attributes:
        mean: (d,) float64.
        factor: (d, d) float64, a square root of the covariance: covariance = factor @ factor.T.
    """

    mean: Doubles
    factor: Doubles

    @classmethod
    def prior(cls, latent_dim: int, *, spread: float = 1.0) -> Normal:
        """The standard normal, each number with the standard deviation `spread`: a variational autoencoder's prior."""
        return cls(np.zeros(latent_dim), spread * np.eye(latent_dim))

    @classmethod
    def fit(cls, codes: NDArray[Any]) -> Normal:
        """With the mean and the covariance of `codes` (n, d). Raises DataError for codes that `checked` refuses."""
        points = checked(codes)
        centred = points - points.mean(axis=0)
        # A dimension that no image uses has no variance: a Cholesky factor would not exist.
        variances, directions = np.linalg.eigh(centred.T @ centred / len(points))
        return cls(points.mean(axis=0), directions * np.sqrt(np.maximum(variances, 0)))

    def sample(self, count: int, *, seed: int) -> Floats:
        """(count, d) float32."""
        noise = np.random.default_rng(seed).standard_normal((count, len(self.mean)))
        return (self.mean + noise @ self.factor.T).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Box:
    """A uniform distribution in a box that knows of no dimension how it goes with the others: `low`, `high` (d,)."""

    low: Doubles
    high: Doubles

    @classmethod
    def fit(cls, codes: NDArray[Any]) -> Box:
        """Between the percentiles `USUAL` of each number. Raises DataError for codes that `checked` refuses."""
        low, high = np.percentile(checked(codes), USUAL, axis=0)
        return cls(low, high)

    def sample(self, count: int, *, seed: int) -> Floats:
        """(count, d) float32."""
        shares = np.random.default_rng(seed).random((count, len(self.low)))
        return (self.low + shares * (self.high - self.low)).astype(np.float32)


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of normal distributions, each with a full covariance.

    Attributes:
        weights: (k,) float64, how much of the codes each component has; they add up to 1.
        means: (k, d) float64.
        factors: (k, d, d) float64, lower triangular: covariance = factor @ factor.T.
    """

    weights: Doubles
    means: Doubles
    factors: Doubles

    @classmethod
    def fit(cls, codes: NDArray[Any], *, components: int = COMPONENTS, seed: int = 0) -> Mixture:
        """Fitted to `codes` (n, d) by expectation maximisation (Dempster, Laird and Rubin, 1977).

        Written here in numpy: scikit-learn's, which is as good, takes seconds and 160 MB to import.

        Args:
            components: at most so many; fewer for few codes, see `CODES_A_NUMBER`.

        Raises:
            DataError: codes that `checked` refuses, or that all coincide.
        """
        points = checked(codes)
        variance = float(points.var(axis=0).mean())
        if coincide(points):
            raise DataError("A mixture must have codes that differ. Received: the same for all. Train another run.")
        count = max(1, min(components, len(points) // (CODES_A_NUMBER * points.shape[1])))
        shares = _first_shares(points, count, np.random.default_rng(seed))
        # Products so small are slower by several threads, and on a busy computer many times so.
        with threadpool_limits(1):
            return cls._climb(points, shares, RIDGE * variance)

    def sample(self, count: int, *, seed: int) -> Floats:
        """(count, d) float32."""
        # From one generator, the noise of the first code would depend on how many components were drawn before.
        choosing, drawing = (np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(2))
        chosen = choosing.choice(len(self.weights), size=count, p=self.weights)
        noise = drawing.standard_normal((count, self.means.shape[1]))
        codes = self.means[chosen]
        for component, factor in enumerate(self.factors):
            codes[chosen == component] += noise[chosen == component] @ factor.T
        return codes.astype(np.float32)

    def log_likelihoods(self, codes: NDArray[Any]) -> Doubles:
        """Of each of `codes` (n, d), in nats, (n,)."""
        return _log_sum(self._joint(codes.astype(np.float64)))

    @classmethod
    def _climb(cls, points: Doubles, shares: Doubles, ridge: float) -> Mixture:
        """Expectation and maximisation in turn, from `shares` (n, k) of each point for each component on."""
        reached = -np.inf
        for _ in range(ROUNDS):
            mixture = cls._of_shares(points, shares, ridge)
            joint = mixture._joint(points)
            likelihoods = _log_sum(joint)
            shares = np.exp(joint - likelihoods[:, None])
            if likelihoods.mean() < reached + GAIN:
                break
            reached = likelihoods.mean()
        return mixture

    @classmethod
    def _of_shares(cls, points: Doubles, shares: Doubles, ridge: float) -> Mixture:
        """The best mixture when component k has `shares[:, k]` (n, k) of each point."""
        sizes = shares.sum(axis=0) + 1e-9
        means = (shares.T @ points) / sizes[:, None]
        factors = np.empty((len(sizes), points.shape[1], points.shape[1]))
        for component, (mean, size) in enumerate(zip(means, sizes, strict=True)):
            centred = points - mean
            covariance = (shares[:, component, None] * centred).T @ centred / size
            factors[component] = np.linalg.cholesky(covariance + ridge * np.eye(len(mean)))
        return cls(sizes / sizes.sum(), means, factors)

    def _joint(self, points: Doubles) -> Doubles:
        """Log of weight times density, (n, k)."""
        return np.stack(list(self._joint_columns(points)), axis=1)

    def _joint_columns(self, points: Doubles) -> Iterator[Doubles]:
        constant = points.shape[1] * np.log(2 * np.pi) / 2
        for weight, mean, factor in zip(self.weights, self.means, self.factors, strict=True):
            whitened = (points - mean) @ np.linalg.inv(factor).T
            yield np.log(weight) - constant - np.log(np.diag(factor)).sum() - np.square(whitened).sum(axis=1) / 2


def checked(codes: NDArray[Any]) -> Doubles:
    """`codes` (n, d) in double precision. Raises DataError for another shape, fewer than two, or NaN and infinity."""
    if codes.ndim != 2 or len(codes) < 2 or not codes.shape[1]:
        raise DataError(f"Codes must be at least two, of shape (n, d). Received: {codes.shape}. Choose more images.")
    if not np.isfinite(codes).all():
        raise DataError("Codes must hold finite numbers. Received: NaN or infinity. Train another run.")
    return codes.astype(np.float64)


def coincide(codes: NDArray[Any]) -> bool:
    """Whether all of `codes` (n, d) are the same but for rounding: the network has collapsed."""
    return bool(np.ptp(codes, axis=0).max() <= 1e-6 * (1 + np.abs(codes).max()))


def fit_samplers(codes: NDArray[Any]) -> dict[SamplerName, Sampler]:
    """Every distribution that can be fitted to `codes` (n, d). Raises DataError as `Mixture.fit` does."""
    return {"normal": Normal.fit(codes), "mixture": Mixture.fit(codes), "box": Box.fit(codes)}


def _log_sum(joint: Doubles) -> Doubles:
    """Log of the sum of exponentials in each row, (n, k) -> (n,)."""
    highest = joint.max(axis=1, keepdims=True)
    summed: Doubles = highest[:, 0] + np.log(np.exp(joint - highest).sum(axis=1))
    return summed


def _first_shares(points: Doubles, count: int, random: np.random.Generator) -> Doubles:
    """Each point with the nearest of `count` points that lie far apart (k-means++: Arthur and Vassilvitskii, 2007)."""
    chosen = [int(random.integers(len(points)))]
    nearest = np.square(points - points[chosen[0]]).sum(axis=1)
    owner = np.zeros(len(points), np.intp)
    while len(chosen) < count and nearest.max() > 0:
        chosen.append(int(random.choice(len(points), p=nearest / nearest.sum())))
        away = np.square(points - points[chosen[-1]]).sum(axis=1)
        owner[away < nearest] = len(chosen) - 1
        nearest = np.minimum(nearest, away)
    return np.eye(len(chosen))[owner]
