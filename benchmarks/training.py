"""How fast a training runs: against plain Keras, and with a page watching against none."""

from __future__ import annotations

from benchmarks.loops import keras_rate, load, our_rate
from benchmarks.rows import Bar, Row, alternate, say
from benchmarks.sides import Side
from benchmarks.watching import measure_watched

AGAINST_KERAS = Bar(1.25, "least")


def measure(*, quick: bool) -> list[Row]:
    """Steps a second of the article's network."""
    return [_against_keras(quick=quick), *measure_watched(quick=quick)]


def _against_keras(*, quick: bool) -> Row:
    """The loop with all that the app has it do, against `compile` and `fit`.

    A history has most of its rows early in a training. From the 100th to the 500th step there is one in twelve steps,
    as over the whole of the article's thousand; the quick form's 150 steps have one in eight, so it is a little too
    strict.
    """
    rounds, steps = (3, 150) if quick else (5, 400)
    say(f"  our loop against Keras: {rounds} rounds of {steps} steps each")
    with Side("Our training loop") as ours, Side("Keras's training loop") as keras:
        ours.ask(load, "ae_core.training")
        keras.ask(load, "tensorflow")
        ours.answer()
        keras.answer()
        # While one side trains the other waits for its turn, and takes no processor time.
        value, against = alternate(
            lambda: float(ours.call(our_rate, steps)), lambda: float(keras.call(keras_rate, steps)), rounds=rounds
        )
    return Row(
        "training", "article preset, reports and checkpoints included, against Keras compile and fit",
        value, "steps/s", against, AGAINST_KERAS,
    )  # fmt: skip
