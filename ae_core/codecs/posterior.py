"""What a variational autoencoder's encoder says beyond the code: how sure it is, and what that costs.

Kingma & Welling 2014, "Auto-encoding variational Bayes"; Higgins et al. 2017, "beta-VAE".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ae_core.codecs.codec import LiteRtModel
from ae_core.config.layers import IMAGE_SHAPE, PIXELS
from ae_core.errors import DataError, RunNotFoundError
from ae_core.evaluation.metrics import cross_entropies
from ae_core.npz import read_array, readable, write_npz
from ae_core.runs.run import Run, damaged_run

if TYPE_CHECKING:
    from ae_core.codecs.codec import Codec

Array = NDArray[np.float32]
KL = "kl.npz"
BATCH = 1000


class Posterior:
    """The encoder of a variational autoencoder with both its outputs, run by LiteRT. Safe to call from several threads.

    Args:
        content: of a `.tflite` file whose output is the mean, then the logarithm of the variance.
    """

    def __init__(self, content: bytes) -> None:
        self._model = LiteRtModel(content, threads=1)

    @classmethod
    def load(cls, folder: Path) -> Posterior:
        """The posterior in a run's folder. Raises DamagedRunError when its file cannot be read."""
        try:
            posterior = cls((folder / "posterior.tflite").read_bytes())
        except (OSError, ValueError, RuntimeError) as error:
            raise damaged_run(folder.name, "posterior.tflite") from error
        ends = (posterior._model.input_shape, posterior._model.output_shape[0] % 2)
        if ends != (IMAGE_SHAPE, 0):
            raise damaged_run(folder.name, "posterior.tflite")
        return posterior

    def encode(self, images: Array) -> tuple[Array, Array]:
        """`z_mean` and `z_log_var`, each (n, latent_dim), of (n, 28, 28) in [0, 1]. Raises DataError."""
        z_mean, z_log_var = np.split(self._model(images, expected=IMAGE_SHAPE), 2, axis=1)
        return z_mean, z_log_var


def open_posterior(run: Run) -> Posterior:
    """The posterior of a finished or stopped variational autoencoder.

    Raises:
        RunNotFoundError: the run has none: it is another kind, has no codec yet, or was deleted meanwhile.
        DamagedRunError: its file cannot be read.
    """
    if run.config.family != "variational" or not run.usable:
        raise RunNotFoundError(
            "A posterior must be that of a finished or stopped variational autoencoder. "
            f"Received: run {run.key}, {run.config.family}, {run.status.state}. Train one to its end first."
        )
    return Posterior.load(run.path)


def kl_divergence(z_mean: Array, z_log_var: Array) -> NDArray[np.float64]:
    """KL(q(z|x) || p(z)) in nats, by image and dimension: (n, latent_dim) twice -> (n, latent_dim).

    q is the normal with this mean and variance, p the standard normal (Kingma & Welling 2014, appendix B).
    """
    mean, log_var = z_mean.astype(np.float64), z_log_var.astype(np.float64)
    divergence: NDArray[np.float64] = 0.5 * (np.square(mean) + np.exp(log_var) - 1.0 - log_var)
    return divergence


@dataclass(frozen=True, eq=False)
class Elbo:
    """The two terms of the negative evidence lower bound, in nats an image.

    Attributes:
        reconstruction: cross-entropy summed over the 784 pixels, of one code drawn from the posterior for each image;
            grey pixels are read as probabilities of white.
        kl_by_dimension: (latent_dim,), mean over images. Near zero: the dimension says nothing, it has collapsed.
    """

    reconstruction: float
    kl_by_dimension: NDArray[np.float64]

    @property
    def kl(self) -> float:
        """The KL term: the sum over dimensions."""
        return float(self.kl_by_dimension.sum())

    @property
    def negative(self) -> float:
        """The negative ELBO, without any beta: what the literature reports."""
        return self.reconstruction + self.kl


def measure_elbo(posterior: Posterior, codec: Codec, images: Array, *, seed: int) -> Elbo:
    """The ELBO of `images` (n, 28, 28) in [0, 1], with draws that depend on `seed` alone. Raises DataError for none."""
    if not len(images):
        raise DataError("An ELBO must be of at least one image. Received: none. Choose images to measure.")
    draws = np.random.default_rng(seed)
    entropies, divergences = [], []
    for start in range(0, len(images), BATCH):
        batch = images[start : start + BATCH]
        z_mean, z_log_var = posterior.encode(batch)
        noise = draws.standard_normal(z_mean.shape, np.float32)
        entropies.append(cross_entropies(batch, codec.decode(z_mean + np.exp(0.5 * z_log_var) * noise)) * PIXELS)
        divergences.append(kl_divergence(z_mean, z_log_var))
    return Elbo(float(np.concatenate(entropies).mean()), np.concatenate(divergences).mean(axis=0))


def save_kl(run: Run, kl_by_dimension: NDArray[np.float64]) -> None:
    """Keep the KL term of each dimension, (latent_dim,) in nats, with the run. Raises StoreError."""
    write_npz(run.target(KL), {"kl_by_dimension": np.asarray(kl_by_dimension, np.float64)})


def load_kl(run: Run) -> NDArray[np.float64] | None:
    """What `save_kl` kept; None before the first, and for a plain autoencoder. Raises DamagedRunError."""
    path = run.path / KL
    if not path.exists():
        return None
    try:
        with readable(KL, remedy=""):
            kl = read_array(path, "kl_by_dimension")
            if kl.shape != (run.config.latent_dim,) or kl.dtype != np.float64 or not np.isfinite(kl).all():
                raise ValueError("not one number a dimension")
    except DataError as error:
        raise damaged_run(run.key, KL) from error
    return kl
