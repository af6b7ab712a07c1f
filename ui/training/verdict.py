"""What became of a training, read off its curve, and what to try next. Advice never names what is chosen already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import fmean, median
from typing import Literal

from ae_core.config.config import Config
from ae_core.runs.history import History

Outcome = Literal["learned", "falling", "overfitting", "collapsed", "begun", "nothing"]

LEAST_ROWS = 12
"""A shorter history has no end that could be told from its beginning."""
NO_BETTER = 0.98
"""Of the error of the average image: from here on a network is no better than that."""
RISEN, FALLEN = 1.05, 0.9
"""Overfitting: the held-out error has risen by this factor since it was least, and the training error fallen so far."""
STILL = 0.97
"""An error that shrinks to less than this over the last fifth of the steps is still falling."""
STEADY = 0.9
"""Of the rows in the second half: if so many lie below the one before them, the error falls all the time."""
USED_NATS = 0.1
"""A dimension of a variational code whose KL term is smaller carries next to nothing."""


@dataclass(frozen=True)
class Verdict:
    """What became of a training.

    Attributes:
        words: sentences that say so and what to try; empty where its figures say it all.
    """

    outcome: Outcome
    words: str = ""

    @property
    def good(self) -> bool:
        """Whether the network has learned what it was to learn."""
        return self.outcome in ("learned", "falling")


def judged(
    config: Config,
    history: History,
    *,
    test_mse: float,
    average: float | None,
    kl_by_dimension: Sequence[float] = (),
) -> Verdict:
    """The verdict on a training that has come to its end.

    Args:
        test_mse: mean squared error on all held-out images.
        average: the same of the average image for every digit; None as long as nobody knows it.
        kl_by_dimension: of a variational code, in nats.
    """
    config = config.canonical
    useless = average is not None and test_mse > NO_BETTER * average
    if turn := _turn(history):
        return _overfitting(config, turn, average if useless else None)
    if average is not None and useless:
        return _useless(config, history, kl_by_dimension, average=_beside(test_mse, average))
    if config.schedule == "constant" and _late_share(history) < STILL:
        fell = 1 - _late_share(history)
        return Verdict(
            "falling",
            f"The held-out error was still falling, by {fell:.0%} over the last fifth of the steps: train longer.",
        )
    return Verdict("learned")


@dataclass(frozen=True)
class _Turn:
    """Where the held-out curve begins to rise while that of training falls.

    Attributes:
        name: of what both curves measure.
        least, last: of the held-out curve, there and at its end.
        training: the end of the other.
    """

    name: str
    step: int
    least: float
    last: float
    training: float


def _turn(history: History) -> _Turn | None:
    """None where neither the error nor the loss turns. A loss that punishes being sure and wrong turns earlier."""
    error = _turn_of("squared error", history.step, history.mse, history.held_out_mse)
    return error or _turn_of("loss", history.step, history.loss, history.held_out_loss)


def _turn_of(
    name: str, steps: Sequence[int], training_curve: Sequence[float], held_out_curve: Sequence[float]
) -> _Turn | None:
    if len(steps) < LEAST_ROWS:
        return None
    training, held_out = _smooth(training_curve), _smooth(held_out_curve)
    row = min(range(len(held_out)), key=held_out.__getitem__)
    if held_out[-1] > RISEN * held_out[row] and training[-1] < FALLEN * training[row]:
        return _Turn(name, steps[row], held_out[row], held_out[-1], training[-1])
    return None


def _overfitting(config: Config, turn: _Turn, average: float | None) -> Verdict:
    worse = ""
    if average is not None:
        worse = f" Even one average image, shown for every digit, has a smaller error by now ({average:.4f})."
    cures = [
        "more training images" if config.train_size is not None else "",
        "fewer latent dimensions or units",
        "dropout" if not config.dropout else "",
        "L2 on the weights" if not config.weight_l2 else "",
    ]
    return Verdict(
        "overfitting",
        f"This is overfitting: the {turn.name} on training images went on falling, to {turn.training:.4f}, while that "
        f"on held-out images was least at step {turn.step:,} ({turn.least:.4f}) and has risen to {turn.last:.4f} "
        f"since.{worse} The network learns its training images by heart. Against it: "
        f"{_listed([*cures, f'stopping at step {turn.step:,}'])}.",
    )


def _useless(config: Config, history: History, kl_by_dimension: Sequence[float], *, average: str) -> Verdict:
    worse = f"One average image, shown for every digit, has {average}: "
    if kl_by_dimension and max(kl_by_dimension) < USED_NATS:
        cure = f"Try a smaller beta (now {config.beta:g})" if config.beta else "Try a higher learning rate"
        return Verdict(
            "collapsed",
            f"{worse}all dimensions of the code have collapsed onto the prior, and tell the decoder nothing. {cure}.",
        )
    rate = f"(now {config.learning_rate:g})"
    penalties = [
        f"less L1 on the code (now {config.code_l1:g})" if config.code_l1 else "",
        f"less L2 on the weights (now {config.weight_l2:g})" if config.weight_l2 else "",
        f"less dropout (now {config.dropout:g})" if config.dropout else "",
    ]
    if _falls(history):
        cures = [*penalties, "more steps", f"a higher learning rate {rate}"]
        return Verdict(
            "begun",
            f"{worse}this network has only begun to learn. Its error was still falling: try {_listed(cures)}.",
        )
    adam = "the optimizer Adam" if config.optimizer in ("sgd", "rmsprop") else ""
    cures = [*penalties, f"a lower learning rate {rate}", adam]
    return Verdict("nothing", f"{worse}this network learned nothing. Try {_listed(cures)}.")


def _beside(test_mse: float, average: float) -> str:
    return f"{'a smaller error' if test_mse > average else 'no larger an error'} ({average:.4f})"


def _falls(history: History) -> bool:
    """Whether the error falls all through the second half, however slowly, or fell much there."""
    late = history.held_out_mse[len(history.step) // 2 :]
    falls = [after < before for before, after in pairwise(late)]
    return bool(falls) and (fmean(falls) >= STEADY or late[-1] < STILL * late[0])


def _late_share(history: History) -> float:
    """What is left at the end of the held-out error that there was four fifths of the way."""
    if len(history.step) < LEAST_ROWS:
        return 1.0
    held_out = _smooth(history.held_out_mse)
    before = max(row for row, step in enumerate(history.step) if row == 0 or step <= 0.8 * history.step[-1])
    return held_out[-1] / held_out[before] if held_out[before] else 1.0


def _smooth(values: Sequence[float]) -> list[float]:
    """Running medians of three: a single row that jumps out says nothing."""
    return [median(values[max(0, row - 1) : row + 2]) for row in range(len(values))]


def _listed(words: Sequence[str]) -> str:
    """Those that are not empty, as a sentence has them: a, b or c."""
    said = [*filter(None, words)]
    return " or ".join([", ".join(said[:-1]), said[-1]] if said[1:] else said)
