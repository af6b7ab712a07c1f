"""How long trainings take, as far as can be told before they have begun."""

from __future__ import annotations

from ae_core.config.config import Config
from ae_core.config.layers import PIXELS
from ae_core.config.plan import plan_layers

DEFAULT_SPEED = 1e10
"""Multiplications a second of a forward pass, until a training here has told better; here: 0.8 to 2.2e10."""
TELLING = 1e8
"""Multiplications of a step from which on it tells of the speed; a smaller one is mostly spent on other things."""
PER_PIXEL = 100
"""Multiplications that would take as long as what is done with each pixel beside them: fetched, compared, its loss."""
STEP_SECONDS = 0.0003
"""What a step takes however small the network is."""
START_SECONDS = 3.0
"""What a training takes beside its steps: the network is built and compiled, at the end exported."""


class Pace:
    """Learns from trainings how fast the workers are."""

    def __init__(self) -> None:
        self._speeds: dict[str, float] = {}

    def learn(self, config: Config, steps_per_second: float) -> None:
        """Take in how fast a training of `config` goes; 0 while that is not known."""
        cost = _cost(config)
        if steps_per_second and cost >= TELLING:
            self._speeds[config.precision] = steps_per_second * cost

    def seconds(self, config: Config) -> float:
        """That a worker takes for all steps of `config`."""
        speed = self._speeds.get(config.precision, DEFAULT_SPEED)
        return START_SECONDS + config.steps * (STEP_SECONDS + _cost(config) / speed)


def _cost(config: Config) -> int:
    """Multiplications of a step, forward, and what else there is to do for each pixel, counted in them."""
    return (plan_layers(config).multiplications + PIXELS * PER_PIXEL) * config.batch_size
