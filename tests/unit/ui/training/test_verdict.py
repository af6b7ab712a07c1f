"""What is said of a training, held against what real ones left behind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ae_core.config.config import Config
from ae_core.runs.history import History
from ui.training.verdict import Verdict, judged

HISTORIES: dict[str, Any] = json.loads((Path(__file__).parent / "histories.json").read_text(encoding="utf-8"))
"""Of trainings with these settings on MNIST: what each of its columns of losses was, and its figures at the end."""
AVERAGE = 0.0674
"""The error of MNIST's average image."""


def verdict(name: str, *, average: float | None = AVERAGE, **changes: Any) -> Verdict:
    """On the training of this name; with `changes`, as if its settings had been these."""
    kept = HISTORIES[name]
    return judged(
        replace(Config.from_text(kept["settings"]), **changes),
        History.from_json(kept["history"]),
        test_mse=kept["test_mse"],
        average=average,
        kl_by_dimension=kept["kl"],
    )


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("a hundred images and four dimensions", "overfitting"),
        ("a hundred images, variational", "overfitting"),
        ("a thousand images", "overfitting"),
        # Their squared error hardly rises; the cross-entropy, which they are trained with, does.
        ("a hundred images, four dimensions and dropout", "overfitting"),
        ("sixteen images", "overfitting"),
        ("a rate too high", "nothing"),
        ("much L1", "nothing"),
        ("a rate too low", "begun"),
        ("ten steps", "begun"),
        ("much L2", "begun"),
        ("a large beta", "collapsed"),
        ("quick start", "falling"),
        ("cosine", "learned"),
        ("noise", "learned"),
    ],
)
def test_a_real_training_is_called_what_it_is(name: str, outcome: str) -> None:
    assert verdict(name).outcome == outcome


def test_overfitting_is_told_with_where_the_curve_turned() -> None:
    found = verdict("a hundred images and four dimensions")
    assert not found.good
    assert found.words.startswith(
        "This is overfitting: the squared error on training images went on falling, to 0.0001, while that on held-out "
        "images was least at step 59 (0.0558) and has risen to 0.0793 since. Even one average image, shown for every "
        "digit, has a smaller error by now (0.0674)."
    )
    assert found.words.endswith(
        "Against it: more training images, fewer latent dimensions or units, dropout, L2 on the weights or stopping "
        "at step 59."
    )


@pytest.mark.parametrize("optimizer", ["adam", "adamw", "nadam", "rmsprop", "sgd"])
def test_adam_is_advised_to_those_who_have_not_chosen_it(optimizer: str) -> None:
    advised = "the optimizer Adam" in verdict("a rate too high", optimizer=optimizer).words
    assert advised == (optimizer in ("rmsprop", "sgd"))


@pytest.mark.parametrize(
    ("name", "advice", "chosen"),
    [
        ("a thousand images", "more training images", {"train_size": None}),
        ("a thousand images", "dropout", {"dropout": 0.5}),
        ("a thousand images", "L2 on the weights", {"weight_l2": 0.001}),
    ],
)
def test_what_is_chosen_already_is_not_advised(name: str, advice: str, chosen: dict[str, Any]) -> None:
    assert advice in verdict(name).words
    assert advice not in verdict(name, **chosen).words


@pytest.mark.parametrize(
    ("name", "advice"),
    [
        ("much L1", "Try less L1 on the code (now 1) or a lower learning rate (now 0.002)."),
        ("much L2", "less L2 on the weights (now 0.5), more steps or a higher learning rate (now 0.002)."),
        ("a rate too high", "Try a lower learning rate (now 0.1)."),
        ("a rate too low", "try more steps or a higher learning rate (now 0.0001)."),
        ("a large beta", "Try a smaller beta (now 200)."),
        ("quick start", "was still falling, by 6% over the last fifth of the steps: train longer."),
    ],
)
def test_advice_goes_to_the_cause(name: str, advice: str) -> None:
    assert verdict(name).words.endswith(advice)


def test_a_penalty_that_the_network_ignores_is_not_blamed() -> None:
    assert "L1" not in verdict("a rate too high", family="variational", code_l1=1.0).words


def test_a_network_as_good_as_the_average_image_has_learned_nothing_either() -> None:
    assert "has a smaller error (0.0670)" in verdict("much L1", average=0.067).words
    assert "has no larger an error (0.0680)" in verdict("much L1", average=0.068).words
    assert verdict("much L1", average=0.08).good


def test_without_pca_nothing_is_said_of_the_average_image() -> None:
    assert verdict("a rate too high", average=None).outcome == "learned"
    assert "average image" not in verdict("a hundred images and four dimensions", average=None).words


def test_a_cosine_that_has_come_to_rest_is_not_told_to_go_on() -> None:
    assert verdict("quick start", schedule="cosine").outcome == "learned"


def test_a_training_of_a_few_steps_has_no_curve_to_judge() -> None:
    rows = [[1, 2, 3], [0.3, 0.2, 0.1], [0.2, 0.2, 0.1], [0.1, 0.2, 0.3], [0.1, 0.2, 0.3], [0.0] * 3, [0.0] * 3]
    assert judged(Config(), History(*rows), test_mse=0.01, average=AVERAGE).words == ""  # type: ignore[arg-type]
    assert judged(Config(), History(), test_mse=0.01, average=None).words == ""
