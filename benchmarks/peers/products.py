"""The products of a dense step at its very shapes, in float32 by NumPy's library, and nothing else of it.

What is faster than this has left float32, or multiplies less.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ae_core.config.config import Config
from benchmarks.peers.trainer import Trainer, layers_with_widths


def build(config: Config) -> Trainer:
    return _Products(config)


class _Products(Trainer):
    def __init__(self, config: Config) -> None:
        random = np.random.default_rng(0)

        def matrix(*shape: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
            return random.random(shape, np.float32)

        shapes = [(width, layer.shape[-1]) for width, layer in layers_with_widths(config) if layer.kind == "dense"]
        batch, pairs = config.batch_size, []
        for index, (fan_in, units) in enumerate(shapes):
            inputs, kernel, gradient = matrix(batch, fan_in), matrix(fan_in, units), matrix(batch, units)
            pairs += [(inputs, kernel), (inputs.T, gradient)]
            # Images need no gradient.
            pairs += [(gradient, kernel.T)] if index else []
        self._products = [(first, second, first @ second) for first, second in pairs]

    def advance(self, steps: int) -> Sequence[float]:
        for _ in range(steps):
            for first, second, result in self._products:
                np.matmul(first, second, out=result)
        return []
