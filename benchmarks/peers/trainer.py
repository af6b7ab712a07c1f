"""What all who train side by side have in common: two networks, the images, and a process that keeps what it has built.

Each lives in a process of its own, see `benchmarks.sides`, and trains only when it is told to.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from ae_core.config.config import Config
from ae_core.config.layers import Layer
from ae_core.config.plan import plan_layers
from ae_core.config.precision import FLOAT32
from ae_core.config.presets import PRESETS
from benchmarks.loops import SETTLING

ENDLESS = 200_000
"""Steps, so that no training ends while it is measured."""

NETWORKS: dict[str, Config] = {
    "dense": replace(PRESETS["article"], steps=ENDLESS),
    "convolutional": replace(
        PRESETS["convolutional"], filters=(16, 32), learning_rate=0.002, schedule="constant", steps=ENDLESS
    ),
}
"""The article's, and one with convolutions of 16 and 32 filters; both with a constant learning rate, as peers have."""


LAST = 10
"""Steps over which losses are compared: one batch's is a matter of luck."""
MOST_SECONDS = 60.0
"""For one turn: JAX takes half a second for a step with convolutions."""
LOOK = 25
"""Steps between two looks at the held-out error."""


class Trainer(ABC):
    """One who trains a network of `NETWORKS`.

    Attributes:
        params: trainable weights and biases; None for who does not train.
    """

    params: int | None = None

    @abstractmethod
    def advance(self, steps: int) -> Sequence[float]:
        """Train so many steps, and return when they are done: the loss of each one's batch."""

    def squared_error(self) -> float:
        """Mean squared error per pixel of the held-out images. Raises NotImplementedError: who does not learn."""
        raise NotImplementedError

    def rate(self, steps: int) -> float:
        """Steps a second over so many; where they would take more than `MOST_SECONDS`, over `SETTLING`."""
        seconds = self._seconds(SETTLING)
        if steps * seconds / SETTLING > MOST_SECONDS:
            return SETTLING / seconds
        return steps / self._seconds(steps)

    def _seconds(self, steps: int) -> float:
        began = time.perf_counter()
        self.advance(steps)
        return time.perf_counter() - began


@dataclass(frozen=True)
class Peer:
    """Somebody to compare with.

    Attributes:
        title: as rows name it.
        module: of `benchmarks.peers`; its `build(config)` gives a `Trainer`.
        needs: packages that it imports, which an installation may lack.
        networks: those of `NETWORKS` that it has.
        precision: in which it trains; None for that of the network's config.
        learns: whether it is somebody else's, and can tell its held-out error.
    """

    title: str
    module: str
    needs: tuple[str, ...] = ()
    networks: tuple[str, ...] = tuple(NETWORKS)
    precision: str | None = FLOAT32
    learns: bool = False

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed."""
        return [package for package in self.needs if find_spec(package) is None]


OURS = "ours"
PEERS: dict[str, Peer] = {
    OURS: Peer("Bottleneck", "ours", precision=None),
    "float32": Peer("Bottleneck in float32", "ours"),
    "keras": Peer("Keras fit", "keras_fit", learns=True),
    "torch": Peer("PyTorch", "pytorch", ("torch",), learns=True),
    "jax": Peer("JAX", "jax_scan", ("jax", "optax"), learns=True),
    "products": Peer("the float32 products alone", "products", networks=("dense",)),
}

_trainers: dict[tuple[str, str], Trainer] = {}


def seconds_until(peer: str, config: Config, error: float) -> float:
    """Seconds of steps, compiling them included, until the held-out squared error is no more than `error`.

    What it takes to build the network and to look at the error is not counted.
    """
    trainer = _build(peer, config)
    seconds = 0.0
    while True:
        began = time.perf_counter()
        trainer.advance(LOOK)
        seconds += time.perf_counter() - began
        if trainer.squared_error() <= error:
            return seconds


def _build(peer: str, config: Config) -> Trainer:
    build: Callable[[Config], Trainer] = import_module(f"benchmarks.peers.{PEERS[peer].module}").build
    return build(replace(config, precision=PEERS[peer].precision or config.precision))


def begin(peer: str, network: str) -> tuple[int | None, float | None]:
    """Build it and train the first `SETTLING` steps: its parameters, and the mean loss of the last `LAST` of these."""
    trainer = _trainers[peer, network] = _build(peer, NETWORKS[network])
    losses = trainer.advance(SETTLING)
    return trainer.params, float(np.mean(losses[-LAST:])) if losses else None


def rate(peer: str, network: str, steps: int) -> float:
    """Steps a second over the next `steps`, of what this process has begun."""
    return _trainers[peer, network].rate(steps)


def layers_with_widths(config: Config) -> list[tuple[int, Layer]]:
    """The layers of encoder and decoder, each with the number of channels or units that go into it; 0 for images."""
    plan = plan_layers(config)
    layers, width = [], 0
    for layer in (*plan.encoder, *plan.decoder):
        layers.append((width, layer))
        width = layer.shape[-1]
    return layers


def glorot(random: np.random.Generator, shape: tuple[int, ...], fan_in: int, fan_out: int) -> NDArray[np.float32]:
    """First weights as Keras draws them (Glorot & Bengio 2010): uniform within the root of 6 / (fan_in + fan_out)."""
    limit = (6 / (fan_in + fan_out)) ** 0.5
    return random.uniform(-limit, limit, shape).astype(np.float32)
