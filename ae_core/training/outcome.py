"""What a training comes to: files that others use, and figures on all held-out images."""

from __future__ import annotations

from dataclasses import dataclass

from ae_core.codecs.codec import MANY_THREADS, LiteRtCodec
from ae_core.codecs.posterior import Elbo, Posterior, measure_elbo, save_kl
from ae_core.datasets.dataset import Dataset
from ae_core.evaluation.metrics import evaluate_each
from ae_core.runs.run import Run
from ae_core.training.export import export_network
from ae_core.training.networks import Network


@dataclass(frozen=True)
class Figures:
    """Means over all held-out images, as a run's status has them.

    Attributes:
        test_mse: squared error per pixel.
        test_loss: the loss that was trained with, per pixel.
        neg_elbo: the negative ELBO of an image in nats; None for a plain autoencoder, and with another loss than
            cross-entropy, which alone is a likelihood.
    """

    test_mse: float
    test_loss: float
    neg_elbo: float | None


def leave_behind(network: Network, run: Run, data: Dataset) -> Figures:
    """Write the run's codec, and each held-out image's error; of a variational one also the KL term of each dimension.

    Raises:
        StoreError: the folder cannot be written, or the disk is full.
        RunNotFoundError: the run was deleted meanwhile.
    """
    export_network(network, run)
    codec = LiteRtCodec.load(run.path, threads=MANY_THREADS)
    evaluation, errors = evaluate_each(codec, data.test_pixels)
    run.write_held_out_errors(errors)
    elbo = _elbo(codec, run, data)
    by_entropy = run.config.loss == "bce"
    return Figures(
        test_mse=evaluation.mse,
        test_loss=evaluation.cross_entropy if by_entropy else evaluation.mse,
        neg_elbo=elbo.negative if elbo and by_entropy else None,
    )


def _elbo(codec: LiteRtCodec, run: Run, data: Dataset) -> Elbo | None:
    if run.config.family != "variational":
        return None
    elbo = measure_elbo(Posterior.load(run.path), codec, data.test_images, seed=run.config.seed)
    save_kl(run, elbo.kl_by_dimension)
    return elbo
