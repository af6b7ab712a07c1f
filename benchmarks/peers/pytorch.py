"""PyTorch as its tutorials teach it: modules, an optimizer of `torch.optim`, one step after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from ae_core.config.config import Config
from ae_core.config.layers import KERNEL_SIZE, Layer
from ae_core.datasets.catalogue import load_dataset
from benchmarks.peers.trainer import Trainer, glorot, layers_with_widths

EPSILON = 1e-7
"""Keras's, which it adds to the mean of squares; PyTorch adds it to the root of that. Gradients here are no larger."""


def build(config: Config) -> Trainer:
    return _PyTorch(config)


class _PyTorch(Trainer):
    def __init__(self, config: Config) -> None:
        torch.manual_seed(config.seed)
        self._config = config
        self._images = torch.from_numpy(load_dataset("mnist").train_images.copy())
        random = np.random.default_rng(config.seed)
        parts = [part for width, layer in layers_with_widths(config) for part in _modules(width, layer, random)]
        # The last activation is the loss's, which is quicker and exact.
        self._by_logits = config.loss == "bce"
        if self._by_logits:
            last = max(index for index, part in enumerate(parts) if isinstance(part, nn.Sigmoid))
            del parts[last]
        self._model = torch.nn.Sequential(*parts).to(memory_format=torch.channels_last)
        self._optimizer = {
            "rmsprop": lambda weights: torch.optim.RMSprop(
                weights, config.learning_rate, alpha=0.9, eps=EPSILON**0.5, foreach=True
            ),
            "adam": lambda weights: torch.optim.Adam(weights, config.learning_rate, foreach=True),
        }[config.optimizer](self._model.parameters())
        self.params = sum(weights.numel() for weights in self._model.parameters())

    def advance(self, steps: int) -> Sequence[float]:
        return [float(loss) for loss in [self._step() for _ in range(steps)]]

    def squared_error(self) -> float:
        images = torch.from_numpy(load_dataset("mnist").test_images.copy())
        with torch.no_grad():
            made = self._model(images).reshape(images.shape)
            made = torch.sigmoid(made) if self._by_logits else made
            return float(functional.mse_loss(made, images))

    def _step(self) -> Any:
        images = self._images[torch.randint(0, len(self._images), (self._config.batch_size,))]
        self._optimizer.zero_grad(set_to_none=True)
        made = self._model(images).reshape(images.shape)
        measure = functional.binary_cross_entropy_with_logits if self._by_logits else functional.mse_loss
        loss = measure(made, images)
        loss.backward()
        self._optimizer.step()
        return loss.detach()


def _modules(width: int, layer: Layer, random: np.random.Generator) -> list[Any]:
    """A layer of a plan as modules; PyTorch has channels before rows and columns."""
    activations = {"relu": [nn.ReLU()], "sigmoid": [nn.Sigmoid()], "linear": []}[layer.activation]
    channels, size = layer.shape[-1], KERNEL_SIZE * KERNEL_SIZE
    if layer.kind == "flatten":
        return [nn.Flatten()]
    if layer.kind == "reshape":
        if len(layer.shape) < 3:
            return []
        # Images come as rows of pixels, without a channel.
        return [nn.Unflatten(1, (layer.shape[2], *layer.shape[:2]) if width else (1, layer.shape[0]))]
    if layer.kind == "dense":
        module, fans = nn.Linear(width, channels), (width, channels)
        padding = []
    elif layer.kind == "conv":
        # As "same" pads: of an even size, and with strides of 2, below and on the right alone.
        padding = [nn.ZeroPad2d((0, 1, 0, 1))] if layer.strides == 2 else []
        module = nn.Conv2d(width, channels, KERNEL_SIZE, layer.strides, padding=0 if padding else 1)
        fans = size * width, size * channels
    else:
        padding = []
        module = nn.ConvTranspose2d(
            width, channels, KERNEL_SIZE, layer.strides, padding=1, output_padding=layer.strides - 1
        )
        fans = size * channels, size * width
    _draw(module, random, fans)
    return [*padding, module, *activations]


def _draw(module: Any, random: np.random.Generator, fans: tuple[int, int]) -> None:
    with torch.no_grad():
        module.weight.copy_(torch.from_numpy(glorot(random, tuple(module.weight.shape), *fans)))
        module.bias.zero_()
