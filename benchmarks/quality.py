"""Time to quality: seconds until a network is as good as asked, from the press of the button to the finished run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from ae_core.config.config import Config
from ae_core.config.layers import PIXELS
from ae_core.config.presets import PRESETS
from benchmarks.peers.trainer import OURS, PEERS, seconds_until
from benchmarks.rows import Bar, BenchmarkError, Row, say, take_turns
from benchmarks.sides import Side

NAME = "training"
GOOD = 0.010
"""Held-out squared error per pixel."""
THEIRS = replace(PRESETS["quick-start"], learning_rate=0.005)
"""32 dimensions. Of the constant rates 0.002, 0.004 and 0.006 the last two were the quickest for Keras and JAX."""
GOOD_32 = replace(THEIRS, schedule="cosine", steps=400)
"""Reaches `GOOD` at its end."""


@dataclass(frozen=True)
class Task:
    """A figure that is asked for, and a training of ours that reaches it.

    Attributes:
        words: as the row names it.
        figure: which of `Reached`; `limit` is what it must not exceed.
        bar: of seconds.
    """

    words: str
    config: Config
    figure: str
    limit: float
    bar: Bar


TASKS = (
    Task(
        "Hinton and Salakhutdinov's task, 30 dimensions: squared error 3.00 an image",
        PRESETS["deep-30"], "squared_error", 3.0, Bar(300.0, "most"),
    ),
    Task(
        "a variational autoencoder: negative ELBO 100 nats an image",
        replace(PRESETS["variational"], learning_rate=0.003, steps=3600), "neg_elbo", 100.0, Bar(60.0, "most"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Reached:
    """What a training came to: seconds of all of it, squared error an image and, of a variational one, the ELBO."""

    seconds: float
    squared_error: float
    neg_elbo: float | None


def measure_quality(*, quick: bool) -> Iterator[Row]:
    """Ours against each peer until `GOOD`; then, not quickly, the tasks that take minutes."""
    yield from _against_peers(rounds=1 if quick else 3)
    yield from map(_row, () if quick else TASKS)


def _against_peers(rounds: int) -> list[Row]:
    names = [name for name, peer in PEERS.items() if peer.learns and not peer.missing]
    say(f"  seconds until a held-out squared error of {GOOD}, 32 dimensions: {', '.join(names)}; {rounds} rounds")
    with ExitStack() as stack, TemporaryDirectory() as folder:
        sides = {name: stack.enter_context(Side(PEERS[name].title)) for name in (OURS, *names)}
        tries = iter(range(1, 100))

        def ours() -> float:
            # Another seed each time: a run that is finished is not trained again.
            config = replace(GOOD_32, seed=next(tries))
            return _enough(sides[OURS].call(trained, config, Path(folder)), "squared_error", GOOD * PIXELS)

        def theirs(name: str) -> float:
            return float(sides[name].call(seconds_until, name, THEIRS, GOOD))

        turns = {OURS: ours, **{name: lambda name=name: theirs(name) for name in names}}  # type: ignore[misc]
        seconds = {name: median(values) for name, values in take_turns(turns, rounds=rounds).items()}
    words = f"held-out squared error {GOOD} with 32 dimensions, all of a training, against the steps alone of"
    return [Row(NAME, f"{words} {PEERS[name].title}", seconds[OURS], "s", seconds[name]) for name in names]


def _row(task: Task) -> Row:
    say(f"  {task.words}: a training of {task.config.steps:,} steps")
    with Side(task.words) as side, TemporaryDirectory() as folder:
        side.ask(trained, task.config, Path(folder))
        reached: Reached = side.answer(seconds=1800)
    return Row(NAME, task.words, _enough(reached, task.figure, task.limit), "s", bar=task.bar)


def _enough(reached: Reached, figure: str, limit: float) -> float:
    """The seconds. Raises BenchmarkError for a training that is not as good as asked."""
    value = getattr(reached, figure)
    if value is None or value > limit:
        raise BenchmarkError(f"A training that should reach a {figure} of {limit:g} came to {value}.")
    return reached.seconds


def trained(config: Config, folder: Path) -> Reached:
    """Train to the end, with all that the app has a training do; but not to import what that takes."""
    from ae_core.runs.store import RunStore
    from ae_core.training.train import train

    began = time.perf_counter()
    status = train(config, store=RunStore(folder)).status
    seconds = time.perf_counter() - began
    assert status.test_mse is not None
    return Reached(seconds, status.test_mse * PIXELS, status.neg_elbo)
