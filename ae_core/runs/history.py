"""What a training tells while it runs: the latest picture, and the history of its losses."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ae_core.errors import DamagedRunError

Request = Literal["pause", "stop", "give way"]
"""What may be asked of a running training: stop here and go on later, or stop here and keep what it has, as a visitor
wishes; or leave the worker to others for a while."""
HELD_OUT_SAMPLE = 500
"""How many held-out images, evenly spaced over all of them, measure the loss while a training runs."""


class HeldOut(NamedTuple):
    """What is measured on held-out images while a training runs.

    Attributes:
        loss: reconstruction loss per pixel. Of a variational autoencoder, from codes drawn from the posterior, so that
            with the KL term it makes the negative ELBO.
        mse: mean squared error per pixel; of a variational autoencoder from `z_mean`, as its codec reconstructs.
        kl_by_dimension: the KL term in nats, mean over images; (latent_dim,), and empty for a plain autoencoder.
    """

    loss: float
    mse: float
    kl_by_dimension: tuple[float, ...] = ()

    @property
    def kl(self) -> float:
        """The KL term of an image in nats; 0 for a plain autoencoder."""
        return sum(self.kl_by_dimension)


@dataclass
class Batches:
    """Losses of training batches, one entry a step: reconstruction loss, squared error, and KL term in nats."""

    loss: list[float] = field(default_factory=list)
    mse: list[float] = field(default_factory=list)
    kl: list[float] = field(default_factory=list)

    def __iadd__(self, more: Batches) -> Batches:
        for column in fields(self):
            getattr(self, column.name).extend(getattr(more, column.name))
        return self

    def means(self) -> dict[str, float]:
        """The mean of each column, by name. There must be at least one step."""
        return {
            column.name: sum(values) / len(values) for column in fields(self) if (values := getattr(self, column.name))
        }


@dataclass
class History:
    """Losses by step: columns of equal length, steps rising.

    `loss`, `mse` and `kl` average the steps since the last row; the others are as in `HeldOut`. Both KL terms are 0 for
    a plain autoencoder.
    """

    step: list[int] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    mse: list[float] = field(default_factory=list)
    held_out_loss: list[float] = field(default_factory=list)
    held_out_mse: list[float] = field(default_factory=list)
    kl: list[float] = field(default_factory=list)
    held_out_kl: list[float] = field(default_factory=list)

    def append(self, **row: float) -> None:
        """Add a row; every column must be named."""
        for column in fields(self):
            getattr(self, column.name).append(row[column.name])

    def copy(self) -> History:
        """Columns of its own, with the same rows."""
        return History(*(list(getattr(self, column.name)) for column in fields(self)))

    def until(self, step: int) -> History:
        """The rows at or before `step` that a longer training has too; see `next_history_step`."""
        kept = [row for row, at in enumerate(self.step) if at <= step and is_history_step(at)]
        return History(*([getattr(self, column.name)[row] for row in kept] for column in fields(self)))

    def to_json(self) -> dict[str, list[float]]:
        """The columns by name."""
        return {column.name: getattr(self, column.name) for column in fields(self)}

    @classmethod
    def from_json(cls, columns: Any) -> History:
        """The opposite of `to_json`. Raises DamagedRunError when the columns are not of equal length."""
        try:
            # Histories of a version without variational autoencoders have no KL terms.
            zeros = [0.0] * len(columns["step"])
            columns = {"kl": zeros, "held_out_kl": zeros, **columns}
            history = cls(**{column.name: list(columns[column.name]) for column in fields(cls)})
        except (KeyError, TypeError) as error:
            raise DamagedRunError(f"A history must have the columns {[c.name for c in fields(cls)]}.") from error
        values = [getattr(history, column.name) for column in fields(cls)]
        if len({len(column) for column in values}) != 1:
            raise DamagedRunError("The columns of a history must be of equal length.")
        if not all(isinstance(value, (int, float)) for column in values for value in column):
            raise DamagedRunError("The columns of a history must hold numbers.")
        return history


@dataclass(frozen=True)
class Progress:
    """The latest picture of a training.

    Attributes:
        step: steps done, 0 to `steps`.
        loss, mse, kl: reconstruction loss and mean squared error per pixel of the last training batches, and their KL
            term in nats an image (0 for a plain autoencoder).
        held_out: the same on held-out images, as of the last point of the history.
        steps_per_second: measured since this process began to train; 0 until it is known.
        seconds_left: estimate, or None until it is known.
        history: losses so far.
        reconstructions: (16, 28, 28) uint8, of the held-out preview digits.
        training_reconstructions: the same of the training's own; what the two differ in is overfitting.
    """

    step: int
    steps: int
    loss: float
    mse: float
    kl: float
    held_out: HeldOut
    steps_per_second: float
    seconds_left: float | None
    history: History
    reconstructions: NDArray[np.uint8]
    training_reconstructions: NDArray[np.uint8]


def next_history_step(step: int) -> int:
    """The first step after `step` at which losses are kept: 41 in the first 1,000, closer together the earlier.

    In between is a quarter of the steps before, later 3 %: each row costs about as much as a step, and the loss falls
    ever more slowly.
    The spacing does not depend on how long the training is, so the history of a longer one begins with the history of
    a shorter one.
    """
    at = 0
    while at <= step:
        at += 1 + min(at // 4, 20 + at // 30)
    return at


def is_history_step(step: int) -> bool:
    """Whether every training that gets as far as `step` keeps its losses there; the last step of one may not be."""
    return next_history_step(step - 1) == step
