"""Optimizers of one pass, held against Keras's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from ae_core.config.config import Config
from ae_core.training.optimizers import build_optimizer, update_of
from tests.unit.choices import choices
from tests.unit.tiny import DENSE

KERAS: dict[str, Any] = {
    "rmsprop": lambda rate: keras.optimizers.RMSprop(rate, rho=0.9),
    "adam": keras.optimizers.Adam,
    "adamw": lambda rate: keras.optimizers.AdamW(rate, weight_decay=0.1),
    "sgd": lambda rate: keras.optimizers.SGD(rate, momentum=0.9),
    "sgd-without-momentum": keras.optimizers.SGD,
    "nadam": keras.optimizers.Nadam,
}
STEPS = 30


def config_of(name: str) -> Config:
    momentum = 0.0 if name.endswith("without-momentum") else 0.9
    return replace(DENSE, optimizer=name.partition("-")[0], momentum=momentum, weight_decay=0.1, steps=STEPS)


def moved(optimizer: keras.optimizers.Optimizer) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Weights and states after `STEPS` steps by gradients that are the same for all."""
    random = np.random.default_rng(0)
    weights = [keras.Variable(random.normal(0, 1, shape).astype(np.float32)) for shape in ((4, 3), (3,))]
    optimizer.build(weights)
    step = tf.function(update_of(optimizer, weights))
    for _ in range(STEPS):
        step([tf.constant(random.normal(0, 1, weight.shape).astype(np.float32)) for weight in weights])
    return [weight.numpy() for weight in weights], [state.numpy() for state in optimizer.variables]


@pytest.mark.parametrize("schedule", choices("schedule"))
@pytest.mark.parametrize("name", KERAS)
def test_weights_and_states_go_where_kerass_own_rule_takes_them(name: str, schedule: str) -> None:
    rate: Any = 0.05
    if schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(rate, STEPS)
    ours = build_optimizer(replace(config_of(name), schedule=schedule, learning_rate=0.05))
    for made, expected in zip(moved(ours), moved(KERAS[name](rate)), strict=True):
        assert len(made) == len(expected)
        assert all(np.allclose(*both, rtol=1e-4, atol=1e-6) for both in zip(made, expected, strict=True))


def test_every_optimizer_of_the_form_is_held_against_keras() -> None:
    assert {name.partition("-")[0] for name in KERAS} == set(choices("optimizer"))


def test_a_cosine_schedule_ends_at_zero() -> None:
    rate = build_optimizer(replace(DENSE, schedule="cosine", steps=50))._learning_rate
    assert float(rate(25)) == pytest.approx(DENSE.learning_rate / 2)
    assert float(rate(50)) == pytest.approx(0)
