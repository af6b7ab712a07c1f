"""Keras's optimizers, whose update of a layer's weights is one pass over them.

Keras composes an update of a dozen operations, each a pass. TensorFlow has a kernel for each of these rules. Having XLA
fuse the dozen takes 0.3 s of a core for each layer of each training, and its steps are no faster.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from ae_core.config.config import Config

KERNELS = tf.raw_ops


class FusedAdam(keras.optimizers.Adam):
    """Source of the rule: Kingma & Ba 2015, "Adam: a method for stochastic optimization", the end of section 2."""

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        at = self._get_variable_index(variable)
        steps = tf.cast(self.iterations.value + 1, tf.float32)
        KERNELS.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[at].value.handle,
            v=self._velocities[at].value.handle,
            beta1_power=tf.pow(self.beta_1, steps),
            beta2_power=tf.pow(self.beta_2, steps),
            lr=learning_rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )


class FusedAdamW(FusedAdam, keras.optimizers.AdamW):
    """As Adam: the decay of the weights is a step of its own before it."""


class FusedRMSprop(keras.optimizers.RMSprop):
    """Source of the rule: Hinton 2012, "Neural networks for machine learning", lecture 6e."""

    def build(self, var_list: Sequence[Any]) -> None:
        super().build(var_list)
        # The kernel writes its last change down, for a momentum that is zero here: no state, and in no checkpoint.
        self._changes = [tf.Variable(tf.zeros(variable.shape), trainable=False) for variable in var_list]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        at = self._get_variable_index(variable)
        KERNELS.ResourceApplyRMSProp(
            var=variable.handle,
            ms=self._velocities[at].value.handle,
            mom=self._changes[at].handle,
            lr=learning_rate,
            rho=self.rho,
            momentum=0.0,
            epsilon=self.epsilon,
            grad=gradient,
        )


class FusedSGD(keras.optimizers.SGD):
    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        if not self.momentum:
            KERNELS.ResourceApplyGradientDescent(var=variable.handle, alpha=learning_rate, delta=gradient)
            return
        at = self._get_variable_index(variable)
        KERNELS.ResourceApplyKerasMomentum(
            var=variable.handle,
            accum=self.momentums[at].value.handle,
            lr=learning_rate,
            grad=gradient,
            momentum=self.momentum,
        )


OPTIMIZERS: dict[str, Callable[[Config, Any], keras.optimizers.Optimizer]] = {
    # TensorFlow 1's default decay, which the article used.
    "rmsprop": lambda _, rate: FusedRMSprop(rate, rho=0.9),
    "adam": lambda _, rate: FusedAdam(rate),
    "adamw": lambda config, rate: FusedAdamW(rate, weight_decay=config.weight_decay),
    "sgd": lambda config, rate: FusedSGD(rate, momentum=config.momentum),
    "nadam": lambda _, rate: keras.optimizers.Nadam(rate),
}
FUSED = (FusedAdam, FusedRMSprop, FusedSGD)


def build_optimizer(config: Config) -> keras.optimizers.Optimizer:
    """The optimizer of `config` with its learning rate and schedule."""
    rate: float | keras.optimizers.schedules.LearningRateSchedule = config.learning_rate
    if config.schedule == "cosine":
        rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, decay_steps=config.steps)
    return OPTIMIZERS[config.optimizer](config, rate)


def update_of(optimizer: keras.optimizers.Optimizer, weights: list[keras.Variable]) -> Callable[[Any], None]:
    """One step of an optimizer: takes the gradients of `weights`, as a part of a graph."""
    # There is no kernel for Nadam.
    by_xla = not isinstance(optimizer, FUSED)
    return tf.function(lambda gradients: optimizer.apply(gradients, weights), jit_compile=by_xla)  # type: ignore[no-any-return]
