"""JAX as its documentation teaches it: pure functions, compiled, with a `scan` over steps and optimizers of optax."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import jax
import numpy as np
import optax
from jax import lax, nn
from jax import numpy as jnp

from ae_core.config.config import Config
from ae_core.config.layers import KERNEL_SIZE, Layer
from ae_core.datasets.catalogue import load_dataset
from benchmarks.peers.trainer import Trainer, glorot, layers_with_widths

AT_ONCE = 25
"""Steps of one call of the compiled function."""


def build(config: Config) -> Trainer:
    return _JaxScan(config)


class _JaxScan(Trainer):
    def __init__(self, config: Config) -> None:
        images = jnp.asarray(load_dataset("mnist").train_images)
        layers = layers_with_widths(config)
        last = max(index for index, (_, layer) in enumerate(layers) if layer.params)
        by_logits = config.loss == "bce"
        passes = [_pass(layer, activated=not (by_logits and index == last)) for index, (_, layer) in enumerate(layers)]
        optimizer = {
            "rmsprop": optax.rmsprop(config.learning_rate, decay=0.9, eps=1e-7, eps_in_sqrt=True),
            "adam": optax.adam(config.learning_rate),
        }[config.optimizer]

        def loss_of(weights: Any, batch: Any) -> Any:
            made = batch
            for each, weight in zip(passes, weights, strict=True):
                made = each(weight, made)
            if by_logits:
                return jnp.mean(optax.sigmoid_binary_cross_entropy(made, batch))
            return jnp.mean((made - batch) ** 2)

        def step(state: Any, key: Any) -> Any:
            weights, moments = state
            batch = images[jax.random.randint(key, (config.batch_size,), 0, len(images))]
            loss, gradients = jax.value_and_grad(loss_of)(weights, batch)
            changes, moments = optimizer.update(gradients, moments)
            return (optax.apply_updates(weights, changes), moments), loss

        random = np.random.default_rng(config.seed)
        weights = [_weights(width, layer, random) for width, layer in layers]
        self._state = (weights, optimizer.init(weights))
        self._key = jax.random.key(config.seed)
        self._run = jax.jit(lambda state, key: lax.scan(step, state, jax.random.split(key, AT_ONCE)))
        test = jnp.asarray(load_dataset("mnist").test_images)

        def error_of(weights: Any) -> Any:
            made = test
            for each, weight in zip(passes, weights, strict=True):
                made = each(weight, made)
            return jnp.mean(((nn.sigmoid(made) if by_logits else made) - test) ** 2)

        self._error_of = jax.jit(error_of)
        self.params = sum(int(np.size(part)) for layer in weights for part in layer)

    def advance(self, steps: int) -> Sequence[float]:
        """`steps` must be a multiple of `AT_ONCE`. Raises ValueError."""
        if steps % AT_ONCE:
            raise ValueError(f"steps must be a multiple of {AT_ONCE}. Received: {steps}.")
        losses: list[Any] = []
        for _ in range(steps // AT_ONCE):
            self._key, key = jax.random.split(self._key)
            self._state, some = self._run(self._state, key)
            losses.append(some)
        return [float(loss) for some in losses for loss in np.asarray(some)]

    def squared_error(self) -> float:
        return float(self._error_of(self._state[0]))


def _weights(width: int, layer: Layer, random: np.random.Generator) -> tuple[Any, ...]:
    """Kernel and bias of a layer; nothing for one that has none."""
    if not layer.params:
        return ()
    channels, size = layer.shape[-1], KERNEL_SIZE * KERNEL_SIZE
    shape, fans = (width, channels), (width, channels)
    if layer.kind != "dense":
        shape, fans = (KERNEL_SIZE, KERNEL_SIZE, width, channels), (size * width, size * channels)
    return jnp.asarray(glorot(random, shape, *fans)), jnp.zeros(channels)


def _pass(layer: Layer, *, activated: bool) -> Callable[[Any, Any], Any]:
    """What a layer of a plan does, as a function of its weights and what goes into it."""
    activation = {"relu": nn.relu, "sigmoid": nn.sigmoid, "linear": lambda values: values}[
        layer.activation if activated else "linear"
    ]
    strides, dimensions = (layer.strides, layer.strides), ("NHWC", "HWIO", "NHWC")

    def convolution(values: Any, kernel: Any) -> Any:
        return lax.conv_general_dilated(values, kernel, strides, "SAME", dimension_numbers=dimensions)

    def transposed(values: Any, kernel: Any) -> Any:
        return lax.conv_transpose(values, kernel, strides, "SAME", dimension_numbers=dimensions)

    products = {"dense": lambda values, kernel: values @ kernel, "conv": convolution, "conv_transpose": transposed}

    def run(weights: Any, values: Any) -> Any:
        if not weights:
            return values.reshape(-1, *layer.shape)
        kernel, bias = weights
        return activation(products[layer.kind](values, kernel) + bias)

    return run
