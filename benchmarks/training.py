"""How fast a training runs: against plain Keras, and with a page watching against none."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.loops import begin_ours, keras_rate, load_keras, our_rate
from benchmarks.rows import Bar, Row, alternate, say
from benchmarks.sides import Side
from benchmarks.watching import measure_watched

AGAINST_KERAS = Bar(1.25, "least")


def measure(*, quick: bool) -> list[Row]:
    """Steps a second of the article's network."""
    return [_against_keras(quick=quick), *measure_watched(quick=quick)]


def _against_keras(*, quick: bool) -> Row:
    """The loop with all that the app has it do, against `compile` and `fit`.

    A history has most of its rows early in a training, and each costs somewhat less than a step. So where our
    clock starts is chosen such that there is a row in 25 steps or so, as over the whole of the article's thousand.
    """
    rounds, steps, begin = (3, 100, 100) if quick else (5, 400, 0)
    say(f"  our loop against Keras: {rounds} rounds of {steps} steps each")
    with (
        TemporaryDirectory() as folder,
        Side("Our training loop") as ours,
        Side("Keras's training loop") as keras,
    ):
        ours.ask(begin_ours, Path(folder), begin)
        keras.ask(load_keras)
        ours.answer()
        keras.answer()
        # While one side trains the other waits for its turn, and takes no processor time.
        value, against = alternate(
            lambda: float(ours.call(our_rate, Path(folder), steps)),
            lambda: float(keras.call(keras_rate, steps)),
            rounds=rounds,
        )
    return Row(
        "training", "article preset, reports and checkpoints included, against Keras compile and fit",
        value, "steps/s", against, AGAINST_KERAS,
    )  # fmt: skip
